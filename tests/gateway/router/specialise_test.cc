#include "gateway/router/expression/specialise.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <random>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/router/expression/expression.h"
#include "gateway/router/expression/functions.h"
#include "gateway/router/message.h"
#include "tests/codecs/corpora.h"
#include "tests/gateway/router/corpus_messages.h"
#include "tests/gateway/router/differences.h"
#include "tests/gateway/router/sample_message.h"

using namespace gw;
using namespace gw::expression;
using nlohmann::json;

namespace {

Checked<Expression> compiled(std::string_view source) {
  return Expression::compile(source, router::message_environment());
}

/// For the series of `message`: its fields and time are not there to look at.
NodePtr for_series(const Node& tree, const router::MessageView& message, const IsNumber& is_number = {}) {
  const router::MessageView series = {.name = message.name, .tags = message.tags, .meta = message.meta};
  return specialise(
      tree, router::MessageVariables(series),
      [&series](const Node& part) { return router::series_tells(series, part); }, is_number);
}

/// The most that a name or method of a checked tree reads. In a specialised one, what only `perhaps` reads the message
/// was decided: it does, or it is no longer there.
Reads reads_of(const Node& tree) {
  Reads most = tree.reads;
  for (const NodePtr& part : tree.parts) most = std::max(most, reads_of(*part));
  return most;
}

std::string shape(const Node& node) {
  switch (node.kind) {
    case Node::Kind::nil:
      return "nil";
    case Node::Kind::boolean:
      return node.integer != 0 ? "true" : "false";
    case Node::Kind::integer:
      return std::to_string(node.integer);
    case Node::Kind::real:
      return text_of(Value::of(node.real));
    case Node::Kind::text:
      return "'" + node.text + "'";
    case Node::Kind::name:
      return node.text;
    default:
      break;
  }
  constexpr std::string_view kinds[] = {"",       "",   "",      "",       "",      "list", "map",
                                        "",       "of", "maybe", "chain",  "slice", "",     "unary",
                                        "binary", "if", "call",  "method", "item",  "let",  "sequence"};
  std::string out = fmt::format("({}", kinds[static_cast<std::size_t>(node.kind)]);
  for (const NodePtr& part : node.parts) out += " " + shape(*part);
  return out + ")";
}

std::string value_or_problem(const Checked<Value>& value) {
  return value ? fmt::format("{} {}", kind_name(value->kind), text_of(*value))
               : fmt::format("{}: {}", value.error().at, value.error().text);
}

/// Of parts that a series of the sample tells and parts that it does not, some of them nil.
std::string chance_expression(std::mt19937& random, int depth) {
  static constexpr std::string_view atoms[] = {"true",
                                               "false",
                                               "nil",
                                               "7",
                                               "2.5",
                                               "'core'",
                                               "type",
                                               "type-id",
                                               "unit",
                                               "name",
                                               "nothing",
                                               "value",
                                               "timestamp",
                                               "event",
                                               "value > 70",
                                               "event == nil",
                                               "tag.type == nil",
                                               "tags.nope",
                                               "let_",
                                               "let_",
                                               "value",
                                               "event",
                                               "fields",
                                               "type == 'core'"};
  const auto part = [&] { return chance_expression(random, depth - 1); };
  if (depth == 0 || random() % 5 == 0) return std::string(atoms[random() % std::size(atoms)]);
  static constexpr std::string_view signs[] = {"&&", "&&", "&&", "||", "||", "||", "??", "??",      "==",
                                               "!=", "<",  ">=", "+",  "-",  "*",  "in", "matches", "contains"};
  switch (random() % 10) {
    case 0:
      return fmt::format("not ({})", part());
    case 1:
      return fmt::format("(({}) ? ({}) : ({}))", part(), part(), part());
    case 2:
      return fmt::format("(({}) ?: ({}))", part(), part());
    case 3:
      return fmt::format("(let let_ = ({}); {})", part(), part());
    case 4:
      return fmt::format("any([{}, {}], {} && # == ({}))", part(), part(), part(), part());
    default:
      return fmt::format("({} {} {})", part(), signs[random() % std::size(signs)], part());
  }
}

/// All that joins n of the parts, at [n].
std::vector<std::vector<std::string>> joined(std::size_t most) {
  std::vector<std::vector<std::string>> all = {{}, {"true", "false", "event"}};
  for (std::size_t n = 2; n <= most; ++n) {
    std::vector<std::string>& made = all.emplace_back();
    for (std::size_t left = 1; left < n; ++left) {
      for (const std::string& first : all[left]) {
        for (const std::string& second : all[n - left]) {
          for (const std::string_view sign : {"&&", "||", "??"})
            made.push_back(fmt::format("({} {} {})", first, sign, second));
        }
      }
    }
  }
  return all;
}

}  // namespace

