// A file of cases is TOML:
//
//   rules = "router.json"       or the rules themselves, as [rules]
//   topology = "cluster.json"   for rules that ask for the hardware threads of a host
//   interval = "60s"            what interval_timestamp and interval_aggregates count in
//   [[case]]
//   name = "…"                  what it shows
//   in = """lines"""            blank lines and comments are passed over
//   out = """lines"""

#include "gateway/cli/rule_cases.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <functional>
#include <iterator>
#include <optional>
#include <utility>
#include <variant>

#include "codecs/line_protocol.h"
#include "gateway/config/input_file.h"
#include "gateway/config/units.h"
#include "gateway/router/rules/diagnosis.h"
#include "gateway/router/rules/document.h"
#include "gateway/router/rules/load_rules.h"
#include "gateway/router/rules/place.h"
#include "gateway/router/rules/read_rules.h"
#include "gateway/router/rules/read_topology.h"
#include "gateway/router/rules/rule_reader.h"

namespace gw::cli {
namespace {

using Refuse = std::function<void(std::size_t offset, std::string_view reason)>;

std::vector<CaseLine> read_lines(std::string_view text, const Refuse& refuse) {
  codecs::LineDecoder decoder({.lenient = true});
  decoder.reset(text);
  std::vector<CaseLine> all;
  for (codecs::Step step; (step = decoder.next()) != codecs::Step::end;) {
    if (step == codecs::Step::error) {
      refuse(decoder.error().offset, decoder.error().reason);
      continue;
    }
    const codecs::Line& line = decoder.line();
    auto message = codecs::to_message(line, codecs::Dialect::line_protocol_v2);
    if (message) {
      all.push_back({std::string(line.text), *std::move(message)});
    } else {
      refuse(static_cast<std::size_t>(line.text.data() - text.data()), message.error());
    }
  }
  return all;
}

class CaseReader {
 public:
  CaseReader(const rules::Document& document, CaseFile& into)
      : document_(document), places_(document.source), root_(document, problems_), into_(into) {}

  void run() {
    read_interval();
    read_rules();
    for (rules::RuleReader& object : root_.objects("case")) read_case(object);
    root_.finish();
    if (into_.cases.empty() && problems_.empty())
      root_.error({}, R"(there is no case in it: [[case]] with name = "…", in = "…" and out = "…")");
    if (!problems_.empty()) into_.rules = nullptr;
    config::sort_by_place(problems_);
    into_.report += rules::diagnoses(document_.file, document_.source, problems_);
  }

 private:
  void read_interval() {
    const rules::Node* const node = root_.find("interval");
    if (node == nullptr) return;
    interval_ = config::parse_interval(node->kind == rules::Node::Kind::text ? node->text : std::string_view());
    if (!interval_) root_.error(node->where, fmt::format("'interval' must be {}", config::interval_wanted));
    into_.interval = interval_.value_or(into_.interval);
  }

  /// A file that the file of cases names.
  std::string beside(const std::string& name) const {
    return (std::filesystem::path(into_.file).parent_path() / name).string();
  }

  void read_rules() {
    const rules::Node* const node = root_.find("rules");
    if (node == nullptr) return root_.missing("rules", R"("router.json")");
    rules::LoadedTopology topology;
    if (const rules::Node* const file = root_.text("topology"); file != nullptr) {
      topology = rules::load_topology(beside(file->text), config::Pipes::awaited);
      into_.report += topology.report();
      if (topology.topology == nullptr) return;
    }
    if (node->kind == rules::Node::Kind::text) {
      const rules::LoadedRules loaded =
          rules::load_rules(beside(node->text), interval_, topology.topology, config::Pipes::awaited);
      into_.report += loaded.report();
      into_.rules = loaded.rules;
      into_.interval = loaded.interval;
    } else if (node->kind == rules::Node::Kind::object) {
      rules::RulesRead read = rules::read_rules({document_.format, document_.file, document_.source, *node},
                                                into_.interval, topology.topology);
      const auto first_error = std::ranges::stable_partition(read.problems, [](const config::Problem& problem) {
                                 return problem.severity == config::Problem::Severity::warning;
                               }).begin();
      into_.report += rules::diagnoses(document_.file, document_.source, {read.problems.begin(), first_error});
      std::move(first_error, read.problems.end(), std::back_inserter(problems_));
      into_.rules = std::move(read.rules);
    } else {
      root_.error(node->where, R"('rules' must be the name of a file like "router.json", or a table of rules)");
    }
  }

