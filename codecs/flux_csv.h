#pragma once
// Answers of InfluxDB 2 to Flux queries: annotated CSV (grammar at the head of flux_csv.cc).

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "codecs/csv.h"
#include "codecs/decode.h"

namespace codecs {

/// Bytes of a column's default, which stands for every empty cell: what InfluxDB stores of a string.
inline constexpr std::size_t flux_default_bytes_max = 64 << 10;

enum class FluxType { string, integer, unsigned_integer, real, boolean, time, duration, binary };

struct FluxColumn {
  std::string_view name;
  std::string_view type_name;  ///< as annotated, "dateTime:RFC3339"; empty without annotation
  FluxType type;               ///< string where the name is unknown
  bool group;                  ///< part of the series key
  std::string_view default_text;
};

struct FluxTime {
  std::int64_t ns;
  friend bool operator==(FluxTime, FluxTime) = default;
};
/// A cell; std::monostate is null. A duration and binary data (base64) are handed on as their text.
using FluxValue = std::variant<std::monostate, double, std::int64_t, std::uint64_t, bool, FluxTime, std::string_view>;

/// One row with its table. All of it is valid until the next call of `FluxDecoder::next`.
struct FluxRow {
  std::span<const FluxColumn> columns;
  std::span<const FluxValue> values;  ///< one a column
  std::string_view result;            ///< the yield it belongs to; empty without such a column
  std::optional<std::int64_t> table;
  bool starts_table = false;  ///< nothing of what was said of the rows before holds for it
};

/// What the server says of a query that failed on the way, after it had answered with status 200.
struct FluxFailure {
  std::string_view message;
  std::string_view reference;
};

/// Walks an answer row by row (see decode.h). A row that does not fit its columns or their types is refused alone; a
/// table whose header is bad is passed over with it. An annotation that has not one cell a column is told, and what it
/// says of the columns that it has holds.
/// Allocates only while its buffers grow. Not thread-safe.
class FluxDecoder {
 public:
  explicit FluxDecoder(Cpu cpu = best_cpu()) : csv_(cpu) {}
  FluxDecoder(const FluxDecoder&) = delete;
  FluxDecoder& operator=(const FluxDecoder&) = delete;

  void reset();
  /// `input` must outlive the walk over it.
  void feed(std::string_view input, bool last);
  Step next();
  std::size_t consumed() const { return csv_.consumed(); }

  const FluxRow& row() const { return row_; }
  const DecodeError& error() const { return error_; }
  /// Null where the last error is not the server's.
  const FluxFailure* failure() const { return failed_ ? &failure_ : nullptr; }

 private:
  /// What the next record without '#' is.
  enum class Expect {
    header,
    rows,
    skipped_rows,   ///< their header was bad
    failure,        ///< what the server says after the header of an error table
    more_failures,  ///< the same, but it has said something
  };

  /// Copies of a record's cells, without the annotation column.
  class Cells {
   public:
    void assign(std::span<const std::string_view> cells);
    void clear() { ends_.clear(); }
    std::size_t size() const { return ends_.size(); }
    /// Empty beyond the last.
    std::string_view operator[](std::size_t index) const;
    bool equal(std::span<const std::string_view> cells) const;

   private:
    std::string text_;
    std::vector<std::size_t> ends_;
  };
  /// What an empty cell of a column is, or why it is refused.
  struct Default {
    FluxValue value;
    std::string_view problem;
  };
  /// The last time or integer of a column: _start, _stop and table are the same in many rows.
  struct Seen {
    std::string_view text;
    FluxValue value;
  };

  Step read_record();
  Step read_blank();
  Step read_annotation();
  Step read_header();
  void make_columns();
  Step read_failure();
  Step read_row();
  static Default read_default(const FluxColumn& column);
  static std::string_view read_value(FluxType type, std::string_view text, Seen& seen, FluxValue& value);
  void note_table();
  Step refuse(std::string_view cell, std::string_view reason);
  Step tell_wordless_failure(const DecodeError& header);

  CsvDecoder csv_;
  bool last_ = false;
  Expect expect_ = Expect::header;
  bool annotated_ = false;       ///< the current table is
  bool in_annotations_ = false;  ///< whose header has not come yet
  bool after_blank_ = false;
  Cells names_;
  Cells types_;
  Cells groups_;
  Cells defaults_;
  std::vector<FluxColumn> columns_;
  std::vector<Default> default_values_;
  std::vector<FluxValue> values_;
  std::vector<Seen> seen_;
  std::size_t result_column_ = 0;  ///< columns_.size() where there is none
  std::size_t table_column_ = 0;
  std::string result_;
  std::optional<std::int64_t> table_;
  bool starts_table_ = true;
  FluxRow row_;
  DecodeError error_;
  DecodeError failure_header_;
  FluxFailure failure_;
  bool failed_ = false;
};

}  // namespace codecs
