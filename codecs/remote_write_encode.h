#pragma once
// Writes remote_write requests (schemas at the head of remote_write.h): for tests, and to load receivers. What comes
// out is plain protobuf; snappy_compress makes it what goes on the wire.

#include <cstdint>
#include <expected>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "codecs/message.h"
#include "codecs/remote_write.h"

namespace codecs::remote_write {

/// Collects series and gives the request that holds them. What it takes, Decoder hands out again: labels sorted by
/// name, as the specifications want. Refused is, with a static text that says why, what the version cannot carry and
/// what Decoder would call bad; the other series stay. Not thread-safe.
class Encoder {
 public:
  explicit Encoder(Version version);

  /// The metric's name is the label __name__; `series.name`, `offset` and `empty_labels` are not looked at.
  std::expected<void, std::string_view> add(const Series& series);
  /// v1 only: in v2 metadata belongs to a series.
  std::expected<void, std::string_view> add_metadata(const Metadata& metadata);
  /// One sample: name, tags and time of the message (whole milliseconds), and its field `value`: a float, or an integer
  /// that a float holds exactly. A bool field `stale` that is true beside it makes it the stale marker. Anything else
  /// is refused: no other value has a place in a series.
  std::expected<void, std::string_view> add(const Message& message);

  /// The request of all that was added; the next one starts empty.
  std::string take();

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };

  std::string_view problem(const Series& series);
  void write_v1(const Series& series);
  void write_v2(const Series& series);
  std::uint32_t symbol(std::string_view text);
  const std::vector<std::uint32_t>& refs(std::span<const Label> labels);

  Version version_;
  std::string symbols_;  ///< encoded fields, as they go out
  std::string fields_;
  std::unordered_map<std::string, std::uint32_t, Hash, std::equal_to<>> symbol_refs_;
  std::vector<Label> labels_;  ///< of the series at hand, sorted
  std::vector<std::uint32_t> refs_;
};

}  // namespace codecs::remote_write
