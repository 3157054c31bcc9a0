#pragma once
// InfluxDB line protocol in its two dialects (grammar and differences at the head of line_reader.cc).

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "codecs/cpu.h"
#include "codecs/decode.h"
#include "codecs/line.h"
#include "codecs/message.h"
#include "codecs/plain_lines.h"
#include "codecs/timestamp.h"

namespace codecs {

/// Walks a body of many lines (see codecs/decode.h). A bad line is reported, and the walk goes on at the next line:
/// after the raw newlines of its strings, but for a quote that nothing closes at the first newline after it. Blank
/// lines and comments are passed over. Allocates only while its tag and field arrays grow; reuse one decoder for many
/// bodies. Not thread-safe.
class LineDecoder {
 public:
  explicit LineDecoder(LineOptions options = {}, Cpu cpu = best_cpu());
  LineDecoder(const LineDecoder&) = delete;
  LineDecoder& operator=(const LineDecoder&) = delete;

  void reset();
  /// The whole body in one go: `reset(); feed(body, true)`.
  void reset(std::string_view body);
  /// `input` must outlive the walk over it.
  void feed(std::string_view input, bool last);
  Step next();
  /// After Step::record; valid until the next call of `next`.
  const Line& line() const { return record_; }
  /// The number in the body, counted from 1, of the line at which that record starts.
  std::size_t line_number() const { return record_number_; }
  /// After Step::error.
  const DecodeError& error() const { return error_; }
  /// After Step::end: bytes of the input that are done with.
  std::size_t consumed() const { return position_; }
  /// Since `reset`, in good lines.
  const Leniencies& leniencies() const { return leniencies_; }

 private:
  bool skip_to_point(std::size_t& point);
  Step next_with_care();
  Step refuse(std::string_view reason, std::size_t where, std::size_t look_from);
  std::string_view without_line_end(std::string_view line) const;

  LineOptions options_;
  PlainLines plain_lines_;
  std::string_view input_;
  bool last_ = true;
  std::size_t position_ = 0;  ///< start of the next line
  std::size_t offset_ = 0;    ///< of the input in the body
  std::size_t number_ = 1;    ///< of the next line
  std::vector<Tag> tags_;
  std::vector<Field> fields_;
  Line record_;
  std::size_t record_number_ = 0;
  DecodeError error_;
  Leniencies leniencies_;
};

/// `raw` without the escapes of tag keys and tag values (`\,` `\ ` `\=`): `raw` itself where it has no backslash, else
/// a view of `scratch`.
std::string_view unescaped(std::string_view raw, std::string& scratch);
/// The same for a field key, which in InfluxDB 1.x has the escape `\"` too.
std::string_view unescaped_field_key(std::string_view raw, std::string& scratch, Dialect dialect);
/// The same for a measurement, where `\=` is no escape.
std::string_view unescaped_measurement(std::string_view raw, std::string& scratch);
/// The same for the text of a string field: `\"` and `\\`, and in line-protocol v2 `\n` `\r` `\t` too.
std::string_view unescaped_string(std::string_view raw, std::string& scratch, Dialect dialect);

/// The line as a message of its own. The timestamp is in `precision`, or in the one its magnitude tells. Fails where
/// it is out of the range of nanoseconds.
std::expected<Message, std::string_view> to_message(const Line& line, Dialect dialect,
                                                    std::optional<Precision> precision = std::nullopt);

/// What one line is written from. All text is plain, without escapes.
struct Point {
  std::string_view measurement;
  std::span<const Tag> tags;  ///< written in this order
  std::span<const Field> fields;
  std::optional<std::int64_t> timestamp;
};

/// Appends `point` as one line with its '\n'. Where the dialect cannot represent it, or LineDecoder refuses it as too
/// large, appends nothing and says why in a static text.
std::expected<void, std::string_view> append_line(std::string& out, const Point& point, Dialect dialect);
/// The same for a message; its time is written in `precision`, rounded down.
std::expected<void, std::string_view> append_message(std::string& out, const Message& message, Dialect dialect,
                                                     Precision precision = Precision::nanoseconds);

/// True where `text` can stand as tag key, tag value or field key: not empty, no control character,
/// valid UTF-8, no backslash at the end.
bool representable(std::string_view text);
/// A measurement does not start with '#' either: the line would be a comment.
bool representable_measurement(std::string_view text);

/// Appends `text` as a measurement, or as tag key, tag value or field key, with the escapes it needs.
/// Requires representable_measurement(text), or representable(text).
void append_measurement(std::string& out, std::string_view text);
void append_tag_text(std::string& out, std::string_view text);

/// Appends a float in its shortest form that reads back the same (1e+06, 0.1, 1). Requires a finite value.
void append_float(std::string& out, double value);
/// Appends a decoded field value as it stood: 1.5, 7i, 7u, true, "text" with its escapes.
void append_field_value(std::string& out, const FieldValue& value);

}  // namespace codecs
