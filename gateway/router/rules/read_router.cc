// router.json of cc-metric-collector (documentation of the metric router, "Processing Order"):
//
//   1 the host name                 of what this process makes itself: its aggregates
//   2 interval_timestamp
//     process_messages              cc-lib's flat object: each stage with the stage below that does the same
//                                   a list, or stage_order: as it is written, before all stages below
//   3 drop_metrics, drop_metrics_if
//   4 add_tags                      5 delete_tags, del_tags
//   6 rename_metrics                7, 8 add_tags and delete_tags again, for conditions on the new name
//   9 normalize_units              10 change_unit_prefix
//  11 it is sent                   12 it is kept for interval_aggregates, and what was dropped too

#include <fmt/core.h>

#include <algorithm>
#include <functional>
#include <iterator>
#include <optional>
#include <set>
#include <utility>

#include "gateway/router/rules/read_rules.h"
#include "gateway/router/rules/warnings.h"

namespace gw::rules {

using router::Part;
using router::RuleSet;
using router::Step;

namespace {

constexpr std::int64_t cache_intervals_max = 1000;

/// Those that cc-lib's object does not have.
constexpr std::string_view router_keys[] = {"add_tags",
                                            "delete_tags",
                                            "del_tags",
                                            "drop_metrics",
                                            "drop_metrics_if",
                                            "hostname_tag",
                                            "interval_aggregates",
                                            "interval_timestamp",
                                            "manipulate_messages",
                                            "max_forward",
                                            "num_cache_intervals",
                                            "process_messages",
                                            "rename_metrics"};

/// The keys that the documentation calls deprecated.
struct LegacySteps {
  Steps drop;
  Steps add;
  Steps erase;
  Steps rename;
  Steps normalize;
  Steps prefix;
};

/// The key of a meta value that the step sets; empty where it sets none.
std::string_view meta_set_by(const Step& step) {
  switch (step.kind) {
    case Step::Kind::set:
      return step.to == Part::meta ? std::string_view(step.key) : std::string_view();
    case Step::Kind::move:
      return step.to == Part::meta ? std::string_view(step.value) : std::string_view();
    case Step::Kind::rename:
    case Step::Kind::rename_by:
      return "oldname";
    default:
      return {};
  }
}

void append(Steps& to, const Steps& from) { to.insert(to.end(), from.begin(), from.end()); }

bool asks_for_topology(const RuleSet& rules) {
  const auto asks = [](const std::shared_ptr<const expression::Expression>& given) {
    return given != nullptr && router::asks_for_topology(given->tree());
  };
  return std::ranges::any_of(rules.steps, asks, &router::Step::condition) ||
         std::ranges::any_of(rules.aggregates, [&](const router::Aggregate& made) {
           return asks(made.condition) || asks(made.function);
         });
}

class RouterReader {
 public:
  RouterReader(const Document& document, std::vector<config::Problem>& problems, Seconds interval,
               std::shared_ptr<const router::Topology> topology)
      : root_(document, problems), maker_(document, problems, rules_, topology != nullptr), interval_(interval) {
    rules_.file = document.file;
    rules_.topology = std::move(topology);
  }

  RuleSet run(const Node& root) {
    if (const Node* const sign = sign_of_flat(root); sign != nullptr) {
      refuse_router_keys(root, *sign);
      read_constants(root_, maker_);
      place_flat(read_flat(root_, maker_), {});
    } else {
      read_router();
    }
    root_.finish();
    if (!asks_for_topology(rules_)) rules_.topology = nullptr;  // else each message's host would be looked up
    return std::move(rules_);
  }

 private:
  void refuse_router_keys(const Node& root, const Node& sign);
  void read_router();
  void read_options();
  void warn_of_conditions();
  LegacySteps read_legacy();
  std::optional<RuleReader> open_process_messages();
  void read_process_messages(std::optional<RuleReader> object, const LegacySteps& legacy);
  void place_flat(const Stages& stages, const LegacySteps& legacy);
  void warn_of_left_out(const Stages& stages);
  void place_legacy(const LegacySteps& legacy);
  void read_aggregates();
  void read_aggregate(RuleReader& object);
  std::vector<codecs::Message::Tag> read_copies(RuleReader& object, std::string_view key, Part part);
  void warn_of_copies(Part part, const std::vector<const Node*>& entries);

