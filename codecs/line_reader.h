#pragma once
// Reads one line byte by byte: what every line means, and why it is none, is decided here and only here.

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "codecs/line.h"

namespace codecs {

/// The classes of bytes that end a run, which differ by dialect.
struct LineBytes;

/// Reads one point into a `Line`, all but its text. Every member answers false at the first error, which then stands
/// in `reason` and `where`. Not thread-safe.
class LineReader {
 public:
  /// The point starts at `position` of `input`, behind the line's blanks. `tags` and `fields` are empty and take what
  /// is read.
  LineReader(const LineOptions& options, std::string_view input, std::size_t position, std::vector<Tag>& tags,
             std::vector<Field>& fields);

  bool read(Line& line);

  std::size_t position() const { return position_; }  ///< of the line's end; after an error: where to look for it
  std::size_t newlines() const { return newlines_; }  ///< passed so far, inside strings
  bool open_quote() const { return open_quote_; }     ///< the input ended within a string
  const Leniencies& leniencies() const { return leniencies_; }
  std::size_t where() const { return where_; }
  std::string_view reason() const { return reason_; }

 private:
  bool influxdb_1() const { return options_.dialect == Dialect::influxdb_1; }
  bool at_end() const { return position_ == input_.size(); }
  bool at(char c) const { return !at_end() && input_[position_] == c; }
  bool at_line_end() const;
  void skip_blanks();
  bool fail(std::string_view reason, std::size_t where);
  bool fail_here(std::string_view reason);
  bool check_utf8(std::string_view text, std::size_t start);

  bool read_tags(Line& line);
  bool read_tag();
  bool keep_tag(const Tag& tag, std::size_t start);
  bool read_fields();
  bool keep_field(const Field& field, std::size_t start);
  bool read_value(FieldValue& value);
  bool read_string(FieldValue& value);
  bool read_timestamp(Line& line);
  bool check_influxdb_1(std::size_t start, std::size_t key_bytes);
  bool take_name(std::uint8_t ends, std::string_view missing, std::string_view& name);
  bool take_key_of_pairs(std::string_view& key);
  std::string_view take_value_text();

  const LineOptions& options_;
  const LineBytes& bytes_;
  std::string_view input_;
  std::size_t position_;
  std::vector<Tag>& tags_;
  std::vector<Field>& fields_;
  std::size_t newlines_ = 0;
  bool open_quote_ = false;
  Leniencies leniencies_;
  std::size_t where_ = 0;
  std::string_view reason_;
};

/// Reads a value that is no string: all of `text`, which is not empty. Empty where it is one, else why not.
std::string_view read_plain_value(std::string_view text, Dialect dialect, FieldValue& value);
/// The same for a timestamp.
std::string_view read_timestamp(std::string_view text, Dialect dialect, std::int64_t& timestamp);

}  // namespace codecs