TEST_CASE("what a series tells is decided, and the rest is left") {
  const router::MessageView message = sample_message();
  const auto check = [&message](std::string_view source, std::string_view want) {
    CAPTURE(source);
    const Checked<Expression> expression = compiled(source);
    REQUIRE(expression);
    CHECK(shape(*for_series(expression->tree(), message)) == want);
  };
  check("name == 'cpu_load'", "true");
  check("name == 'cpu_load' && type-id == 7", "true");
  check("name == 'cpu_load' && value > 70", "(binary value 70)");
  check("value > 70 && name == 'cpu_load'", "(binary value 70)");
  check("value > 70 && name == 'other'", "(binary (binary value 70) false)");  // value may be no number
  check("name == 'other' && value > 70", "false");
  check("name == 'other' || value > 70", "(binary value 70)");
  check("name == 'cpu_load' || value > 70", "true");
  check("true && value", "(binary true value)");  // it may not be true or false
  check("type == 'core' ? value > 1 : nope.deep", "(binary value 1)");
  check("type == 'node' ?: timestamp > 1", "(binary timestamp 1)");
  check("type == 'core' ?: timestamp > 1", "true");
  check("cluster ?? hostname", "(binary cluster 'e1208')");  // it may be a field
  check("tag.cluster ?? hostname", "'e1208'");
  check("tag.type ?? value", "'core'");
  check("tag.cluster?.a.b ?? value", "value");
  check("field.value?.a", "(chain (maybe (of field 'value') 'a'))");
  check("msg.HasTag('type') and msg.HasField('value')", "(method msg 'value')");
  check("metric.Name() + unit", "'cpu_loadMByte'");
  check("any(['x', type], # == 'core')", "true");
  check("any(['x', type], # == value)", "(call (list 'x' 'core') (binary (item) value))");
  check("reduce([1, 2], #acc + #, 3) + len(tags)", "11");
  check("let t = type; t == 'core' && value > 1", "(let 'core' (binary value 1))");
  check("let t = type; let u = t; u == 'core'", "true");
  check("let t = value; let u = type; u == 'core'", "(let value true)");
  check("let known = ['a', 'core']; type in known", "true");
  check("let known = ['a', 'core']; type in known and value > 1",
        "(let (list 'a' 'core') (binary (binary 'core' known) (binary value 1)))");
  check("tags.type.deep == 1", "(binary (of 'core' 'deep') 1)");  // a problem stays where it is
  check("type > 3 || value > 1", "(binary (binary 'core' 3) (binary value 1))");
  check("tags", "tags");
  check("tags['type'] + 'x'; value", "value");
  check("hostname[1:3]", "'12'");
  check("int(type-id) * 9223372036854775807 > value", "(binary 6.456360425798343e+19 value)");
  check("-(-9223372036854775807 - len(type-id)) > value", "(binary 9.223372036854776e+18 value)");
  check("value matches '^' + type", "(binary value '^core')");
  check("let s = 'a'; map([1], let t = type; string(#) + t + s)",
        "(let 'a' (call (list 1) (let 'core' (binary (binary (call (item)) 'core') 'a'))))");
}

