#pragma once
// InfluxDB line protocol, dialect "line-protocol v2" (ClusterCockpit's own; grammar at the head of line_protocol.cc).

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "codecs/timestamp.h"

namespace codecs {

/// Tags of one line. Keys are compared with each other to find doubles, which is quadratic; real lines have under 30.
inline constexpr std::size_t tags_max = 256;
/// Fields of one line: bounds the decoder's memory. Wide Telegraf plug-ins write some hundreds.
inline constexpr std::size_t fields_max = 4096;

/// One key=value pair. The text is as it stands on the wire, escapes included (see `unescape`).
struct Tag {
  std::string_view key;
  std::string_view value;
  friend bool operator==(const Tag&, const Tag&) = default;
};

/// A field's value. A string is the text between the quotes, escapes included (see `unescape_string`).
struct StringValue {
  std::string_view raw;
  friend bool operator==(const StringValue&, const StringValue&) = default;
};
using FieldValue = std::variant<double, std::int64_t, std::uint64_t, bool, StringValue>;

struct Field {
  std::string_view key;
  FieldValue value;
  friend bool operator==(const Field&, const Field&) = default;
};

/// One decoded line. All views point into the decoder's input, `tags` and `fields` into the decoder:
/// valid until the next call of `LineDecoder::next`.
struct Line {
  std::string_view text;         ///< the whole line, without its line end
  std::string_view measurement;  ///< escapes included
  std::span<const Tag> tags;
  std::span<const Field> fields;          ///< never empty
  std::optional<std::int64_t> timestamp;  ///< as written; its precision is the caller's to know
};

/// Why a line was refused, and where: line and column count from 1, `offset` is a byte of the whole input.
struct LineError {
  std::string_view text;  ///< the refused line, without its line end
  std::size_t line = 0;
  std::size_t column = 0;
  std::size_t offset = 0;
  std::string_view reason;  ///< static text, e.g. "empty tag value"
};

/// Walks a body of many lines. A bad line is reported, and the walk goes on at the next line: after the raw newlines of
/// its strings, but for a quote that nothing closes at the first newline after it. Blank lines and comments are passed
/// over. Allocates only while its tag and field arrays grow; reuse one decoder for many bodies.
/// Not thread-safe.
class LineDecoder {
 public:
  /// `input` must outlive the walk.
  void reset(std::string_view input);
  /// The next line or error; nothing at the end of the input.
  std::optional<std::variant<Line, LineError>> next();

 private:
  bool skip_to_point(std::size_t& point);
  LineError refuse(std::string_view reason, std::size_t where, std::size_t look_from);

  std::string_view input_;
  std::size_t position_ = 0;  ///< start of the next line
  std::size_t line_ = 1;      ///< its number
  std::vector<Tag> tags_;
  std::vector<Field> fields_;
};

/// Appends `raw` without the escapes of tag keys, tag values and field keys (`\,` `\ ` `\=`).
void append_unescaped(std::string& out, std::string_view raw);
std::string unescape(std::string_view raw);
/// The same for a measurement, where `\=` is no escape.
std::string unescape_measurement(std::string_view raw);
/// Appends the text of a string field without its escapes (`\"` `\\` `\n` `\r` `\t`).
void append_unescaped_string(std::string& out, std::string_view raw);

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
/// Appends a field value as the dialect writes it: 1.5, 7i, 7u, true, "text" with its escapes.
void append_field_value(std::string& out, const FieldValue& value);
/// Appends plain text as a string field's value: quotes around it, escapes in it. Requires valid UTF-8.
void append_string_value(std::string& out, std::string_view text);

}  // namespace codecs
