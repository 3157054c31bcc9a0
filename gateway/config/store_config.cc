// What is read of the store's configuration (unknown keys are the store's own affair):
//   cc-metric-store  {"metrics": {"cpu_load": {"frequency": 60, …}, …}}, or "metrics-file": path of that section
//   cc-backend       a cluster.json: {"name": "fritz", "metricConfig": [{"name": "cpu_load", "timestep": 60, …}, …]}

#include "gateway/config/store_config.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "gateway/base/printable.h"
#include "gateway/config/input_file.h"
#include "gateway/config/reader.h"
#include "gateway/router/rules/names_written.h"

namespace gw::config {
namespace {

using nlohmann::json;
using Frequencies = std::map<std::string, std::int64_t>;

constexpr std::size_t file_bytes_max = 4 << 20;

Result<json> read_json(const std::filesystem::path& file) {
  const auto text = [&]() -> Result<std::string> {
    GW_TRY(InputFile opened, InputFile::open(file));
    return opened.read(file_bytes_max);
  }();
  if (!text) return invalid(fmt::format("cannot read {}: {}", in_quotes(file.string()), text.error().text));
  try {
    return json::parse(*text);
  } catch (const json::exception& error) {  // out_of_range, too: 1e999
    return invalid(
        fmt::format("{} is no JSON: {}", in_quotes(file.string()), printable(json_error_text(error.what()))));
  }
}

/// Seconds under `key` of one metric's settings.
Result<std::int64_t> frequency_of(const json& settings, const char* key, const std::string& metric,
                                  const std::filesystem::path& file) {
  const auto found = settings.is_object() ? settings.find(key) : settings.end();
  if (!settings.is_object() || found == settings.end() || !found->is_number_integer() ||
      found->get<std::int64_t>() <= 0) {
    return invalid(
        fmt::format("metric {} in {} has no '{}' in seconds", in_quotes(metric), in_quotes(file.string()), key));
  }
  return found->get<std::int64_t>();
}

Result<Frequencies> of_metrics(const json& metrics, const std::filesystem::path& file) {
  Frequencies all;
  for (const auto& [name, settings] : metrics.items()) {
    GW_TRY(const std::int64_t frequency, frequency_of(settings, "frequency", name, file));
    all.emplace(name, frequency);
  }
  return all;
}

Result<Frequencies> of_metric_config(const json& list, const std::filesystem::path& file) {
  Frequencies all;
  for (const json& settings : list) {
    const auto name = settings.is_object() ? settings.find("name") : settings.end();
    if (!settings.is_object() || name == settings.end() || !name->is_string()) {
      return invalid(fmt::format("a metric in 'metricConfig' of {} has no 'name'", in_quotes(file.string())));
    }
    GW_TRY(const std::int64_t timestep, frequency_of(settings, "timestep", name->get<std::string>(), file));
    all.emplace(name->get<std::string>(), timestep);
  }
  return all;
}

Result<Frequencies> read_frequencies(const std::filesystem::path& file) {
  GW_TRY(const json root, read_json(file));
  if (root.is_object()) {
    const auto metrics = root.find("metrics");
    if (metrics != root.end() && metrics->is_object()) return of_metrics(*metrics, file);
    const auto elsewhere = root.find("metrics-file");
    if (elsewhere != root.end() && elsewhere->is_string()) {
      const std::filesystem::path other = file.parent_path() / elsewhere->get<std::string>();
      GW_TRY(const json section, read_json(other));
      if (section.is_object()) return of_metrics(section, other);
      return invalid(fmt::format("{} is no list of metrics of cc-metric-store", in_quotes(other.string())));
    }
    const auto config = root.find("metricConfig");
    if (config != root.end() && config->is_array()) return of_metric_config(*config, file);
  }
  return invalid(fmt::format("{} is no configuration of cc-metric-store: it has neither 'metrics' nor 'metricConfig'",
                             in_quotes(file.string())));
}

/// One sink's store, and what would be lost there.
class StoreCheck {
 public:
  StoreCheck(const Config& config, const Sink& sink, Frequencies store)
      : config_(config), sink_(sink), store_(std::move(store)) {
    if (!config.router) return;
    rules_ = config.router->rules.get();
    aggregate_interval_s_ = config.router->interval.count();
  }

  std::vector<Problem> run() {
    for (const Source& source : config_.sources) {
      for (const Query& query : source.queries) check(query, source.interval.count());
    }
    if (rules_ != nullptr) check_rules();
    return std::move(problems_);
  }

