#include "gateway/router/rules/load_rules.h"

#include <fmt/core.h>

#include <utility>

#include "gateway/router/rules/diagnosis.h"
#include "gateway/router/rules/read_rules.h"

namespace gw::rules {
namespace {

/// Rules may stand in a table [router], as they do in a configuration: `convert` writes such files.
void enter_router(Document& document) {
  Node& root = document.root;
  if (document.format != Document::Format::toml || root.children.size() != 1) return;
  Node& only = root.children[0];
  if (only.key == "router" && only.kind == Node::Kind::object) root = Node(std::move(only));
}

}  // namespace

std::string LoadedFile::report() const { return diagnoses(file, source, problems); }

LoadedRules read_rules_text(std::string source, std::string file, Seconds interval,
                            std::shared_ptr<const router::Topology> topology) {
  Parsed parsed = file.ends_with(".toml") ? parse_toml(source, file) : parse_json(source, file);
  return read_rules_parsed(std::move(parsed), std::move(source), std::move(file), interval, std::move(topology));
}

LoadedRules read_rules_parsed(Parsed parsed, std::string source, std::string file, Seconds interval,
                              std::shared_ptr<const router::Topology> topology) {
  LoadedRules loaded;
  loaded.file = std::move(file);
  loaded.source = std::move(source);
  if (!parsed) {
    loaded.problems.push_back(std::move(parsed).error());
    return loaded;
  }
  enter_router(*parsed);
  RulesRead read = read_rules(*parsed, interval, std::move(topology));
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

LoadedRules load_rules(const std::string& file, Seconds interval, std::shared_ptr<const router::Topology> topology,
                       config::Pipes pipes) {
  auto text = read_source(file, pipes);
  if (text) return read_rules_text(*std::move(text), file, interval, std::move(topology));
  LoadedRules loaded;
  loaded.file = file;
  loaded.problems.push_back(std::move(text).error());
  return loaded;
}

}  // namespace gw::rules
