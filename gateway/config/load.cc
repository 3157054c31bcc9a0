#include "gateway/config/load.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <system_error>
#include <utility>

#include "gateway/base/counted.h"
#include "gateway/base/printable.h"
#include "gateway/config/tables.h"
#include "gateway/config/toml_depth.h"
#include "gateway/router/rules/place.h"
#include "subjects/subject.h"

namespace gw::config {
namespace {

constexpr std::size_t file_bytes_max = 1 << 20;
constexpr std::size_t sources_max = 1'000;
constexpr std::size_t queries_max = 10'000;
constexpr std::size_t sinks_max = 100;

/// A doubled name is an error at the second one.
template <class T>
void check_names(Reading& reading, const std::vector<T>& items, const std::vector<TableReader>& tables) {
  for (std::size_t i = 0; i < items.size(); ++i) {
    const auto end = items.begin() + static_cast<std::ptrdiff_t>(i);
    const auto first = std::find_if(items.begin(), end, [&](const T& other) { return other.name == items[i].name; });
    if (items[i].name.empty() || first == end) continue;
    reading.error(tables[i].where("name"), fmt::format("{} has the name of the one at line {}, give it another",
                                                       tables[i].title(), first->where.line));
  }
}

/// False where there are too many of something.
bool check_counts(Reading& reading, const Config& config) {
  const std::size_t problems_before = reading.problems.size();
  std::size_t queries = 0;
  for (const Source& source : config.sources) {
    queries += source.queries.size();
    if (queries <= queries_max) continue;
    reading.error(source.where, fmt::format("there are more than {} [[source.query]]", queries_max));
    break;
  }
  if (config.sources.size() > sources_max) {
    reading.error(config.sources[sources_max].where, fmt::format("there are more than {} [[source]]", sources_max));
  }
  if (config.sinks.size() > sinks_max) {
    reading.error(config.sinks[sinks_max].where, fmt::format("there are more than {} [[sink]]", sinks_max));
  }
  return reading.problems.size() == problems_before;
}

/// The parts that stand in the file must make a whole.
void check_roles(Reading& reading, const TableReader& root) {
  const bool router = root.has("router");
  const bool sink = root.has("sink");
  if (router && !sink) {
    reading.error(root.where("router"), "[router] needs a [[sink]]: what it reads would go nowhere");
  }
  if (sink && !router) {
    reading.error(root.where("sink"),
                  "[[sink]] needs [router]: nothing would be read from NATS for it; add a line: "
                  "[router]");
  }
  if (!router && !sink && !root.has("source")) {
    reading.error({1, 1}, "there is nothing to do: add a [[source]] to poll, or [router] and [[sink]] to write");
  }
}

/// What a sink sends to a subject that this gateway reads comes back for ever.
void check_loops(Reading& reading, const Config& config, const std::vector<TableReader>& tables) {
  if (!config.router) return;
  for (std::size_t i = 0; i < config.sinks.size(); ++i) {
    const std::string& subject = config.sinks[i].subject;
    if (subject.empty() || !subjects::subject_problem(subject).empty()) continue;
    for (const std::string& pattern : config.router->subscribe) {
      if (!subjects::pattern_problem(pattern).empty() || !subjects::matches(pattern, subject)) continue;
      reading.error(tables[i].where("subject"), fmt::format("subject '{}' is read by [router] ('{}'): every line would "
                                                            "go round for ever, choose another",
                                                            subject, pattern));
    }
  }
}

/// Two sinks in one file would write every line twice, and cut each other's lines where the disk is full.
void check_files(Reading& reading, const Config& config, const std::vector<TableReader>& tables) {
  std::map<std::filesystem::path, const Sink*> writers;
  for (std::size_t i = 0; i < config.sinks.size(); ++i) {
    const Sink& sink = config.sinks[i];
    if (sink.path.empty()) continue;
    std::error_code ignored;
    const auto [first, added] =
        writers.emplace(std::filesystem::absolute(sink.path, ignored).lexically_normal(), &sink);
    if (added) continue;
    reading.error(tables[i].where("path"),
                  fmt::format("path in {} is that of sink '{}' at line {}, give it another", tables[i].title(),
                              first->second->name, first->second->where.line));
  }
}

/// "gateway.toml: 1 error, 2 warnings"; empty where there are none.
std::string total_of(std::string_view file, const std::vector<Problem>& problems) {
  const auto errors =
      static_cast<std::size_t>(std::ranges::count(problems, Problem::Severity::error, &Problem::severity));
  std::vector<std::string> parts;
  if (errors > 0) parts.push_back(counted(errors, "error"));
  if (errors < problems.size()) parts.push_back(counted(problems.size() - errors, "warning"));
  return parts.empty() ? "" : fmt::format("{}: {}", file, fmt::join(parts, ", "));
}

/// `<prefix>.<cluster>.metrics`, or "" where cluster or prefix cannot be used.
std::string metrics_subject(const Config& config) {
  const bool prefix_good = config.nats.prefix.empty() || subjects::subject_problem(config.nats.prefix).empty();
  if (!prefix_good || !subjects::token_problem(config.gateway.cluster).empty()) return {};
  return subjects::Tree{config.nats.prefix, config.gateway.cluster}.metrics();
}

Config read_config(TableReader& root, rules::LoadedRules& rules) {
  Config config;
  Reading& reading = root.reading();
  if (auto table = root.table("gateway")) {
    config.gateway = read_gateway(*table);
  } else if (!root.has("gateway")) {
    reading.error({1, 1}, "missing table [gateway], for example: [gateway] and below it cluster = \"fritz\"");
  }
  if (auto table = root.table("nats")) config.nats = read_nats(*table);
  std::vector<TableReader> sources = root.tables("source");
  for (TableReader& table : sources) config.sources.push_back(read_source(table));
  if (auto table = root.table("router")) config.router = read_router(*table, metrics_subject(config), rules);
  std::vector<TableReader> sinks = root.tables("sink");
  for (TableReader& table : sinks) config.sinks.push_back(read_sink(table));
  root.finish();

  if (check_counts(reading, config)) {  // a name is compared with those before it
    check_names(reading, config.sources, sources);
    check_names(reading, config.sinks, sinks);
  }
  check_roles(reading, root);
  check_loops(reading, config, sinks);
  check_files(reading, config, sinks);
  return config;
}

/// Where the number begins that ends before `end`: toml++ gives its end.
Position begin_of_word(std::string_view text, Position end) {
  std::size_t at = rules::offset_of(text, end).value_or(text.size());
  while (at > 0 && end.column > 1 && std::string_view(" \t=,[").find(text[at - 1]) == std::string_view::npos) {
    --at;
    --end.column;
  }
  return end;
}

}  // namespace

std::size_t Loaded::count(Problem::Severity severity) const {
  const auto counted = [severity](const std::vector<Problem>& all) {
    return static_cast<std::size_t>(std::ranges::count(all, severity, &Problem::severity));
  };
  return counted(problems) + counted(rules.problems);
}

std::string Loaded::totals() const {
  std::vector<Problem> own = problems;
  std::vector<Problem> others = rules.problems;
  if (rules.file == file) {
    own.insert(own.end(), others.begin(), others.end());
    others.clear();
  }
  std::string text = total_of(file, own);
  if (!own.empty() && !others.empty()) text += "; ";
  return text + total_of(rules.file, others);
}

std::vector<std::string> Loaded::lines(Problem::Severity severity) const {
  std::vector<std::string> all;
  const auto add = [&](const std::string& name, const std::vector<Problem>& problems_of_file) {
    for (const Problem& problem : problems_of_file) {
      if (problem.severity == severity) all.push_back(line_of(name, problem));
    }
  };
  add(file, problems);
  add(rules.file, rules.problems);
  return all;
}

std::string Loaded::report() const {
  std::string text;
  for (const Problem& problem : problems) text += printable(line_of(file, problem)) + '\n';
  return text + rules.report();
}

Environment process_environment() {
  return [](std::string_view name) -> std::optional<std::string> {
    const char* value = std::getenv(std::string(name).c_str());
    if (value == nullptr) return std::nullopt;
    return value;
  };
}

Loaded load_file(const std::string& path, const Environment& environment, Pipes pipes) {
  const auto text = [&]() -> Result<std::string> {
    GW_TRY(InputFile file, InputFile::open(path, pipes));
    return file.read(file_bytes_max);
  }();
  if (text) return load_text(*text, path, environment);
  Loaded loaded;
  loaded.file = path;
  loaded.problems.push_back({Problem::Severity::error, {}, fmt::format("cannot read it: {}", text.error().text)});
  return loaded;
}

Loaded load_text(std::string_view text, const std::string& name, const Environment& environment) {
  Loaded loaded;
  loaded.file = name;
  auto unreadable = rules::encoding_problem(text);
  if (!unreadable) unreadable = depth_problem(text);
  if (unreadable) {
    loaded.problems.push_back(*std::move(unreadable));
    return loaded;
  }
  Reading reading{environment, name, text, std::filesystem::path(name).parent_path(), {}, {}};
  try {
    const toml::table parsed = toml::parse(text);
    TableReader root(reading, parsed, "", "the file");
    loaded.config = read_config(root, loaded.rules);
  } catch (const toml::parse_error& error) {  // toml++ stops at the first one
    const auto& at = error.source().begin;
    Position where{static_cast<std::uint32_t>(at.line), static_cast<std::uint32_t>(at.column)};
    if (error.description().contains("not representable")) where = begin_of_word(text, where);
    reading.error(where, toml_syntax_text(error.description()));
  }
  sort_by_place(reading.problems);
  loaded.problems = std::move(reading.problems);
  loaded.known_keys.assign(reading.known_keys.begin(), reading.known_keys.end());
  return loaded;
}

}  // namespace gw::config
