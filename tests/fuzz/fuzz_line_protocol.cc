// Any bytes: the walk ends, errors point into the input, and what was decoded can be written and read back.

#include <algorithm>
#include <bit>
#include <cstdint>

#include "codecs/line_protocol.h"
#include "tests/fuzz/require.h"

using namespace codecs;

namespace {

bool lies_in(std::string_view part, std::string_view whole) {
  return part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size();
}

void append_value(std::string& out, const FieldValue& value) {
  const auto* const string = std::get_if<StringValue>(&value);
  if (string == nullptr) return append_field_value(out, value);
  std::string scratch;
  append_string_value(out, unescaped_string(string->text, scratch, Dialect::line_protocol_v2));
}

std::string unescape(std::string_view raw) {
  std::string scratch;
  return std::string(unescaped(raw, scratch));
}
std::string unescape_measurement(std::string_view raw) {
  std::string scratch;
  return std::string(unescaped_measurement(raw, scratch));
}

std::string encode(const Line& line) {
  std::string out;
  const std::string measurement = unescape_measurement(line.measurement);
  FUZZ_REQUIRE(representable_measurement(measurement));
  append_measurement(out, measurement);
  for (const Tag& tag : line.tags) {
    FUZZ_REQUIRE(representable(unescape(tag.key)));
    FUZZ_REQUIRE(representable(unescape(tag.value)));
    out += ',';
    append_tag_text(out, unescape(tag.key));
    out += '=';
    append_tag_text(out, unescape(tag.value));
  }
  char mark = ' ';
  for (const Field& field : line.fields) {
    out += mark;
    append_tag_text(out, unescape(field.key));
    out += '=';
    append_value(out, field.value);
    mark = ',';
  }
  if (line.timestamp) out += ' ' + std::to_string(*line.timestamp);
  return out;
}

void check_line(const Line& line, std::string_view input) {
  FUZZ_REQUIRE(lies_in(line.text, input));
  FUZZ_REQUIRE(lies_in(line.measurement, line.text));
  FUZZ_REQUIRE(!line.measurement.empty() && !line.fields.empty());
  FUZZ_REQUIRE(line.tags.size() <= tags_max && line.fields.size() <= fields_max);
  for (const Tag& tag : line.tags) {
    FUZZ_REQUIRE(lies_in(tag.key, line.text) && lies_in(tag.value, line.text));
    FUZZ_REQUIRE(!tag.key.empty() && !tag.value.empty());
  }

  const std::string once = encode(line);
  LineDecoder decoder;
  decoder.reset(once);
  FUZZ_REQUIRE(decoder.next() == Step::record);
  const Line again = decoder.line();
  FUZZ_REQUIRE(again.timestamp == line.timestamp);
  FUZZ_REQUIRE(again.tags.size() == line.tags.size());
  FUZZ_REQUIRE(again.fields.size() == line.fields.size());
  for (std::size_t i = 0; i < line.fields.size(); ++i) {
    const auto* const was = std::get_if<double>(&line.fields[i].value);
    const auto* const is = std::get_if<double>(&again.fields[i].value);
    FUZZ_REQUIRE((was == nullptr) == (is == nullptr));
    if (was != nullptr) FUZZ_REQUIRE(std::bit_cast<std::uint64_t>(*was) == std::bit_cast<std::uint64_t>(*is));
  }
  FUZZ_REQUIRE(encode(again) == once);
  FUZZ_REQUIRE(decoder.next() == Step::end);
}

/// The place an error names is the place its offset counts to.
void check_error(const DecodeError& error, std::string_view input) {
  FUZZ_REQUIRE(lies_in(error.text, input));
  FUZZ_REQUIRE(!error.reason.empty());
  FUZZ_REQUIRE(error.offset <= input.size());
  const std::string_view before = input.substr(0, error.offset);
  const auto newlines = static_cast<std::size_t>(std::ranges::count(before, '\n'));
  const std::size_t newline = before.rfind('\n');
  FUZZ_REQUIRE(error.line == newlines + 1);
  FUZZ_REQUIRE(error.column == (newline == std::string_view::npos ? before.size() : before.size() - newline - 1) + 1);
  FUZZ_REQUIRE(error.offset >= static_cast<std::size_t>(error.text.data() - input.data()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  LineDecoder decoder;
  decoder.reset(input);
  const char* last = nullptr;
  for (Step step; (step = decoder.next()) != Step::end;) {
    const std::string_view text = step == Step::record ? decoder.line().text : decoder.error().text;
    FUZZ_REQUIRE(last == nullptr || text.data() > last);  // it goes on, so it ends
    last = text.data();
    if (step == Step::record) {
      check_line(decoder.line(), input);
    } else {
      check_error(decoder.error(), input);
    }
  }
  FUZZ_REQUIRE(decoder.next() == Step::end);
  return 0;
}
