#include "gateway/router/rules/load_rules.h"

#include <fmt/core.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "gateway/config/units.h"
#include "gateway/router/rules/diagnosis.h"
#include "gateway/router/rules/read_rules.h"

namespace gw::rules {
namespace {

using config::Problem;

constexpr std::string_view config_tables[] = {"gateway", "nats", "router", "sink", "source"};

Problem error_at(config::Position where, std::string text, bool quotable = true) {
  return {Problem::Severity::error, where, std::move(text), quotable};
}

const Node* member(const Node& object, std::string_view key) {
  const auto found = std::ranges::find(object.children, key, &Node::key);
  return found == object.children.end() ? nullptr : &*found;
}

bool is_table_of_config(const Node& node) {
  return std::ranges::find(config_tables, node.key) != std::end(config_tables);
}

/// The main configuration of cc-metric-collector names the file of its rules, or holds them.
std::optional<Problem> refuse_collector(const Document& document) {
  constexpr std::string_view keys[] = {"sinks",      "collectors",      "receivers",
                                       "sinks-file", "collectors-file", "receivers-file"};
  const Node& root = document.root;
  const auto is_sign = [&](const Node& node) { return std::ranges::find(keys, node.key) != std::end(keys); };
  const auto sign = std::ranges::find_if(root.children, is_sign);
  if (document.format != Document::Format::json || std::ranges::count_if(root.children, is_sign) < 2)
    return std::nullopt;
  const Node* router = member(root, "router");
  if (router == nullptr) router = member(root, "router-file");
  const std::string instead = router == nullptr || router->kind != Node::Kind::text
                                  ? std::string("its 'router', make a file of that")
                                  : fmt::format("{}, name that instead", config::in_quotes(router->text));
  return error_at(sign->key_where,
                  "this is the main configuration of cc-metric-collector: the rules stand in " + instead);
}

/// In a table [router], alone as `convert` writes it, or in a configuration. What keeps them from being read, if
/// anything does.
std::optional<Problem> enter_router(Document& document) {
  Node& root = document.root;
  if (document.format != Document::Format::toml || !document.path.empty()) return std::nullopt;
  const auto router = std::ranges::find(root.children, "router", &Node::key);
  if (router == root.children.end() || router->kind != Node::Kind::object) {
    const auto other = std::ranges::find_if(root.children, is_table_of_config);
    if (other == root.children.end() || other->key == "router") return std::nullopt;
    return error_at(other->key_where, "this is a configuration without [router], and so without rules");
  }
  const auto stray = std::ranges::find_if_not(root.children, is_table_of_config);
  if (stray != root.children.end())
    return error_at(stray->key_where,
                    fmt::format("{} stands beside [router]: put it into that table", config::in_quotes(stray->key)),
                    false);
  const Node* const file = member(*router, "rules");
  if (file != nullptr && file->kind == Node::Kind::text && !file->text.empty())
    return error_at(file->where,
                    fmt::format("the rules stand in {}, name that instead", config::in_quotes(file->text)));
  root = Node(std::move(*router));
  document.path = "router";
  document.other_keys.assign(std::begin(router_settings), std::end(router_settings));
  return std::nullopt;
}

/// What [router] says that rules count in: nothing where it does not, or a problem.
std::expected<std::optional<Seconds>, Problem> own_interval(const Document& document) {
  const Node* const node = document.path.empty() ? nullptr : member(document.root, "interval");
  if (node == nullptr) return std::nullopt;
  const auto interval = config::parse_interval(node->kind == Node::Kind::text ? node->text : std::string_view());
  if (!interval)
    return std::unexpected(error_at(node->where, fmt::format("'interval' must be {}", config::interval_wanted)));
  return interval;
}

}  // namespace

std::string LoadedFile::report() const { return diagnoses(file, source, problems); }

bool is_toml(std::string_view file) {
  constexpr std::string_view ending = ".toml";
  if (file.size() < ending.size()) return false;
  const auto small = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::ranges::equal(file.substr(file.size() - ending.size()), ending, {}, small);
}

LoadedRules read_rules_text(std::string source, std::string file, std::optional<Seconds> interval,
                            std::shared_ptr<const router::Topology> topology) {
  Parsed parsed = is_toml(file) ? parse_toml(source, file) : parse_json(source, file);
  return read_rules_parsed(std::move(parsed), std::move(source), std::move(file), interval, std::move(topology));
}

LoadedRules read_rules_parsed(Parsed parsed, std::string source, std::string file, std::optional<Seconds> interval,
                              std::shared_ptr<const router::Topology> topology) {
  LoadedRules loaded;
  loaded.file = std::move(file);
  loaded.source = std::move(source);
  if (!parsed) {
    loaded.problems.push_back(std::move(parsed).error());
    return loaded;
  }
  if (auto problem = refuse_collector(*parsed)) {
    loaded.problems.push_back(*std::move(problem));
    return loaded;
  }
  if (auto problem = enter_router(*parsed)) {
    loaded.problems.push_back(*std::move(problem));
    return loaded;
  }
  if (!interval) {
    const auto own = own_interval(*parsed);
    if (!own) {
      loaded.problems.push_back(own.error());
      return loaded;
    }
    interval = *own;
  }
  loaded.interval = interval.value_or(loaded.interval);
  RulesRead read = read_rules(*parsed, loaded.interval, std::move(topology));
  loaded.rules = std::move(read.rules);
  loaded.problems = std::move(read.problems);
  return loaded;
}

std::expected<std::string, config::Problem> read_source(const std::string& file, config::Pipes pipes) {
  auto text = [&]() -> Result<std::string> {
    GW_TRY(config::InputFile input, config::InputFile::open(file, pipes));
    return input.read(source_bytes_max);
  }();
  if (text) return *std::move(text);
  return std::unexpected(
      config::Problem{config::Problem::Severity::error, {}, fmt::format("cannot read it: {}", text.error().text)});
}

LoadedRules load_rules(const std::string& file, std::optional<Seconds> interval,
                       std::shared_ptr<const router::Topology> topology, config::Pipes pipes) {
  auto text = read_source(file, pipes);
  if (text) return read_rules_text(*std::move(text), file, interval, std::move(topology));
  LoadedRules loaded;
  loaded.file = file;
  loaded.problems.push_back(std::move(text).error());
  return loaded;
}

}  // namespace gw::rules
