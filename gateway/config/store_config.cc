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

#include "gateway/config/input_file.h"
#include "gateway/config/reader.h"

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
  } catch (const json::parse_error& error) {
    // "[json.exception.parse_error.101] parse error at line 2, column 5: …": the part for people begins after ']'.
    const std::string_view what = error.what();
    return invalid(fmt::format("{} is no JSON: {}", in_quotes(file.string()),
                               what.substr(std::min(what.find("] ") + 2, what.size()))));
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

Problem unknown_metric(const Query& query, const Frequencies& store, const Sink& sink) {
  std::vector<std::string_view> names;
  for (const auto& [name, frequency] : store) names.push_back(name);
  return {Problem::Severity::error, query.where,
          fmt::format("metric {} is not in {}: sink '{}' would drop it without an error{}{}", in_quotes(query.metric),
                      in_quotes(sink.store_config.string()), sink.name, did_you_mean(query.metric, names),
                      " (or add it there and restart the store)")};
}

Problem other_interval(const Query& query, std::int64_t interval, std::int64_t frequency, const Sink& sink) {
  const std::string_view harm =
      interval > frequency ? "its curves would have gaps" : "several samples would share a slot and the last would win";
  return {Problem::Severity::warning, query.where,
          fmt::format("metric {} comes every {} s, but sink '{}' stores one every {} s: {}, set interval = \"{}s\"",
                      in_quotes(query.metric), interval, sink.name, frequency, harm, frequency)};
}

}  // namespace

Result<std::vector<Problem>> check_against_store(const Config& config, const Sink& sink) {
  GW_TRY(const Frequencies store, read_frequencies(sink.store_config));
  std::vector<Problem> problems;
  std::set<std::pair<std::string, std::int64_t>> told;  // a metric of many queries is one problem
  for (const Source& source : config.sources) {
    for (const Query& query : source.queries) {
      const auto known = store.find(query.metric);
      const std::int64_t interval = known == store.end() ? 0 : source.interval.count();
      if (known != store.end() && known->second == interval) continue;
      if (!told.emplace(query.metric, interval).second) continue;
      problems.push_back(known == store.end() ? unknown_metric(query, store, sink)
                                              : other_interval(query, interval, known->second, sink));
    }
  }
  return problems;
}

}  // namespace gw::config
