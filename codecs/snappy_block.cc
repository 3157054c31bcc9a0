#include "codecs/snappy_block.h"

#include <snappy.h>

namespace codecs {
namespace {

/// The start of the framed format (framing_format.txt, 4.1). No block starts so: its third element, read as a copy,
/// would reach back before the start.
constexpr std::string_view framed_start{"\xff\x06\x00\x00sNaPpY", 10};

}  // namespace

std::expected<std::string_view, std::string_view> SnappyBlock::decompress(std::string_view block,
                                                                          std::size_t content_bytes_max) {
  if (block.starts_with(framed_start)) return std::unexpected("snappy: framed format where a block is needed");
  std::size_t length = 0;
  if (!snappy::GetUncompressedLength(block.data(), block.size(), &length))
    return std::unexpected("snappy: no length at the start");
  if (length > snappy_content_bound(block.size()))
    return std::unexpected("snappy: declares more content than it can hold");
  if (length > content_bytes_max) return std::unexpected("snappy: declares more content than is allowed");
  if (length > capacity_) {
    capacity_ = 0;  // nothing is held where the next line throws
    buffer_ = std::make_unique_for_overwrite<char[]>(length);
    capacity_ = length;
  }
  if (!snappy::RawUncompress(block.data(), block.size(), buffer_.get()))
    return std::unexpected("snappy: the block is corrupt");
  return std::string_view(buffer_.get(), length);
}

std::string snappy_compress(std::string_view content) {
  std::string block;
  snappy::Compress(content.data(), content.size(), &block);
  return block;
}

}  // namespace codecs
