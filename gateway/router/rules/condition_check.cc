#include "gateway/router/rules/condition_check.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <utility>
#include <vector>

#include "gateway/base/suggest.h"
#include "gateway/config/problem.h"
#include "gateway/router/aggregate.h"

namespace gw::rules {

using expression::Node;
using expression::Operator;

namespace {

bool is(const Node& node, Operator op) { return node.kind == Node::Kind::binary && node.op == op; }

/// A name of which only the messages know whether there is such a tag, meta value or field.
bool is_bare(const Node& node) { return node.kind == Node::Kind::name && node.reads == expression::Reads::perhaps; }

/// `tag.x` for each way to write it; of no use is what is neither a name nor a part of tags, meta or fields.
std::string path_in(std::string_view part, std::string_view key) {
  if (part == "tag" || part == "tags") return fmt::format("tag.{}", key);
  if (part == "field" || part == "fields") return fmt::format("field.{}", key);
  return part == "meta" ? fmt::format("meta.{}", key) : std::string();
}

/// What is compared. A bare name is taken for the tag: where that is there, it is the same, and what is compared with
/// something is there.
std::string path_of(const Node& node) {
  if (is_bare(node)) return path_in("tag", node.text);
  if (node.kind == Node::Kind::name && node.slot >= 0) {
    for (const std::string_view part : {"tag", "meta", "field"}) {
      const std::string_view text = node.text;
      if (text.starts_with(part) && text.substr(part.size()).starts_with('_'))
        return path_in(part, text.substr(part.size() + 1));
    }
    return node.text == "msgtype" ? "messagetype" : node.text;
  }
  if (node.kind == Node::Kind::member && node.parts[0]->kind == Node::Kind::name &&
      node.parts[1]->kind == Node::Kind::text)
    return path_in(node.parts[0]->text, node.parts[1]->text);
  if (node.kind != Node::Kind::method) return {};
  if (node.parts.size() == 1) return node.text == "Name" ? "name" : "";
  if (node.parts[1]->kind != Node::Kind::text) return {};
  return node.text == "GetTag" ? path_in("tag", node.parts[1]->text) : "";
}

/// As people wrote it, more or less.
std::string shown(const Node& node) { return is_bare(node) ? node.text : path_of(node); }

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

/// Larger ones may not be what they are as a double.
constexpr double exact_max = 9007199254740992;

/// A number that is written down.
std::optional<double> number_of(const Node& node) {
  std::optional<double> number;
  if (node.kind == Node::Kind::integer) number = static_cast<double>(node.integer);
  if (node.kind == Node::Kind::real) number = node.real;
  if (node.kind == Node::Kind::unary && node.op == Operator::negate) {
    number = number_of(*node.parts[0]);
    if (number) number = -*number;
  }
  return number && *number > -exact_max && *number < exact_max ? number : std::nullopt;
}

struct Bound {
  double number = 0;
  bool open = false;  ///< the number itself is not in it
  std::string text;   ///< "> 5"
};
/// `path > 5` and the like, whichever way round.
struct Comparison {
  const Node* asked;
  std::string path;
  Operator op;
  double number;
};

Operator turned(Operator op) {
  switch (op) {
    case Operator::less:
      return Operator::greater;
    case Operator::greater:
      return Operator::less;
    case Operator::less_equal:
      return Operator::greater_equal;
    case Operator::greater_equal:
      return Operator::less_equal;
    default:
      return op;
  }
}

std::optional<Comparison> comparison_of(const Node& node) {
  constexpr std::array<Operator, 5> orders = {Operator::equal, Operator::less, Operator::greater, Operator::less_equal,
                                              Operator::greater_equal};
  if (node.kind != Node::Kind::binary || std::ranges::find(orders, node.op) == orders.end()) return std::nullopt;
  const Node* asked = node.parts[0].get();
  std::optional<double> number = number_of(*node.parts[1]);
  Operator op = node.op;
  if (!number) {
    asked = node.parts[1].get();
    number = number_of(*node.parts[0]);
    op = turned(op);
  }
  std::string path = path_of(*asked);
  if (!number || path.empty()) return std::nullopt;
  return Comparison{asked, std::move(path), op, *number};
}

/// What is left for one path by all comparisons with numbers.
class Range {
 public:
  /// Why there is nothing left; empty where there is.
  std::string add(const Comparison& comparison) {
    const bool open = comparison.op == Operator::less || comparison.op == Operator::greater;
    const auto bound = [&](std::string_view sign) {
      return Bound{comparison.number, open, fmt::format("{}{} {}", sign, open ? "" : "=", comparison.number)};
    };
    const bool above = comparison.op == Operator::greater || comparison.op == Operator::greater_equal;
    const bool below = comparison.op == Operator::less || comparison.op == Operator::less_equal;
    const Bound given = bound(above ? ">" : below ? "<" : "=");
    if (!below && (!low_ || given.number > low_->number || (given.number == low_->number && given.open))) low_ = given;
    if (!above && (!high_ || given.number < high_->number || (given.number == high_->number && given.open)))
      high_ = given;
    const bool empty = low_ && high_ &&
                       (low_->number > high_->number || (low_->number == high_->number && (low_->open || high_->open)));
    return empty ? fmt::format("{} cannot be both {} and {}", shown(*comparison.asked), low_->text, high_->text) : "";
  }

