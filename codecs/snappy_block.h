#pragma once
// Snappy's block format (google/snappy, format_description.txt), which remote_write bodies come in: one block without
// checksum. Not the framed format of files and streams.
//
//   block   = varint( length of the content, < 2^32 ) *( literal | copy )

#include <cstddef>
#include <expected>
#include <memory>
#include <string>
#include <string_view>

namespace codecs {

/// What Prometheus' receiver accepts of one request, decompressed.
inline constexpr std::size_t snappy_content_bytes_max = std::size_t{32} * 1024 * 1024;

/// The most a block of so many bytes can hold: its densest element is a copy of 64 bytes told in 3 (section 2.2.2).
constexpr std::size_t snappy_content_bound(std::size_t block_bytes) { return block_bytes * 64 / 3; }

/// Decompresses blocks one after another into the same buffer, which grows to the largest content met. Not thread-safe.
class SnappyBlock {
 public:
  /// The content, valid until the next call; or why there is none, as static text. The declared length is checked
  /// against `content_bytes_max` and against what so few bytes could hold before any memory is taken.
  std::expected<std::string_view, std::string_view> decompress(
      std::string_view block, std::size_t content_bytes_max = snappy_content_bytes_max);

 private:
  std::unique_ptr<char[]> buffer_;
  std::size_t capacity_ = 0;
};

/// Requires fewer than 2^32 bytes.
std::string snappy_compress(std::string_view content);

}  // namespace codecs
