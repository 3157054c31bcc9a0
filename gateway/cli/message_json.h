#pragma once
// Messages as people and programs read them, one JSON object a line:
//
//   {"name":"cpu","tags":{"host":"a"},"fields":{"value":{"float":1.5}},"time":1722945600000000000}
//
// A field is an object of one key, its type: float, int, uint, string or bool. int and uint have all their digits; a
// float that JSON cannot write is the text "NaN", "+Inf" or "-Inf". `time` is in nanoseconds, null when absent.

#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "codecs/message.h"

namespace gw::cli {

/// Appends `message` on one line, without its newline; "subject" stands first where there is one. Of keys that stand
/// twice the last one counts, as everywhere, at the place of the first. Bytes that are no UTF-8 become U+FFFD.
void append_json(std::string& out, const codecs::Message& message,
                 std::optional<std::string_view> subject = std::nullopt);

/// The error says what is wrong in words for the one who wrote the line.
std::expected<codecs::Message, std::string> message_of_json(std::string_view line);

}  // namespace gw::cli