  void read_case(rules::RuleReader& object) {
    RuleCase rule_case;
    rule_case.where = object.where();
    const rules::Node* const name = required(object, "name", R"("temperatures of cores are dropped")");
    const rules::Node* const in = required(object, "in", R"("cpu_load,hostname=n1 value=1 1700000000")");
    const rules::Node* const out = required(object, "out", R"("load,hostname=n1 value=1 1700000000")");
    object.finish();
    if (name != nullptr) rule_case.name = name->text;
    if (in != nullptr) {
      rule_case.in = in->text;
      const std::size_t told = problems_.size();
      if (lines(*in).empty() && problems_.size() == told)
        root_.error(in->where, "'in' has no line: it would show nothing");
    }
    if (out != nullptr) rule_case.out = lines(*out);
    into_.cases.push_back(std::move(rule_case));
  }

  static const rules::Node* required(rules::RuleReader& object, std::string_view key, std::string_view example) {
    if (object.find(key) == nullptr) object.missing(key, example);
    return object.text(key);
  }

  std::vector<CaseLine> lines(const rules::Node& text) {
    std::size_t told = 0;
    config::Position where;
    return read_lines(text.text, [&](std::size_t offset, std::string_view reason) {
      // It is looked for from the start of the text. Those that are counted but not shown may stand with the last one.
      if (told++ < rules::diagnoses_max) where = rules::place_in(places_, text, offset);
      root_.error(where, fmt::format("this line cannot be read: {}", reason));
    });
  }

  const rules::Document& document_;
  rules::PlaceIndex places_;
  std::vector<config::Problem> problems_;
  rules::RuleReader root_;
  std::optional<Seconds> interval_;  ///< of the cases
  CaseFile& into_;
};

/// Numbers that are the same become the same.
codecs::Message::Value comparable(const codecs::Message::Value& value) {
  if (const auto* const natural = std::get_if<std::uint64_t>(&value); natural != nullptr && *natural <= INT64_MAX)
    return static_cast<std::int64_t>(*natural);
  constexpr double integer_end = 0x1p63;
  if (const auto* const real = std::get_if<double>(&value);
      real != nullptr && *real == std::trunc(*real) && *real >= -integer_end && *real < integer_end)
    return static_cast<std::int64_t>(*real);
  return value;
}

codecs::Message comparable(codecs::Message message) {
  std::ranges::sort(message.tags, {}, &codecs::Message::Tag::key);
  std::ranges::sort(message.fields, {}, &codecs::Message::Field::key);
  for (codecs::Message::Field& field : message.fields) field.value = comparable(field.value);
  return message;
}

}  // namespace

CaseFile read_cases(const std::string& file) {
  CaseFile cases;
  cases.file = file;
  const auto text = [&]() -> Result<std::string> {
    GW_TRY(config::InputFile input, config::InputFile::open(file, config::Pipes::awaited));
    return input.read(rules::source_bytes_max);
  }();
  if (!text) {
    cases.report = fmt::format("{}: cannot read it: {}\n", file, text.error().text);
    return cases;
  }
  const rules::Parsed document = rules::parse_toml(*text, file);
  if (document) {
    CaseReader(*document, cases).run();
  } else {
    cases.report = rules::diagnosis(file, *text, document.error());
  }
  return cases;
}

std::vector<CaseLine> case_lines(std::string_view text) {
  return read_lines(text, [](std::size_t, std::string_view) {});
}

bool say_the_same(const codecs::Message& a, const codecs::Message& b) { return comparable(a) == comparable(b); }

}  // namespace gw::cli
