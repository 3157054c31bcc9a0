#pragma once
// What a line of InfluxDB line protocol consists of; codecs/line_protocol.h reads and writes it.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <variant>

namespace codecs {

enum class Dialect {
  line_protocol_v2,  ///< github.com/influxdata/line-protocol v2 of 2022: ClusterCockpit's own
  influxdb_1,        ///< what InfluxDB 1.x takes
};

struct LineOptions {
  Dialect dialect = Dialect::line_protocol_v2;
  /// Takes, and counts, what ClusterCockpit's own components write although no dialect has it (see `Leniencies`).
  bool lenient = false;
};

/// A line with its line end: one NATS message, which a server takes up to 1 MiB unless told otherwise.
inline constexpr std::size_t line_bytes_max = std::size_t{1} << 20;
/// Tags of one line. Keys are compared with each other to find doubles, which is quadratic; real lines have under 30.
inline constexpr std::size_t tags_max = 256;
/// Fields of one line: bounds the decoder's memory. Wide Telegraf plug-ins write some hundreds.
inline constexpr std::size_t fields_max = 4096;
/// What InfluxDB 1.x can store of a series key: measurement, tags, separator and field key, as they stand on the wire.
inline constexpr std::size_t influxdb_1_key_bytes_max = 65535;
inline constexpr std::size_t influxdb_1_key_separator_bytes = 4;

/// One key=value pair. In a `Line` the text is as it stands on the wire, escapes included (see `unescaped`); elsewhere
/// it is plain.
struct Tag {
  std::string_view key;
  std::string_view value;
  friend bool operator==(const Tag&, const Tag&) = default;
};

/// The text of a string field. In a `Line` it is what stands between the quotes, escapes included (see
/// `unescaped_string`); in a `Point` it is plain.
struct StringValue {
  std::string_view text;
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

/// How often a decoder took what it had to leave out. The first two are no line protocol: a lenient one takes them.
struct Leniencies {
  std::uint64_t commas_without_tag = 0;  ///< `name, field=1`: a message without tags, written by cc-lib
  std::uint64_t empty_tag_values = 0;    ///< `name,type-id= field=1`: the tag is left out
  std::uint64_t time_fields = 0;         ///< `name time=1,field=1` in InfluxDB 1.x: it drops that field
  friend bool operator==(const Leniencies&, const Leniencies&) = default;
};

}  // namespace codecs