  RuleSet rules_;
  RuleReader root_;
  StepMaker maker_;
  Seconds interval_;
  std::set<std::string, std::less<>> set_in_meta_;  ///< by steps
};

/// Keys of both stand on one level; which of them come first, only `process_messages` could tell.
void RouterReader::refuse_router_keys(const Node& root, const Node& sign) {
  for (const Node& member : root.children) {
    if (std::ranges::find(router_keys, member.key) == std::end(router_keys)) continue;
    root_.find(member.key);  // it is known, and told here
    maker_.error(member.key_where,
                 fmt::format("'{}' is a key of router.json, but '{}' in line {} one of cc-lib's message processor: put "
                             "that and all others of cc-lib's into 'process_messages'",
                             member.key, sign.key, sign.key_where.line));
  }
}

void RouterReader::read_router() {
  std::optional<RuleReader> object = open_process_messages();
  if (object) read_constants(*object, maker_);  // for all conditions of the file, wherever it stands in it
  read_options();
  const LegacySteps legacy = read_legacy();
  read_process_messages(std::move(object), legacy);
  read_aggregates();
}

void RouterReader::read_options() {
  if (const Node* const tag = root_.text("hostname_tag"); tag != nullptr) {
    if (maker_.check_key(Part::tags, tag->text, tag->where)) rules_.hostname_tag = tag->text;
  }
  std::int64_t cached = 0;
  root_.integer("num_cache_intervals", 0, cache_intervals_max, cached);
  rules_.cache_intervals = static_cast<std::size_t>(cached);
  // How many messages the collector takes at once: here a frame is as large as it came.
  std::int64_t forward = 50;
  root_.integer("max_forward", 1, 1'000'000, forward);
  if (forward == 1)
    maker_.warn(root_.find("max_forward")->where,
                "the documentation wants 'max_forward' to be greater than 1; here it says nothing, leave it out");
  bool timed = false;
  root_.boolean("interval_timestamp", timed);
  if (!timed) return;
  Step step = maker_.step(Step::Kind::interval_time, {root_.find("interval_timestamp")->where, "interval_timestamp"});
  step.interval_ns = std::chrono::nanoseconds(interval_).count();
  rules_.steps.push_back(std::move(step));
}

LegacySteps RouterReader::read_legacy() {
  LegacySteps legacy;
  legacy.drop = read_drop_names(root_, "drop_metrics", maker_);
  append(legacy.drop, read_drops(root_, "drop_metrics_if", maker_));
  constexpr KeyedKind add = {Step::Kind::set, Part::tags, Part::tags};
  constexpr KeyedKind erase = {Step::Kind::erase, Part::tags, Part::tags};
  legacy.add = read_keyed(root_, "add_tags", add, maker_);
  legacy.erase = read_keyed(root_, "delete_tags", erase, maker_);
  append(legacy.erase, read_keyed(root_, "del_tags", erase, maker_));
  legacy.rename = read_giving_by_name(root_, "rename_metrics", renaming, maker_);
  legacy.normalize = read_normalize(root_, "normalize_units", maker_);
  legacy.prefix = read_giving_by_name(root_, "change_unit_prefix", prefixing, maker_);
  warn_of_conditions();
  return legacy;
}

/// `change_unit_prefix` of process_messages has conditions, that of router.json names.
void RouterReader::warn_of_conditions() {
  const Node* const prefixes = root_.find("change_unit_prefix");
  if (prefixes == nullptr || prefixes->kind != Node::Kind::object) return;
  for (const Node& entry : prefixes->children) {
    if (!is_condition(entry.key)) continue;
    maker_.warn(entry.key_where,
                fmt::format("{} is taken for the name of a metric; conditions stand in 'change_unit_prefix' of "
                            "'process_messages'",
                            config::in_quotes(entry.key)));
  }
}

/// Nothing where it is the list itself.
std::optional<RuleReader> RouterReader::open_process_messages() {
  const Node* const inner = root_.find("process_messages");
  if (inner != nullptr && inner->kind == Node::Kind::array) return std::nullopt;
  return root_.object("process_messages");
}

/// `object`: in cc-lib's or the documentation's form.
void RouterReader::read_process_messages(std::optional<RuleReader> object, const LegacySteps& legacy) {
  append(rules_.steps, read_list(root_.objects("manipulate_messages"), maker_));
  const Node* const inner = root_.find("process_messages");
  if (inner != nullptr && inner->kind == Node::Kind::array)
    append(rules_.steps, read_list(root_.objects("process_messages"), maker_));
  if (!object) return place_legacy(legacy);
  append(rules_.steps, read_list(object->objects("manipulate_messages"), maker_));
  const Stages stages = read_flat(*object, maker_);
  object->finish();
  place_flat(stages, legacy);
}

void RouterReader::place_flat(const Stages& stages, const LegacySteps& legacy) {
  if (!stages.order.empty()) {
    for (const Stage stage : stages.order) append(rules_.steps, stages.steps[static_cast<std::size_t>(stage)]);
    warn_of_left_out(stages);
    return place_legacy(legacy);
  }
  for (std::size_t i = 0; i < stage_count; ++i) {
    append(rules_.steps, stages.steps[i]);
    switch (static_cast<Stage>(i)) {
      case Stage::drop_if:
        append(rules_.steps, legacy.drop);
        break;
      case Stage::add_tag:
        append(rules_.steps, legacy.add);
        break;
      case Stage::delete_tag:
        append(rules_.steps, legacy.erase);
        break;
      case Stage::rename_if:
        for (const Steps* const steps : {&legacy.rename, &legacy.add, &legacy.erase, &legacy.normalize, &legacy.prefix})
          append(rules_.steps, *steps);
        break;
      default:
        break;
    }
  }
}

void RouterReader::warn_of_left_out(const Stages& stages) {
  for (std::size_t i = 0; i < stage_count; ++i) {
    const auto stage = static_cast<Stage>(i);
    const bool runs = std::ranges::find(stages.order, stage) != stages.order.end();
    if (runs || stages.steps[i].empty()) continue;
    maker_.warn(rules_.rules[stages.steps[i].front().rule].at,
                fmt::format("the rules of the stage '{}' never run: 'stage_order' leaves it out", name_of(stage)));
  }
}

void RouterReader::place_legacy(const LegacySteps& legacy) {
  for (const Steps* const steps : {&legacy.drop, &legacy.add, &legacy.erase, &legacy.rename, &legacy.add, &legacy.erase,
                                   &legacy.normalize, &legacy.prefix})
    append(rules_.steps, *steps);
}

void RouterReader::read_aggregates() {
  const Node* const list = root_.find("interval_aggregates");
  for (const Step& step : rules_.steps) set_in_meta_.emplace(meta_set_by(step));
  for (RuleReader& object : root_.objects("interval_aggregates")) read_aggregate(object);
  if (list == nullptr || rules_.aggregates.empty() || rules_.cache_intervals > 0) return;
  if (root_.find("num_cache_intervals") != nullptr) {
    maker_.error(
        list->key_where,
        "'interval_aggregates' needs 'num_cache_intervals' of at least 1: nothing is kept to compute them from");
    return;
  }
  // Half of the documentation's examples leave it out, and mean what they say.
  maker_.warn(list->key_where, "'num_cache_intervals' is missing: 1 is taken, to compute 'interval_aggregates' from");
  rules_.cache_intervals = 1;
}

void RouterReader::read_aggregate(RuleReader& object) {
  router::Aggregate aggregate;
  const Node* const name = object.text("name");
  const Node* const function = object.text("function");
  aggregate.condition = maker_.condition_of(object);
  aggregate.tags = read_copies(object, "tags", Part::tags);
  aggregate.meta = read_copies(object, "meta", Part::meta);
  object.finish();
  if (name == nullptr) object.missing("name", R"("temp_cores_avg")");
  if (function == nullptr) object.missing("function", R"x("avg(values)")x");
  if (name == nullptr || function == nullptr || !maker_.check_name(*name)) return;
  aggregate.name = name->text;
  aggregate.function = maker_.function(*function);
  aggregate.rule =
      maker_.add_rule({object.where(), fmt::format("interval_aggregates: {} = {}", name->text, function->text)});
  rules_.aggregates.push_back(std::move(aggregate));
}

std::vector<codecs::Message::Tag> RouterReader::read_copies(RuleReader& object, std::string_view key, Part part) {
  std::vector<codecs::Message::Tag> tags;
  const std::vector<const Node*> entries = object.entries(key);
  warn_of_copies(part, entries);
  for (const Node* const entry : entries) {
    if (!maker_.check_key(part, entry->key, entry->key_where)) continue;
    if (!maker_.check_value(part, entry->text, entry->where)) continue;
    tags.push_back({entry->key, entry->text});
  }
  return tags;
}

/// Of those in `meta` that nothing can be copied from, one tells of all.
void RouterReader::warn_of_copies(Part part, const std::vector<const Node*>& entries) {
  bool told = part == Part::tags;
  for (const Node* const entry : entries) {
    std::string plain;
    for (const char c : entry->text) {
      if (c != ' ' && c != '\t') plain.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
    }
    if (plain != "<copy>") continue;
    if (entry->text != plain) {
      maker_.warn(entry->where,
                  fmt::format("{} is taken as it stands, did you mean '<copy>'?", config::in_quotes(entry->text)));
    } else if (!told && !set_in_meta_.contains(entry->key)) {
      told = true;
      maker_.warn(entry->where,
                  fmt::format("there is nothing to copy: no line carries meta, and no rule sets {} there; "
                              "put it under 'tags'",
                              config::in_quotes(entry->key)));
    }
  }
}

}  // namespace

bool is_rule_key(std::string_view key) {
  return std::ranges::find(router_keys, key) != std::end(router_keys) || is_flat_key(key);
}

RulesRead read_rules(const Document& document, Seconds interval, std::shared_ptr<const router::Topology> topology) {
  RulesRead read;
  RuleSet rules = RouterReader(document, read.problems, interval, std::move(topology)).run(document.root);
  const bool good = !config::has_error(read.problems);
  if (good) std::ranges::move(warnings(rules), std::back_inserter(read.problems));
  config::sort_by_place(read.problems);
  if (good) read.rules = std::make_shared<const RuleSet>(std::move(rules));
  return read;
}

}  // namespace gw::rules
