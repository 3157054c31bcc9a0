// corpora/expr-lang: conditions of ClusterCockpit as its own library decides them, and expressions with the values that
// expr-lang gives them.

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "codecs/gzip.h"
#include "gateway/router/expression/expression.h"
#include "gateway/router/expression/functions.h"
#include "gateway/router/message.h"
#include "tests/codecs/corpora.h"
#include "tests/gateway/router/corpus_messages.h"
#include "tests/gateway/router/differences.h"

using namespace gw;
using namespace gw::expression;
using nlohmann::json;

namespace {

/// T, F or E, for an error.
char decided(const Expression& condition, const CorpusMessage& message) {
  Arena arena;
  const Checked<bool> holds = condition.decide(router::MessageVariables(message.view), arena);
  return !holds ? 'E' : *holds ? 'T' : 'F';
}

}  // namespace

TEST_CASE("conditions of ClusterCockpit are decided as its library decides them") {
  const auto folder = find_corpus("expr-lang");
  if (!folder) return;
  const CorpusConditions corpus = read_conditions(*folder);

  std::size_t count = 0;
  std::size_t alike = 0;
  for (const json& entry : corpus.conditions) {
    const std::string text = entry["condition"];
    CAPTURE(text);
    ++count;
    const Checked<Expression> condition = Expression::compile(text, router::message_environment(), Type::Kind::boolean);
    std::string want = "refused";
    std::string got = condition ? "" : "refused";
    if (entry.contains("results")) {
      want.clear();
      for (const auto& [name, result] : entry["results"].items()) {
        want += result.is_boolean() ? (result.get<bool>() ? "T" : "F") : "E";
        if (condition) got += decided(*condition, corpus.messages.at(name));
      }
    }
    const auto difference = condition_differences.find(text);
    if (difference != condition_differences.end()) {
      CHECK_MESSAGE(want != got, "no difference any more");
      continue;
    }
    if (!condition) CAPTURE(condition.error().text);
    CHECK(got == want);
    alike += static_cast<std::size_t>(got == want);
  }
  std::printf("expr-lang/cc-conditions: %zu of %zu, %zu deliberate differences\n", alike, count,
              condition_differences.size());
  CHECK(alike + condition_differences.size() == count);
}

namespace {

/// The names of the corpus' environment that are no structures of Go.
class CorpusEnvironment final : public Environment {
 public:
  std::optional<Known> find_name(std::string_view name) const override {
    if (name == "ok") return Known{.slot = 0, .type = Type::Kind::boolean};
    if (name == "i") return Known{.slot = 1, .type = Type::Kind::integer};
    if (name == "str") return Known{.slot = 2, .type = Type::Kind::text};
    if (name == "f64") return Known{.slot = 3, .type = Type::Kind::real};
    if (name == "array") return Known{.slot = 4, .type = {Type::Kind::list, Type::Kind::integer}};
    return std::nullopt;
  }
  std::optional<Known> find_method(std::string_view) const override { return std::nullopt; }
  std::span<const std::string_view> names() const override { return {}; }
  std::span<const std::string_view> methods() const override { return {}; }
};

class CorpusVariables final : public Variables {
 public:
  CorpusVariables() {
    for (std::int64_t i = 1; i <= 5; ++i) array_.push_back(Value::of(i));
  }
  Value get(int slot, std::string_view) const override {
    switch (slot) {
      case 0:
        return Value::of(true);
      case 1:
        return Value::of(std::int64_t{1});
      case 2:
        return Value::of(std::string_view("str"));
      case 3:
        return Value::of(0.5);
      default:
        return Value::of(&array_);
    }
  }
  Value call(int, std::span<const Value>) const override { return {}; }