TEST_CASE("what can be neither wrong nor right is left out") {
  const router::MessageView message = sample_message();
  const auto check = [&message](std::string_view source, std::string_view want) {
    CAPTURE(source);
    const Checked<Expression> expression = compiled(source);
    REQUIRE(expression);
    const auto is_number = [](const Node& part) { return part.text == "value"; };
    CHECK(shape(*for_series(expression->tree(), message, is_number)) == want);
  };
  check("value > 70 && name == 'other'", "false");
  check("value > 70 && name == 'cpu_load'", "(binary value 70)");
  check("value <= 70 || name == 'cpu_load'", "true");
  check("(value > 1 || not (value == 2.5)) && 3 < value && name == 'other'", "false");
  check("1 < value < 3 && name == 'other'", "false");
  check("timestamp > 1700000000 && name == 'other'", "false");
  check("nothing > 70 && name == 'other'", "(binary (binary nothing 70) false)");
  check("value > type && name == 'other'", "(binary (binary value 'core') false)");
  check("value + 1 > 70 && name == 'other'", "(binary (binary (binary value 1) 70) false)");
  check("value && name == 'other'", "(binary value false)");
  check("(value in [1]) && name == 'other'", "(binary (binary value (list 1)) false)");
  check("name matches event || false", "(binary 'cpu_load' event)");
  check("(value > 1 && event) || false", "(binary (binary (binary value 1) event) false)");  // event may be nil
  check("(event && value > 1) || false", "(binary event (binary value 1))");
  check("((value > 1 && event) ?? (value > 2 && event)) || false",
        "(binary (binary (binary (binary value 1) event) (binary (binary value 2) event)) false)");
  check("not event || false", "(unary event)");
  check("let value_ = nothing; value_ > 70 && name == 'other'", "(let nothing (binary (binary value_ 70) false))");
}

TEST_CASE("a pattern that a series tells is compiled for it") {
  const router::MessageView message = sample_message();
  for (const std::string_view source : {"field.event matches '^' + type", "match('^%w' + type, field.event)"}) {
    CAPTURE(source);
    const Checked<Expression> expression = compiled(source);
    REQUIRE(expression);
    CHECK(expression->tree().pattern == nullptr);
    CHECK(for_series(expression->tree(), message)->pattern != nullptr);
  }
}

TEST_CASE("patterns cost steps when they are compiled, and without steps a tree stays as it is") {
  const router::MessageView message = sample_message();
  const Checked<Expression> expression = compiled("field.event matches '^' + type");
  REQUIRE(expression);
  const auto left_of = [&](std::size_t steps_left) {
    const bool is_compiled = specialise(
                                 expression->tree(), router::MessageVariables(message),
                                 [&](const Node& part) { return router::series_tells(message, part); }, {}, steps_left)
                                 ->pattern != nullptr;
    return std::pair(is_compiled, steps_left);
  };
  CHECK(left_of(compile_steps + 100).first);
  CHECK(left_of(compile_steps + 100).second < 100);
  CHECK(left_of(compile_steps - 1).second > 0);
  CHECK_FALSE(left_of(compile_steps - 1).first);
  CHECK_FALSE(left_of(0).first);
}

TEST_CASE("what an expression reads") {
  const router::MessageView message = sample_message();
  const auto check = [&message](std::string_view source, Reads before, Reads for_the_series) {
    CAPTURE(source);
    const Checked<Expression> expression = compiled(source);
    REQUIRE(expression);
    CHECK(reads_of(expression->tree()) == before);
    CHECK(reads_of(*for_series(expression->tree(), message)) == for_the_series);
  };
  check("1 + 1 == 2", Reads::nothing, Reads::nothing);
  check("string(msg)", Reads::nothing, Reads::nothing);
  check("name == 'x'", Reads::series, Reads::nothing);
  check("len(tags) > 1", Reads::series, Reads::nothing);
  check("tag_type == 'x' or meta.unit == ''", Reads::series, Reads::nothing);
  check("msg.Name() == 'x'", Reads::series, Reads::nothing);
  check("type == 'x'", Reads::perhaps, Reads::nothing);
  check("value > 1", Reads::perhaps, Reads::message);
  check("fields.value > 1", Reads::message, Reads::message);
  check("field_value > 1", Reads::message, Reads::message);
  check("timestamp > 1", Reads::message, Reads::message);
  check("messagetype == 'log'", Reads::message, Reads::message);
  check("msg.IsMetric()", Reads::message, Reads::message);
  check("name == 'x' and msg.HasField('value')", Reads::message, Reads::nothing);
  check("let a = timestamp; a > 1", Reads::message, Reads::message);
  check("any(['a'], # == event)", Reads::perhaps, Reads::message);
}

