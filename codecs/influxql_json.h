#pragma once
// Answers of InfluxDB 1 to InfluxQL queries, as JSON (grammar at the head of influxql_json.cc).

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "codecs/decode.h"
#include "codecs/json_scan.h"
#include "codecs/json_value.h"
#include "codecs/json_walk.h"
#include "codecs/line.h"
#include "codecs/timestamp.h"

namespace codecs {

/// Columns of a series: bounds the decoder's memory.
inline constexpr std::size_t influxql_columns_max = 4096;
/// Tags of a series: those of its GROUP BY.
inline constexpr std::size_t influxql_tags_max = 256;
/// Statements of one request. A request of 1 MB has fewer.
inline constexpr std::int64_t influxql_statements_max = 1'000'000;

/// What was found. All of it is valid until the next call of `InfluxqlDecoder::next`.
struct InfluxqlRecord {
  enum class Kind {
    series,   ///< a series begins, with these tags and columns; it may have no rows
    row,      ///< one row of it
    message,  ///< what the server has to say of the statement
    end,      ///< a statement's result ends, or a part of it
  };
  Kind kind = Kind::end;
  std::int64_t statement = 0;  ///< counted from 0; a failed statement may be the last one that is answered

  // series and row
  std::string_view name;  ///< empty in the answers to some SHOW statements
  std::span<const Tag> tags;
  std::span<const std::string_view> columns;

  // series
  bool continues = false;  ///< its rows go on where an earlier part of the answer was cut

  // row
  std::span<const JsonValue> values;    ///< one a column
  std::optional<std::int64_t> time_ns;  ///< of the first column, where that is `time`

  // message
  std::string_view level;
  std::string_view text;

  // end
  bool partial = false;         ///< more of the statement's result follows, or was held back by max-row-limit
  bool series_partial = false;  ///< the last series is cut, not only the list of series
};

/// What the server refused.
struct InfluxqlFailure {
  std::optional<std::int64_t> statement;  ///< nothing: the whole request
  std::string_view text;
};

/// Walks an answer (see decode.h), of one document or, with chunked=true, of many; never holds more of it than a row. A
/// row that does not fit its columns is refused alone; after broken JSON the walk goes on with the next document that
/// starts a line. A series' name, tags and columns have to stand before its rows, as all servers write them, and the
/// first ones count; nothing else needs an order. Rows of a series of which one of these was refused are passed over.
/// Allocates only while its buffers grow. Not thread-safe.
class InfluxqlDecoder {
 public:
  /// `precision`: of integer times, as `epoch` asked for them; without it, they tell it by their magnitude.
  explicit InfluxqlDecoder(std::optional<Precision> precision = std::nullopt) : precision_(precision) {}
  InfluxqlDecoder(const InfluxqlDecoder&) = delete;
  InfluxqlDecoder& operator=(const InfluxqlDecoder&) = delete;

  void reset();
  /// `input` must outlive the walk over it.
  void feed(std::string_view input, bool last);
  Step next();
  std::size_t consumed() const { return walk_.consumed(); }

  const InfluxqlRecord& record() const { return record_; }
  const DecodeError& error() const { return walk_.error(); }
  /// Null where the last error is not the server's.
  const InfluxqlFailure* failure() const { return failed_ ? &failure_ : nullptr; }

 private:
  enum class Place { documents, document, results, result, series_list, series, rows, messages, lost, done };
  enum class Outcome { go_on, incomplete, record, error };
  using Next = JsonWalk::Next;
  /// A member of a series that is kept while its rows come, in several pieces of the body. Views point into both.
  struct Kept {
    std::string raw;
    JsonScan scan;
  };

  Outcome step();
  Outcome next_document();
  Outcome document_member();
  Outcome next_result();
  Outcome result_member();
  Outcome next_series();
  Outcome series_member();
  Outcome next_row();
  Outcome next_message();

  Outcome leave(Next next, Place outer);
  Outcome enter(Place inner);
  Outcome skip_value();
  Outcome skip_null(std::string_view reason);
  Outcome refuse(Next next, std::size_t value);
  Outcome told(Next refused);
  Outcome give_up(Place place);
  Outcome take_statement();
  Outcome take_flag(bool& flag);
  Outcome take_failure(std::optional<std::int64_t> statement);
  Outcome take_part(Kept& kept, bool (InfluxqlDecoder::*read)());
  Outcome end_result();
  Outcome end_series();
  Outcome announce_series(Place inner);
  bool read_message();
  bool read_name();
  bool read_tags();
  bool read_columns();
  bool read_row();
  bool read_time();

  std::optional<Precision> precision_;
  JsonWalk walk_;
  Place place_ = Place::documents;

  // The current document.
  bool answers_ = false;  ///< one of its members is an answer
  bool foreign_ = false;  ///< one of them is not

  // The current result.
  std::int64_t next_statement_ = 0;  ///< of a result that does not say its number
  std::int64_t statement_ = 0;
  bool partial_ = false;
  bool series_partial_ = false;

  // The current series.
  bool announced_ = false;
  bool refused_ = false;  ///< nobody knows what its rows belong to
  Kept name_part_;
  Kept tags_part_;
  Kept columns_part_;
  std::string_view name_;
  std::vector<Tag> tags_;
  std::vector<std::string_view> columns_;

  // The series that was cut last, as its JSON: one that is the same goes on.
  bool cut_ = false;
  std::int64_t cut_statement_ = 0;
  std::string cut_name_;
  std::string cut_tags_;

  std::vector<JsonValue> values_;
  InfluxqlRecord record_;
  InfluxqlFailure failure_;
  bool failed_ = false;
  bool started_ = false;  ///< a document has been found
};

}  // namespace codecs