 private:
  List array_;
};

bool is_refusal(const std::string& problem) {
  return std::ranges::any_of(refusals, [&](const Refusal& row) { return problem.contains(row.text); });
}

/// The corpus' way to tell a value.
bool same(const Value& got, const json& want) {
  const std::string type = want["t"];
  if (type == "nil") return got.is_nil();
  const json& value = want["v"];
  if (type == "bool") return got.is(Value::Kind::boolean) && got.boolean == value.get<bool>();
  if (type == "int") return got.is(Value::Kind::integer) && got.integer == value.get<std::int64_t>();
  if (type == "float") {
    if (!got.is(Value::Kind::real)) return false;
    if (value.is_string()) return text_of(got) == value.get<std::string>();
    // Go's ** may be off by one bit.
    return std::fabs(got.real - value.get<double>()) <= 2e-16 * std::fabs(got.real);
  }
  if (type == "string") return got.is(Value::Kind::text) && got.text == value.get<std::string>();
  if (type == "array") {
    if (!got.is(Value::Kind::list) || got.list->size() != value.size()) return false;
    for (std::size_t i = 0; i < value.size(); ++i) {
      if (!same((*got.list)[i], value[i])) return false;
    }
    return true;
  }
  if (type != "map" || !got.is(Value::Kind::map) || got.map->size() != value.size()) return false;
  for (const auto& [key, item] : value.items()) {
    const Value* const found = find(*got.map, key);
    if (found == nullptr || !same(*found, item)) return false;
  }
  return true;
}

}  // namespace

TEST_CASE("expressions within the grammar give what expr-lang gives") {
  const auto folder = find_corpus("expr-lang");
  if (!folder) return;
  const auto content = codecs::gunzip(read_file(*folder / "generated-results.jsonl.gz"), std::size_t{64} << 20);
  REQUIRE(content);
  std::istringstream lines(*content);
  const CorpusEnvironment environment;
  const CorpusVariables variables;
  Arena arena;
  std::size_t count = 0;
  std::size_t within = 0;
  std::size_t alike = 0;
  std::size_t refused = 0;
  for (std::string line; std::getline(lines, line);) {
    const json entry = json::parse(line);
    if (!entry.contains("r")) continue;
    ++count;
    const std::string text = entry["e"];
    const Checked<Expression> expression = Expression::compile(text, environment);
    if (!expression || text == wrong_in_reference) continue;
    ++within;
    arena.clear();
    const Checked<Value> value = expression->evaluate(variables, arena);
    CAPTURE(text);
    if (value) {
      CHECK_MESSAGE(same(*value, entry["r"]), text_of(*value) << ", but " << entry["r"].dump() << " is right");
      alike += static_cast<std::size_t>(same(*value, entry["r"]));
    } else {
      CHECK_MESSAGE(is_refusal(value.error().text), value.error().text);
      ++refused;
    }
  }
  std::printf("expr-lang/generated: %zu of %zu within the grammar agree, %zu refused, of %zu\n", alike, within, refused,
              count);
  CHECK(count == 43527);
  CHECK(alike == 15526);
  CHECK(alike + refused == within);
}

TEST_CASE("whatever is written is compiled and evaluated within bounds") {
  const auto folder = find_corpus("expr-lang");
  if (!folder) return;
  std::istringstream lines(read_file(*folder / "fuzz_corpus.txt"));
  const CorpusEnvironment environment;
  const CorpusVariables variables;
  Arena arena;
  std::size_t count = 0;
  std::size_t good = 0;
  std::size_t with_value = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    CAPTURE(line);
    const Checked<Expression> expression = Expression::compile(line, environment);
    if (!expression) {
      CHECK(!expression.error().text.empty());
      CHECK(expression.error().at <= line.size());
      continue;
    }
    ++good;
    arena.clear();
    const Checked<Value> value = expression->evaluate(variables, arena);
    with_value += static_cast<std::size_t>(value.has_value());
    if (!value) CHECK(!value.error().text.empty());
  }
  std::printf("expr-lang/fuzz_corpus: %zu of %zu compile, %zu have a value\n", good, count, with_value);
  CHECK(count == 19546);
  CHECK(good > 0);
  CHECK(with_value > 0);
}
