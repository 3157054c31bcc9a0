#include "gateway/router/aggregate.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <optional>
#include <utility>

#include "codecs/timestamp.h"
#include "gateway/config/problem.h"

namespace gw::router {

using expression::Known;
using expression::List;
using expression::Type;
using expression::Value;
using Tag = codecs::Message::Tag;
using SourcePtr = std::shared_ptr<const AggregateSource>;

namespace {

/// Clocks differ; values that are further ahead than so many intervals come from one that is wrong.
constexpr std::int64_t intervals_ahead_max = 16;
/// Of one aggregate in one interval: a cluster's.
constexpr std::size_t partial_hosts_max = 10'000;

enum Slot : int { values, hostname, starttime, endtime, metric };
constexpr std::array<std::string_view, 4> known_names = {"values", "hostname", "starttime", "endtime"};
constexpr std::array<Type, 4> known_types = {Type(Type::Kind::list), Type(Type::Kind::text), Type(Type::Kind::integer),
                                             Type(Type::Kind::integer)};

/// What cc-metric-collector knows of the node that it runs on. Here they would be metrics that nobody measures.
struct CollectorName {
  std::string_view name;
  std::string_view why;
};
constexpr CollectorName collector_names[] = {
    {"numHWThreads", "is no metric; write len(getCpuList())"},
    {"numSockets", "is no metric; write len(getCpuList()) / len(getSockCpuList(0))"},
    {"numNumaDomains", "is no metric; write len(getCpuList()) / len(getNumaCpuList(0))"},
    {"numDies", "is no metric; write len(getCpuList()) / len(getDieCpuList(0))"},
    {"smtWidth", "is no metric; write len(getCoreCpuList(0))"},
};

class AggregateEnvironment final : public expression::Environment {
 public:
  std::optional<Known> find_name(std::string_view name) const override {
    const auto* const found = std::ranges::find(known_names, name);
    const auto slot = static_cast<std::size_t>(found - known_names.begin());
    if (found != known_names.end()) return Known{.slot = static_cast<int>(slot), .type = known_types[slot]};
    if (!why_no_name(name).empty()) return std::nullopt;
    return Known{.slot = metric, .type = {}, .own = false};
  }
  std::string_view why_no_name(std::string_view name) const override {
    const auto* const found = std::ranges::find(collector_names, name, &CollectorName::name);
    return found == std::end(collector_names) ? std::string_view() : found->why;
  }
  std::optional<Known> find_method(std::string_view) const override { return std::nullopt; }
  std::span<const std::string_view> names() const override { return known_names; }
  std::span<const std::string_view> methods() const override { return {}; }
};

/// `time_ns` and `by_ns`, where there is such a time; else the first or the last one.
std::int64_t moved(std::int64_t time_ns, std::int64_t by_ns) {
  std::int64_t sum = 0;
  if (__builtin_add_overflow(time_ns, by_ns, &sum)) return by_ns < 0 ? INT64_MIN : INT64_MAX;
  return sum;
}

const std::string* find(const std::vector<Tag>& tags, std::string_view key) {
  const auto found = std::ranges::find(tags, key, &Tag::key);
  return found == tags.end() ? nullptr : &found->value;
}

/// Text that no two series share: a NUL is in no name.
std::string key_of(const codecs::Message& message) {
  std::vector<Tag> tags = message.tags;
  std::ranges::sort(tags, {}, &Tag::key);
  std::string key = message.name;
  for (const Tag& tag : tags) {
    ((key += '\0') += tag.key) += '\0';
    key += tag.value;
  }
  return key;
}

}  // namespace

const expression::Environment& aggregate_environment() {
  static const AggregateEnvironment environment;
  return environment;
}

/// What one aggregate is computed from for one host.
struct Aggregator::Group {
  std::vector<const Sample*> samples;  ///< older intervals first, in each as their series came first

  /// Of the first message that has it.
  const std::string* first(std::string_view key, std::vector<Tag> AggregateSource::* part) const {
    for (const Sample* const sample : samples) {
      if (const std::string* const found = find((*sample->source).*part, key); found != nullptr) return found;
    }
    return nullptr;
  }
};

namespace {

/// The names' values for one group.
class GroupVariables final : public expression::Variables {
 public:
  GroupVariables(std::string_view host, const HostTopology* topology, std::int64_t start_s, std::int64_t end_s)
      : host_(host), topology_(topology), start_s_(start_s), end_s_(end_s) {}

  void add(std::string_view name, Value value) {
    all_.push_back(value);
    by_name_[name].push_back(value);
  }
  Value get(int slot, std::string_view name) const override {
    switch (slot) {
      case values:
        return Value::of(&all_);
      case hostname:
        return Value::of(host_);
      case starttime:
        return Value::of(start_s_);
      case endtime:
        return Value::of(end_s_);
      default: {
        const auto found = by_name_.find(name);
        if (found != by_name_.end()) return Value::of(&found->second);
        if (!lacking_) lacking_ = name;
        return {};
      }
    }
  }
  Value call(int slot, std::span<const Value> arguments) const override {
    return call_topology_function(slot, topology_, arguments);
  }
  /// The first metric that was asked for and has no value here.
  std::optional<std::string_view> lacking() const { return lacking_; }

