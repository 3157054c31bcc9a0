#pragma once
// Answers of InfluxDB 3 to SQL and InfluxQL queries, as JSON or JSON lines (grammar at the head of influxdb3_json.cc).

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "codecs/decode.h"
#include "codecs/json_value.h"
#include "codecs/json_walk.h"

namespace codecs {

/// Columns of a row: bounds the decoder's memory. InfluxDB 3 Core allows 500 in a table.
inline constexpr std::size_t influxdb3_columns_max = 4096;

struct Influxdb3Field {
  std::string_view name;
  JsonValue value;
};

/// One row; all of it is valid until the next call of `Influxdb3Decoder::next`.
struct Influxdb3Row {
  std::optional<std::string_view> measurement;  ///< the column iox::measurement, which InfluxQL adds
  std::optional<std::int64_t> time_ns;          ///< the column time, where it holds one
  /// The other columns, in the order of the body; those that are null are missing. Nothing tells tags from fields.
  std::span<const Influxdb3Field> fields;
};

/// Walks an answer row by row (see decode.h), so that an array needs no limit: it is never held as a whole. A row that
/// is not what it should be is refused alone; after broken JSON, lines go on with the next one, an array is given up.
/// Allocates only while its buffers grow. Not thread-safe.
class Influxdb3Decoder {
 public:
  Influxdb3Decoder() = default;
  Influxdb3Decoder(const Influxdb3Decoder&) = delete;
  Influxdb3Decoder& operator=(const Influxdb3Decoder&) = delete;

  void reset();
  /// `input` must outlive the walk over it.
  void feed(std::string_view input, bool last);
  Step next();
  std::size_t consumed() const { return walk_.consumed(); }

  const Influxdb3Row& row() const { return row_; }
  const DecodeError& error() const { return walk_.error(); }
  /// What the server refused, where the last error is the server's.
  std::optional<std::string_view> failure() const { return failure_; }

 private:
  enum class Place { start, array, after_array, lines, lost_line, done };
  enum class Outcome { go_on, incomplete, record, error };

  Outcome step();
  Outcome begin();
  Outcome next_in_array();
  Outcome next_line();
  Outcome take_row();
  Outcome settle(JsonWalk::Next next, std::size_t row);
  Outcome give_up(Place place);
  bool read_row();
  bool read_member(std::string_view key);
  bool read_time(std::string_view text);
  std::optional<std::string_view> find_failure() const;

  JsonWalk walk_;
  Place place_ = Place::start;
  bool first_ = true;  ///< no row has been found
  std::vector<Influxdb3Field> fields_;
  Influxdb3Row row_;
  std::optional<std::string_view> failure_;
};

}  // namespace codecs
