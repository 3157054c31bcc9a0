#pragma once
#include <optional>
#include <string>
#include <variant>

#include "codecs/json_value.h"
#include "codecs/message.h"

namespace gw::cli {

struct FieldValueOfJson {
  using Value = std::optional<codecs::Message::Value>;
  Value operator()(std::monostate) const { return std::nullopt; }
  Value operator()(std::string_view text) const { return std::string(text); }
  Value operator()(const codecs::JsonRaw& raw) const { return std::string(raw.text); }
  Value operator()(auto plain) const { return plain; }
};

/// A JSON value as a field; nothing for null. An array or object stays the text it is.
inline std::optional<codecs::Message::Value> field_value(const codecs::JsonValue& value) {
  return std::visit(FieldValueOfJson(), value);
}

}  // namespace gw::cli