TEST_CASE("expressions give, specialised for a series, what they give in whole") {
  const router::MessageView message = sample_message();
  const Map float_fields = {{"value", Value::of(72.5)}};
  const Map text_fields = {{"event", Value::of(std::string_view("core"))}, {"value", Value::of(std::string_view("7"))}};
  Arena arena;
  std::size_t compiled_count = 0;
  std::size_t values = 0;
  const auto check = [&](const std::string& source) {
    CAPTURE(source);
    const Checked<Expression> expression = compiled(source);
    if (!expression) return;
    ++compiled_count;
    for (const bool is_number : {false, true}) {
      const NodePtr special = for_series(expression->tree(), message,
                                         [is_number](const Node& part) { return is_number && part.text == "value"; });
      router::MessageView line = message;
      line.fields = is_number ? float_fields : text_fields;
      const router::MessageVariables variables(line);
      arena.clear();
      const Checked<Value> whole = expression->evaluate(variables, arena);
      const std::string want = value_or_problem(whole);
      arena.clear();
      if (const std::string got = value_or_problem(evaluate(*special, variables, arena)); got != want)
        CHECK(got == want);
      values += static_cast<std::size_t>(whole.has_value());
    }
  };
  SUBCASE("by chance") {
    std::mt19937 random(1);
    for (int i = 0; i < 60'000; ++i) check(chance_expression(random, 4));
    CHECK(compiled_count > 10'000);
    CHECK(values > 10'000);
  }
  SUBCASE("each way to join up to five of what is true, false, or nil in some lines") {
    for (const std::vector<std::string>& of_length : joined(5)) std::ranges::for_each(of_length, check);
    CHECK(compiled_count == 3 + 27 + 486 + 10'935 + 275'562);
    CHECK(values > 200'000);
  }
}

TEST_CASE("a specialised condition gives what the whole one gives") {
  const auto folder = find_corpus("expr-lang");
  if (!folder) return;
  const CorpusConditions corpus = read_conditions(*folder);
  Arena arena;
  std::size_t count = 0;
  std::size_t decided = 0;
  for (const json& entry : corpus.conditions) {
    const std::string source = entry["condition"];
    CAPTURE(source);
    const Checked<Expression> expression = compiled(source);
    if (!expression) continue;
    for (const auto& [series_name, series] : corpus.messages) {
      CAPTURE(series_name);
      auto told = std::make_unique<CorpusMessage>(series.data);
      const NodePtr special = for_series(expression->tree(), told->view);
      told.reset();  // the tree owns its texts
      const bool literal = special->parts.empty() && special->reads == Reads::nothing;
      decided += static_cast<std::size_t>(literal);
      for (const auto& [name, other] : corpus.messages) {  // a message of that series
        CAPTURE(name);
        router::MessageView message = other.view;
        message.name = series.view.name;
        message.tags = series.view.tags;
        message.meta = series.view.meta;
        const router::MessageVariables variables(message);
        arena.clear();
        const std::string want = value_or_problem(expression->evaluate(variables, arena));
        arena.clear();
        CHECK(value_or_problem(evaluate(*special, variables, arena)) == want);
        ++count;
      }
    }
  }
  std::printf("expr-lang/cc-conditions: %zu results alike, %zu conditions decided for a series\n", count, decided);
  CHECK(count == 21'300);
  CHECK(decided > 0);
}
