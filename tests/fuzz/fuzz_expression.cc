// Any text: it compiles or has a problem within it. What compiles gives the same twice, and for its series first.

#include <cstdint>
#include <string>
#include <string_view>

#include "gateway/router/expression/expression.h"
#include "gateway/router/expression/functions.h"
#include "gateway/router/expression/specialise.h"
#include "gateway/router/message.h"
#include "tests/fuzz/require.h"
#include "tests/gateway/router/sample_message.h"

using namespace gw;
using namespace gw::expression;

namespace {

/// All of a value or of a problem as one text.
std::string told(const Checked<Value>& value) {
  if (!value) return std::to_string(value.error().at) + ": " + value.error().text;
  return std::string(kind_name(value->kind)) + " " + text_of(*value);
}

/// What takes too many steps in whole may be quick enough where a part was decided before.
bool is_too_much(const Checked<Value>& value) {
  return !value && value.error().text == "the expression takes too many steps";
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const Checked<Expression> expression = Expression::compile(input, router::message_environment());
  if (!expression) {
    FUZZ_REQUIRE(!expression.error().text.empty());
    FUZZ_REQUIRE(expression.error().at <= size);
    return 0;
  }
  const router::MessageView message = sample_message();
  const router::MessageVariables variables(message);
  Arena arena;
  const Checked<Value> value = expression->evaluate(variables, arena);
  FUZZ_REQUIRE(value || (!value.error().text.empty() && value.error().at <= size));
  const std::string first = told(value);
  arena.clear();
  FUZZ_REQUIRE(told(expression->evaluate(variables, arena)) == first);

  const router::MessageView series = {.name = message.name, .tags = message.tags, .meta = message.meta};
  const auto is_known = [&series](const Node& part) { return router::series_tells(series, part); };
  const auto is_number = [](const Node& part) { return part.text == "value"; };  // of the sample message it is
  const NodePtr special = specialise(expression->tree(), router::MessageVariables(series), is_known, is_number);
  arena.clear();
  FUZZ_REQUIRE(is_too_much(value) || told(evaluate(*special, variables, arena)) == first);
  return 0;
}
