// Any bytes, in both dialects: the walk ends; it is the same on every processor and cut anywhere; errors point into the
// input; the careful reader agrees with the fast one; what was decoded can be written, and is then stable.

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "codecs/line_protocol.h"
#include "codecs/line_reader.h"
#include "tests/codecs/chunked.h"
#include "tests/fuzz/require.h"

using namespace codecs;

namespace {

bool lies_in(std::string_view part, std::string_view whole) {
  return part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size();
}

bool same(const Line& a, const Line& b) {
  return a.measurement == b.measurement && std::ranges::equal(a.tags, b.tags) &&
         std::ranges::equal(a.fields, b.fields) && a.timestamp == b.timestamp;
}

/// What the walk has found, as one text.
std::string show(const LineDecoder& decoder, Step step) {
  std::string out;
  if (step == Step::error) {
    const DecodeError& error = decoder.error();
    out = std::to_string(error.line) + ':' + std::to_string(error.column) + '+' + std::to_string(error.offset) + ' ';
    return out.append(error.reason).append(error.text) + '\n';
  }
  const Line& line = decoder.line();
  out = std::to_string(decoder.line_number()) + ' ';
  return out.append(line.text).append(line.measurement) + std::to_string(line.tags.size()) + '\n';
}

void check_written(const Line& line, Dialect dialect) {
  const auto message = to_message(line, dialect, Precision::nanoseconds);
  FUZZ_REQUIRE(message);
  std::string once;
  const auto appended = append_message(once, *message, dialect);
  if (!appended) {
    // InfluxDB 1.x takes bytes in names that nobody should write.
    FUZZ_REQUIRE(dialect == Dialect::influxdb_1 && once.empty());
    return;
  }
  LineDecoder decoder({.dialect = dialect});
  decoder.reset(once);
  FUZZ_REQUIRE(decoder.next() == Step::record);
  const auto again = to_message(decoder.line(), dialect, Precision::nanoseconds);
  FUZZ_REQUIRE(again == message);
  std::string twice;
  FUZZ_REQUIRE(append_message(twice, *again, dialect));
  FUZZ_REQUIRE(twice == once);
  FUZZ_REQUIRE(decoder.next() == Step::end);
}

void check_line(const Line& line, std::string_view input, const LineOptions& options) {
  FUZZ_REQUIRE(lies_in(line.text, input) && lies_in(line.measurement, line.text));
  FUZZ_REQUIRE(!line.measurement.empty() && !line.fields.empty());
  FUZZ_REQUIRE(line.tags.size() <= tags_max && line.fields.size() <= fields_max);
  for (const Tag& tag : line.tags) {
    FUZZ_REQUIRE(lies_in(tag.key, line.text) && lies_in(tag.value, line.text));
    FUZZ_REQUIRE(!tag.key.empty() && !tag.value.empty());
  }

  std::vector<Tag> tags;
  std::vector<Field> fields;
  Line careful;
  const auto start = static_cast<std::size_t>(line.measurement.data() - line.text.data());
  LineReader reader(options, line.text, start, tags, fields);
  FUZZ_REQUIRE(reader.read(careful));
  careful.tags = tags;
  careful.fields = fields;
  FUZZ_REQUIRE(same(careful, line));
  check_written(line, options.dialect);
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

std::string walk(LineDecoder& decoder, std::string_view input, const LineOptions& options) {
  decoder.reset(input);
  const char* last = nullptr;
  std::string out;
  for (Step step; (step = decoder.next()) != Step::end;) {
    const std::string_view text = step == Step::record ? decoder.line().text : decoder.error().text;
    FUZZ_REQUIRE(last == nullptr || text.data() > last);  // it goes on, so it ends
    last = text.data();
    if (step == Step::record) {
      check_line(decoder.line(), input, options);
    } else {
      check_error(decoder.error(), input);
    }
    out += show(decoder, step);
  }
  FUZZ_REQUIRE(decoder.next() == Step::end && decoder.consumed() == input.size());
  return out;
}

void check(std::string_view input, const LineOptions& options, std::size_t cut) {
  LineDecoder portable(options, Cpu::portable);
  LineDecoder best(options);
  const std::string found = walk(portable, input, options);
  FUZZ_REQUIRE(walk(best, input, options) == found);
  FUZZ_REQUIRE(best.leniencies() == portable.leniencies());
  FUZZ_REQUIRE(walk_cut_at(best, input, std::min(cut, input.size()), show) == found);
  FUZZ_REQUIRE(walk_in_pieces(portable, input, cut % 70 + 1, show) == found);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data) + 2, size - 2);
  const LineOptions options{.dialect = (data[0] & 1) == 0 ? Dialect::line_protocol_v2 : Dialect::influxdb_1,
                            .lenient = (data[0] & 2) != 0};
  const std::size_t cut = (static_cast<std::size_t>(data[0]) >> 2 << 8) + data[1];
  check(input, options, cut);
  // Only lines with something behind them go the fast way.
  check(std::string(input) + "\nm,a=b v=1 5\n", options, cut);
  return 0;
}