 private:
  std::optional<Bound> low_;
  std::optional<Bound> high_;
};

/// The parts of a condition that must all hold.
void conjuncts_of(const Node& node, std::vector<const Node*>& into) {
  if (is(node, Operator::logical_and)) {
    for (const auto& part : node.parts) conjuncts_of(*part, into);
  } else {
    into.push_back(&node);
  }
}

std::vector<const Node*> conjuncts_of(const Node& node) {
  std::vector<const Node*> conjuncts;
  conjuncts_of(node, conjuncts);
  return conjuncts;
}

/// Names that conditions have for what a message of ClusterCockpit mostly has.
constexpr std::string_view usual_names[] = {
    "cluster", "control", "event", "group", "hostname", "log",  "source", "stype", "stype-id", "type",    "type-id",
    "unit",    "value",   "name",  "tags",  "tag",      "meta", "fields", "field", "metric",   "message", "timestamp"};

bool is_usual(std::string_view name) { return std::ranges::find(usual_names, name) != std::end(usual_names); }

/// What is compared with what is asked: one other side, or the items of a list.
struct Compared {
  std::string path;
  std::vector<const Node*> with;
};
std::vector<Compared> compared_in(const Node& node) {
  if (is(node, Operator::in) && node.parts[1]->kind == Node::Kind::list) {
    Compared compared{path_of(*node.parts[0]), {}};
    for (const auto& item : node.parts[1]->parts) compared.with.push_back(item.get());
    return {std::move(compared)};
  }
  if (!is(node, Operator::equal) && !is(node, Operator::not_equal)) return {};
  const Node* const left = node.parts[0].get();
  const Node* const right = node.parts[1].get();
  return {{path_of(*left), {right}}, {path_of(*right), {left}}};
}

std::string no_type(std::string_view text) {
  constexpr std::array<std::string_view, 5> types = {"metric", "event", "log", "control", "unknown"};
  if (std::ranges::find(types, text) != types.end()) return {};
  const std::string meant = config::did_you_mean(text, types);
  return fmt::format("there is no type of message {}{}", config::in_quotes(text),
                     meant.empty() ? ": there are " + config::list_of(types) : meant);
}

/// `name == temp`: that asks for a tag.
std::string without_quotes(std::string_view name) {
  return fmt::format(
      "'{0}' is taken for a tag, meta value or field of that name; did you mean the text '{0}', in quotes?", name);
}

std::string slip_in_comparison(const Node& node, const Words& keys) {
  constexpr std::array<std::string_view, 3> texts = {"name", "messagetype", "tag.type"};
  for (const Compared& compared : compared_in(node)) {
    if (std::ranges::find(texts, compared.path) == texts.end()) continue;
    for (const Node* const other : compared.with) {
      if (is_bare(*other) && !is_usual(other->text) && !keys.contains(other->text)) return without_quotes(other->text);
      if (compared.path != "messagetype" || other->kind != Node::Kind::text) continue;
      if (std::string why = no_type(other->text); !why.empty()) return why;
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

}  // namespace

std::string contradiction(const Node& condition) {
  std::map<std::string, std::string_view> wanted;
  std::map<std::string, Range> ranges;
  for (const Node* const part : conjuncts_of(condition)) {
    if (part->kind == Node::Kind::boolean && part->integer == 0) return "it is never true";
    if (const auto equality = equality_of(*part)) {
      const auto [at, first] = wanted.emplace(equality->path, equality->text);
      if (!first && at->second != equality->text)
        return fmt::format("{} cannot be both '{}' and '{}'", shown(*equality->asked), at->second, equality->text);
    }
    if (const auto comparison = comparison_of(*part)) {
      if (std::string why = ranges[comparison->path].add(*comparison); !why.empty()) return why;
    }
  }
  return {};
}

std::string slip_in(const Node& condition, const Words& keys) {
  if (std::string slip = slip_in_comparison(condition, keys); !slip.empty()) return slip;
  if (std::string slip = slip_in_name(condition, keys); !slip.empty()) return slip;
  for (const auto& part : condition.parts) {
    if (std::string slip = slip_in(*part, keys); !slip.empty()) return slip;
  }
  return {};
}

std::string slip_in_function(const Node& function, const Words& metrics) {
  const auto known = router::aggregate_environment().names();
  if (function.kind == Node::Kind::name && function.slot >= 0 && !metrics.contains(function.text) &&
      std::ranges::find(known, function.text) == known.end()) {
    if (const std::string_view meant = nearest(function.text, known); !meant.empty())
      return fmt::format("'{}' is taken for the name of a metric; did you mean '{}'?", function.text, meant);
  }
  for (const auto& part : function.parts) {
    if (std::string slip = slip_in_function(*part, metrics); !slip.empty()) return slip;
  }
  return {};
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

bool asks_tag(const Node& condition, std::string_view key) {
  if (path_of(condition) == path_in("tag", key)) return true;
  return std::ranges::any_of(condition.parts, [key](const auto& part) { return asks_tag(*part, key); });
}

bool names_metric(const Node& function, std::string_view metric) {
  if (function.kind == Node::Kind::name && function.text == metric) return true;
  return std::ranges::any_of(function.parts, [metric](const auto& part) { return names_metric(*part, metric); });
}

}  // namespace gw::rules
