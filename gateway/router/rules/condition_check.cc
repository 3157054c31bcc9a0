#include "gateway/router/rules/condition_check.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "gateway/base/suggest.h"
#include "gateway/config/problem.h"
#include "gateway/config/types.h"
#include "gateway/router/aggregate.h"
#include "gateway/router/expression/functions.h"
#include "gateway/router/expression/value.h"
#include "gateway/router/rules/condition_parts.h"

namespace gw::rules {

using expression::Node;
using expression::Operator;

namespace {

/// `path == 'text'`, whichever way round. GetTag gives "" also where there is no such tag: that says nothing.
struct Equality {
  const Node* asked;
  std::string path;
  std::string_view text;
};
std::optional<Equality> equality_of(const Node& node) {
  if (!is(node, Operator::equal)) return std::nullopt;
  const Node* asked = node.parts[0].get();
  const Node* text = node.parts[1].get();
  if (asked->kind == Node::Kind::text) std::swap(asked, text);
  std::string path = path_of(*asked);
  if (path.empty() || text->kind != Node::Kind::text || text->text.empty()) return std::nullopt;
  return Equality{asked, std::move(path), text->text};
}

/// Whether a name in the function of an aggregate is a metric's.
bool is_metric(const Node& node) {
  const auto known = router::aggregate_environment().names();
  return node.kind == Node::Kind::name && node.slot >= 0 && std::ranges::find(known, node.text) == known.end();
}

/// The value of a metric, unless some message has a tag `value`.
bool is_value(const Node& node, const Words& keys) {
  return path_of(node) == "field.value" || (is_bare(node) && node.text == "value" && !keys.contains("value"));
}

/// Names that conditions have for what a message of ClusterCockpit mostly has.
constexpr std::string_view usual_names[] = {
    "cluster", "control", "event", "group", "hostname", "log",  "source", "stype", "stype-id", "type",    "type-id",
    "unit",    "value",   "name",  "tags",  "tag",      "meta", "fields", "field", "metric",   "message", "timestamp"};

bool is_usual(std::string_view name) { return std::ranges::find(usual_names, name) != std::end(usual_names); }

std::string no_type(std::string_view text) {
  constexpr std::array<std::string_view, 5> types = {"metric", "event", "log", "control", "unknown"};
  if (std::ranges::find(types, text) != types.end()) return {};
  const std::string meant = config::did_you_mean(text, types);
  return fmt::format("there is no type of message {}{}", config::in_quotes(text),
                     meant.empty() ? ": there are " + config::list_of(types) : meant);
}

/// A slip of the pen only: the tag `type` may have any value.
std::string no_type_of_part(std::string_view text) {
  constexpr auto types = config::metric_types;
  if (std::ranges::find(types, text) != types.end()) return {};
  const bool is_numa = text == "numadomain";  // what cc-metric-collector calls it
  const std::string meant = config::did_you_mean(is_numa ? "memoryDomain" : text, types);
  return meant.empty() ? meant : fmt::format("cc-metric-store knows no type {}{}", config::in_quotes(text), meant);
}

/// `name == temp`: that asks for a tag.
std::string without_quotes(std::string_view name) {
  return fmt::format(
      "'{0}' is taken for a tag, meta value or field of that name; did you mean the text '{0}', in quotes?", name);
}

std::string slip_in_comparison(const Node& node, const Words& keys) {
  constexpr std::array<std::string_view, 3> texts = {"name", "messagetype", "tag.type"};
  for (const Compared& compared : compared_in(node)) {
    for (const Node* const other : compared.with) {
      if (!is_value(*compared.asked, keys) || other->kind != Node::Kind::text) continue;
      if (expression::number_of(other->text).is_nil())
        return fmt::format("the value of a metric is a number, and {} is none", config::in_quotes(other->text));
    }
    if (std::ranges::find(texts, compared.path) == texts.end()) continue;
    for (const Node* const other : compared.with) {
      if (is_bare(*other) && !is_usual(other->text) && !keys.contains(other->text)) return without_quotes(other->text);
      if (compared.path == "name" || other->kind != Node::Kind::text) continue;
      std::string why = compared.path == "tag.type" ? no_type_of_part(other->text) : no_type(other->text);
      if (!why.empty()) return why;
    }
  }
  return {};
}

/// What other languages call what is nil, true and false here.
std::string_view foreign(std::string_view name) {
  constexpr std::pair<std::string_view, std::string_view> words[] = {
      {"None", "nil"},      {"null", "nil"},  {"NULL", "nil"},   {"Nil", "nil"},
      {"undefined", "nil"}, {"True", "true"}, {"False", "false"}};
  const auto* const found = std::ranges::find(words, name, &std::pair<std::string_view, std::string_view>::first);
  return found == std::end(words) ? std::string_view() : found->second;
}

std::string slip_in_name(const Node& node, const Words& keys) {
  if (!is_bare(node) || is_usual(node.text) || keys.contains(node.text)) return {};
  const std::string_view word = foreign(node.text);
  const std::string_view meant = word.empty() ? nearest(node.text, usual_names) : word;
  if (meant.empty()) return {};
  return fmt::format("'{}' is taken for a tag, meta value or field of that name; did you mean '{}'?", node.text, meant);
}

/// `match(name, 'temp')`: the name would be the pattern.
std::string slip_in_match(const Node& node) {
  if (node.kind != Node::Kind::call || node.function->name != "match") return {};
  const Node& pattern = *node.parts[0];
  const Node& text = *node.parts[1];
  if (path_of(pattern).empty() || text.kind != Node::Kind::text) return {};
  return fmt::format("the pattern comes first: match({}, {})", config::in_quotes(text.text), shown(pattern));
}

}  // namespace

std::string slip_in(const Node& condition, const Words& keys) {
  if (std::string slip = slip_in_comparison(condition, keys); !slip.empty()) return slip;
  if (std::string slip = slip_in_match(condition); !slip.empty()) return slip;
  if (std::string slip = slip_in_name(condition, keys); !slip.empty()) return slip;
  for (const auto& part : condition.parts) {
    if (std::string slip = slip_in(*part, keys); !slip.empty()) return slip;
  }
  return {};
}

std::string slip_in_function(const Node& function, const Words& metrics) {
  const auto known = router::aggregate_environment().names();
  if (is_metric(function) && !metrics.contains(function.text)) {
    if (const std::string_view meant = nearest(function.text, known); !meant.empty())
      return fmt::format("'{}' is taken for the name of a metric; did you mean '{}'?", function.text, meant);
    if (is_usual(function.text))
      return fmt::format("'{}' is taken for the name of a metric; what lines have is asked for in 'if'", function.text);
  }
  for (const auto& part : function.parts) {
    if (std::string slip = slip_in_function(*part, metrics); !slip.empty()) return slip;
  }
  return {};
}

std::string why_no_part(std::string_view type) {
  constexpr std::pair<std::string_view, std::string_view> others[] = {
      {"cpu", "hwthread"},      {"thread", "hwthread"}, {"numadomain", "memoryDomain"},
      {"numa", "memoryDomain"}, {"gpu", "accelerator"}, {"host", "node"}};
  constexpr auto types = config::metric_types;
  if (std::ranges::find(types, type) != types.end()) return {};
  const auto* const other = std::ranges::find(others, type, &std::pair<std::string_view, std::string_view>::first);
  const std::string meant = config::did_you_mean(other == std::end(others) ? type : other->second, types);
  return fmt::format("ClusterCockpit has no type {}{}", config::in_quotes(type),
                     meant.empty() ? ": there are " + config::list_of(types) : meant);
}

std::optional<WantedNames> names_wanted(const Node& condition) {
  const std::vector<const Node*> conjuncts = conjuncts_of(condition);
  for (const Node* const part : conjuncts) {
    if (!is(*part, Operator::equal) && !is(*part, Operator::in)) continue;
    for (const Compared& compared : compared_in(*part)) {
      const auto is_text = [](const Node* other) { return other->kind == Node::Kind::text; };
      if (compared.path != "name" || !std::ranges::all_of(compared.with, is_text)) continue;
      WantedNames wanted{{}, conjuncts.size() == 1};
      for (const Node* const name : compared.with) wanted.names.insert(name->text);
      return wanted;
    }
  }
  return std::nullopt;
}

std::optional<std::string_view> tag_wanted(const Node& condition, std::string_view key) {
  for (const Node* const part : conjuncts_of(condition)) {
    const auto equality = equality_of(*part);
    if (equality && equality->path == path_in("tag", key)) return equality->text;
  }
  return std::nullopt;
}

std::optional<std::string_view> type_wanted(const Node& condition, const Words& keys) {
  for (const Node* const part : conjuncts_of(condition)) {
    const auto equality = equality_of(*part);
    if (equality && equality->path == "messagetype") return equality->text;
    const bool compares = part->kind == Node::Kind::binary && part->parts.size() == 2 && part->op >= Operator::equal &&
                          part->op <= Operator::greater_equal && part->op != Operator::not_equal;
    if (!compares) continue;
    for (const std::size_t i : {std::size_t{0}, std::size_t{1}}) {
      if (is_value(*part->parts[i], keys) && number_written(*part->parts[1 - i])) return "metric";
    }
  }
  return std::nullopt;
}

bool asks_tag(const Node& condition, std::string_view key) {
  if (path_of(condition) == path_in("tag", key)) return true;
  return std::ranges::any_of(condition.parts, [key](const auto& part) { return asks_tag(*part, key); });
}

namespace {

bool is_arithmetic(const Node& node) {
  if (node.kind == Node::Kind::unary) return node.op != Operator::logical_not;
  return node.kind == Node::Kind::binary && node.op >= Operator::add && node.op <= Operator::power;
}

/// Whether it has no number where one of its parts is nil: arithmetic, and sum(m) and the like.
bool needs_its_parts(const Node& node) {
  if (is_arithmetic(node)) return true;
  return node.kind == Node::Kind::call && node.parts.size() == 1 && node.type.may_be_number();
}

void add_needed(const Node& node, Words& into) {
  if (is_metric(node)) into.insert(node.text);
  if (!needs_its_parts(node)) return;
  for (const auto& part : node.parts) add_needed(*part, into);
}

}  // namespace

Words metrics_needed(const Node& function) {
  Words metrics;
  add_needed(function, metrics);
  return metrics;
}

namespace {

const Node* operand_that_is_metric(const Node& node) {
  for (const auto& part : node.parts) {
    if (is_metric(*part) && is_arithmetic(node)) return part.get();
    if (const Node* const found = operand_that_is_metric(*part); found != nullptr) return found;
  }
  return nullptr;
}

}  // namespace

const Node* metric_as_number(const Node& function) {
  return is_metric(function) ? &function : operand_that_is_metric(function);
}

bool names_metric(const Node& function, std::string_view metric) {
  if (function.kind == Node::Kind::name && function.text == metric) return true;
  return std::ranges::any_of(function.parts, [metric](const auto& part) { return names_metric(*part, metric); });
}

}  // namespace gw::rules