 private:
  void check(const Query& query, std::int64_t interval) {
    const rules::NamesWritten written =
        rules_ == nullptr ? rules::NamesWritten{.names = {query.metric}} : names_of(query.metric, 0);
    for (const std::string& name : written.names) {
      const auto known = store_.find(name);
      if (known != store_.end() && known->second == interval) continue;
      // A metric of many queries is one problem.
      if (!told_.emplace(query.metric + '\0' + name, known == store_.end() ? 0 : interval).second) continue;
      told_.emplace(name, 0);  // once is enough
      if (known != store_.end())
        tell_interval(query.where, "metric", name, interval, known->second, "interval");
      else if (name == query.metric)
        tell_unknown(written.is_sure, query.where, fmt::format("metric {} is", in_quotes(name)), name);
      else
        tell_unknown(written.is_sure, query.where,
                     fmt::format("metric {} {} {} by the rules, which is", in_quotes(query.metric),
                                 written.is_sure ? "becomes" : "may become", in_quotes(name)),
                     name);
    }
  }

  void check_rules() {
    for (std::size_t i = 0; i < rules_->steps.size(); ++i) {
      const router::Step& step = rules_->steps[i];
      if (step.kind == router::Step::Kind::rename) check_given(step.value, step.rule, i + 1, false);
      if (step.kind != router::Step::Kind::rename_by) continue;
      for (const auto& [name, row] : step.names) check_given(row.value, row.rule, i + 1, false);
    }
    for (const router::Aggregate& aggregate : rules_->aggregates) check_given(aggregate.name, aggregate.rule, 0, true);
  }

  rules::NamesWritten names_of(const std::string& given, std::size_t first) {
    rules::NamesWritten written = rules::names_written(*rules_, given, first, steps_left_);
    if (!written.is_whole && !std::exchange(told_partial_, true))
      problems_.push_back({Problem::Severity::warning, sink_.where,
                           fmt::format("not all names that the rules give are looked for in {}: there are too many "
                                       "rules to take each name through, {} was the first that was left out",
                                       in_quotes(sink_.store_config.string()), in_quotes(given))});
    return written;
  }

  /// A name that a rule gives; the steps from `next` on may give another one.
  void check_given(const std::string& given, std::size_t rule, std::size_t next, bool is_aggregate) {
    for (const std::string& name : names_of(given, next).names) {
      const auto known = store_.find(name);
      const bool fits = known != store_.end() && (!is_aggregate || known->second == aggregate_interval_s_);
      if (fits || !told_.emplace(name, known != store_.end() ? 1 : 0).second) continue;
      const router::Rule& written = rules_->rules[rule];
      if (known != store_.end())
        tell_interval(sink_.where, "aggregate", name, aggregate_interval_s_, known->second, "[router] interval");
      else
        tell_unknown(false, sink_.where,
                     fmt::format("{}, which {}:{}:{} {}, is", in_quotes(name), rules_->file, written.at.line,
                                 written.at.column, is_aggregate ? "computes" : "gives a metric"),
                     name);
    }
  }

  void tell_unknown(bool is_sure, Position where, const std::string& what, std::string_view name) {
    std::vector<std::string_view> names;
    for (const auto& [known, frequency] : store_) names.push_back(known);
    problems_.push_back({is_sure ? Problem::Severity::error : Problem::Severity::warning, where,
                         fmt::format("{} not in {}: sink '{}' would drop it without an error{}{}", what,
                                     in_quotes(sink_.store_config.string()), sink_.name, did_you_mean(name, names),
                                     " (or add it there and restart the store)")});
  }

  void tell_interval(Position where, std::string_view what, std::string_view name, std::int64_t interval,
                     std::int64_t frequency, std::string_view key) {
    const std::string_view harm = interval > frequency ? "its curves would have gaps"
                                                       : "several samples would share a slot and the last would win";
    problems_.push_back(
        {Problem::Severity::warning, where,
         fmt::format("{} {} comes every {} s, but sink '{}' stores one every {} s: {}, set {} = \"{}s\"", what,
                     in_quotes(name), interval, sink_.name, frequency, harm, key, frequency)});
  }

  const Config& config_;
  const Sink& sink_;
  Frequencies store_;
  const router::RuleSet* rules_ = nullptr;
  std::int64_t aggregate_interval_s_ = 0;
  std::vector<Problem> problems_;
  std::set<std::pair<std::string, std::int64_t>> told_;
  std::size_t steps_left_ = rules::names_steps_max;
  bool told_partial_ = false;
};

}  // namespace

Result<std::vector<Problem>> check_against_store(const Config& config, const Sink& sink) {
  GW_TRY(Frequencies store, read_frequencies(sink.store_config));
  return StoreCheck(config, sink, std::move(store)).run();
}

}  // namespace gw::config