 private:
  mutable std::optional<std::string_view> lacking_;
  std::string_view host_;
  const HostTopology* topology_;
  std::int64_t start_s_;
  std::int64_t end_s_;
  List all_;
  std::unordered_map<std::string_view, List> by_name_;
};

/// Why it is no value of an aggregate.
std::string problem_of(const expression::Checked<Value>& value) {
  if (!value) return value.error().text;
  if (!value->is_number()) return fmt::format("the result is {}, not a number", kind_name(value->kind));
  return "the result is infinite or not a number";
}

}  // namespace

Aggregator::Aggregator(std::shared_ptr<const RuleSet> rules, AggregatorOptions options)
    : rules_(std::move(rules)), options_(options), ended_until_(options.begin_ns) {}

SourcePtr Aggregator::source(const codecs::Message& before, const Message& message,
                             std::vector<std::size_t> aggregates) const {
  if (aggregates.empty()) return nullptr;
  auto source = std::make_shared<AggregateSource>();
  source->key = key_of(before);
  if (const std::string* const cluster = find(before.tags, "cluster")) source->host.cluster = *cluster;
  source->host.name = host_of(message, rules_->hostname_tag);
  source->name = message.name;
  source->tags = message.tags;
  source->meta = message.meta;
  source->aggregates = std::move(aggregates);
  return source;
}

void Aggregator::add(const SourcePtr& source, const codecs::FieldValue& value, std::int64_t time_ns,
                     std::int64_t now_ns) {
  now_ns -= behind_ns_;
  const std::int64_t start = interval_start(time_ns, options_.interval_ns);
  if (options_.is_recording) {
    make_room(start);
  } else {  // whether anybody has taken them yet or not: so many are open and no more
    ended_until_ = std::max(ended_until_, clock_end(now_ns));
  }
  if (start < ended_until_) {
    ++(start < options_.begin_ns ? counts_.before : counts_.late);
    return;
  }
  if (!options_.is_recording && time_ns - now_ns > intervals_ahead_max * options_.interval_ns) {
    ++counts_.early;
    return;
  }
  auto known = series_.find(source->key);
  if (known == series_.end()) {
    if (series_.size() >= options_.series_max) return leave_out(*source, start);
    known = series_.emplace(source->key, Series{.last_interval = start}).first;
  }
  Series& series = known->second;
  series.last_interval = std::max(series.last_interval, start);
  Interval& interval = intervals_.try_emplace(start, rules_->aggregates.size()).first->second;
  for (const std::size_t aggregate : source->aggregates) {
    Samples& samples = interval[aggregate];
    const auto [place, is_first] = samples.places.try_emplace(&series, samples.all.size());
    if (is_first) samples.all.emplace_back();
    Sample& sample = samples.all[place->second];
    if (is_first || time_ns >= sample.time_ns) sample = {source, value, time_ns};
  }
}

/// A value of a series that is one too many: what would be computed without it is not computed.
void Aggregator::leave_out(const AggregateSource& source, std::int64_t start) {
  ++counts_.left_out;
  Interval& interval = intervals_.try_emplace(start, rules_->aggregates.size()).first->second;
  for (const std::size_t aggregate : source.aggregates) {
    Samples& samples = interval[aggregate];
    if (samples.is_partial(source.host)) continue;
    samples.all_partial = samples.partial_hosts.size() == partial_hosts_max;
    if (!samples.all_partial) samples.partial_hosts.insert(source.host);
  }
}

/// The grace is over at `now_ns` for all intervals that start before it.
std::int64_t Aggregator::clock_end(std::int64_t now_ns) const {
  return interval_start(now_ns - options_.grace_ns, options_.interval_ns);
}

/// Ends the oldest interval where that of `start` would be one too many.
void Aggregator::make_room(std::int64_t start) {
  if (intervals_.contains(start)) return;
  const auto oldest = intervals_.lower_bound(ended_until_);
  const auto open = static_cast<std::size_t>(std::distance(oldest, intervals_.end()));
  if (open < options_.recorded_intervals_max) return;
  ended_until_ = std::max(ended_until_, moved(std::min(oldest->first, start), options_.interval_ns));
}

std::vector<Computed> Aggregator::take(std::int64_t now_ns, std::vector<RuleCounts>& counts) {
  return take_until(options_.is_recording ? ended_until_ : clock_end(now_ns), counts);
}

std::vector<Computed> Aggregator::take_all(std::vector<RuleCounts>& counts) {
  if (intervals_.empty()) return {};
  return take_until(moved(intervals_.rbegin()->first, options_.interval_ns), counts);
}

std::vector<Computed> Aggregator::take_until(std::int64_t end, std::vector<RuleCounts>& counts) {
  if (end <= taken_until_) return {};
  std::vector<Computed> out;
  for (auto interval = intervals_.lower_bound(taken_until_); interval != intervals_.lower_bound(end); ++interval)
    close(interval->first, out, counts);
  taken_until_ = end;
  ended_until_ = std::max(ended_until_, end);
  forget();
  return out;
}

/// The start of the oldest interval of those that one which starts at `start` is computed from.
std::int64_t Aggregator::first_cached(std::int64_t start) const {
  const auto before = static_cast<std::int64_t>(std::max<std::size_t>(rules_->cache_intervals, 1)) - 1;
  return moved(start, -before * options_.interval_ns);
}

/// Keeps what an interval that has not been taken yet may still be computed from.
void Aggregator::forget() {
  const std::int64_t first = first_cached(taken_until_);
  std::erase_if(intervals_, [first](const auto& entry) { return entry.first < first; });
  std::erase_if(series_, [first](const auto& entry) { return entry.second.last_interval < first; });
}

/// A host without a value in the interval itself gets no aggregate: what others measure makes no value for it.
void Aggregator::close(std::int64_t start, std::vector<Computed>& out, std::vector<RuleCounts>& counts) {
  const auto first = intervals_.lower_bound(first_cached(start));
  const auto end = intervals_.upper_bound(start);
  for (std::size_t i = 0; i < rules_->aggregates.size(); ++i) {
    const Samples& samples = intervals_.at(start)[i];
    std::map<HostId, Group> groups;
    for (const Sample& sample : samples.all) groups.try_emplace(sample.source->host);
    for (const HostId& host : samples.partial_hosts) groups.try_emplace(host);
    for (auto interval = first; interval != end; ++interval) {
      for (const Sample& sample : interval->second[i].all) {
        const auto group = groups.find(sample.source->host);
        if (group != groups.end()) group->second.samples.push_back(&sample);
      }
    }
    const auto is_partial = [&](const HostId& host) {
      return std::any_of(first, end, [&](const auto& interval) { return interval.second[i].is_partial(host); });
    };
    for (const auto& [host, group] : groups) {
      const Aggregate& aggregate = rules_->aggregates[i];
      if (is_partial(host)) {
        ++counts[aggregate.rule].partial;
        continue;
      }
      auto message = compute(aggregate, host, group, start, counts);
      if (!message) continue;
      ++counts[aggregate.rule].made;
      out.push_back({*std::move(message), aggregate.rule});
    }
  }
}

/// As the messages say it, for who takes the aggregate is who took them: their cluster comes along, and what stands in
/// `hostname` or `host` beside `hostname_tag`.
void Aggregator::add_host(std::vector<Tag>& tags, const HostId& id, const Group& group) const {
  std::vector<Tag> host;
  const auto copy_tag = [&](std::string_view key) {
    const std::string* const text = group.first(key, &AggregateSource::tags);
    if (text == nullptr) return false;
    if (find(tags, key) == nullptr && find(host, key) == nullptr) host.push_back({std::string(key), *text});
    return true;
  };
  copy_tag("cluster");
  if (!id.name.empty()) {
    copy_tag(rules_->hostname_tag);
    if (!copy_tag("hostname")) copy_tag("host");
  }
  tags.insert(tags.begin(), host.begin(), host.end());
}

std::optional<Message> Aggregator::compute(const Aggregate& aggregate, const HostId& host, const Group& group,
                                           std::int64_t start, std::vector<RuleCounts>& counts) {
  const auto seconds = [](std::int64_t time) { return codecs::from_nanoseconds(time, codecs::Precision::seconds); };
  const HostTopology* const topology = rules_->topology == nullptr ? nullptr : rules_->topology->find(host.name);
  GroupVariables variables(host.name, topology, seconds(start), seconds(moved(start, options_.interval_ns)));
  for (const Sample* const sample : group.samples) variables.add(sample->source->name, value_of(sample->value));
  arena_.clear();
  const auto value = aggregate.function->evaluate(variables, arena_);
  if (!value || !value->is_number() || !std::isfinite(value->as_real())) {
    if (const auto metric = variables.lacking()) {
      counts[aggregate.rule].lack(*metric);
      return std::nullopt;
    }
    const bool is_elsewhere = rules_->topology != nullptr && topology == nullptr;
    counts[aggregate.rule].fail(
        problem_of(value) +
        (is_elsewhere ? fmt::format("; host {} is not in the topology", config::in_quotes(host.name)) : ""));
    return std::nullopt;
  }
  Message message;
  message.name = aggregate.name;
  const auto fill = [&group](const std::vector<Tag>& wanted, std::vector<Tag> AggregateSource::* part,
                             std::vector<Tag>& into) {
    for (const Tag& tag : wanted) {
      const std::string* const text = tag.value == copied ? group.first(tag.key, part) : &tag.value;
      if (text != nullptr && !text->empty()) into.push_back({tag.key, *text});
    }
  };
  fill(aggregate.tags, &AggregateSource::tags, message.tags);
  fill(aggregate.meta, &AggregateSource::meta, message.meta);
  add_host(message.tags, host, group);
  if (value->is(Value::Kind::integer)) {
    message.fields.push_back({"value", value->integer});
  } else {
    message.fields.push_back({"value", value->real});
  }
  message.time_ns = start;
  return message;
}

}  // namespace gw::router
