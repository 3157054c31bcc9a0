#include "codecs/gzip.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <limits>
#include <new>

namespace codecs {
namespace {

/// zlib's window for a gzip member (16) of the largest size (15).
constexpr int gzip_window_bits = 16 + MAX_WBITS;
using Piece = std::array<char, 64 << 10>;

/// zlib counts in 32 bits and is not const-correct.
void give(z_stream& stream, std::string_view& input) {
  if (stream.avail_in > 0) return;
  const std::size_t size = std::min<std::size_t>(input.size(), std::numeric_limits<uInt>::max());
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(input.data()));
  stream.avail_in = static_cast<uInt>(size);
  input.remove_prefix(size);
}

class Inflater {
 public:
  Inflater() {
    if (inflateInit2(&stream_, gzip_window_bits) != Z_OK) throw std::bad_alloc();
  }
  ~Inflater() { inflateEnd(&stream_); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  /// Gives the next piece of output; false at the end of the last member. The error is a static text.
  std::expected<bool, std::string_view> next(std::string_view& input, Piece& piece, std::string_view& out) {
    if (member_ended_) {
      if (stream_.avail_in == 0 && input.empty()) return false;
      inflateReset(&stream_);
      member_ended_ = false;
    }
    give(stream_, input);
    stream_.next_out = reinterpret_cast<Bytef*>(piece.data());
    stream_.avail_out = static_cast<uInt>(piece.size());
    const int result = inflate(&stream_, Z_NO_FLUSH);
    out = std::string_view(piece.data(), piece.size() - stream_.avail_out);
    if (result == Z_MEM_ERROR) throw std::bad_alloc();
    if (result == Z_DATA_ERROR || result == Z_NEED_DICT) return std::unexpected("broken gzip");
    if (result == Z_BUF_ERROR || (out.empty() && result != Z_STREAM_END && stream_.avail_in == 0 && input.empty()))
      return std::unexpected("gzip that ends too early");
    member_ended_ = result == Z_STREAM_END;
    return true;
  }

 private:
  z_stream stream_{};
  bool member_ended_ = false;
};

}  // namespace

bool looks_like_gzip(std::string_view body) { return body.starts_with("\x1f\x8b"); }

std::expected<std::string, std::string_view> gunzip(std::string_view body, std::size_t bytes_max) {
  if (!looks_like_gzip(body)) return std::unexpected("not gzip");
  Inflater inflater;
  Piece piece;
  std::string out;
  for (;;) {
    std::string_view part;
    const auto more = inflater.next(body, piece, part);
    if (!more) return std::unexpected(more.error());
    if (!*more) return out;
    if (part.size() > bytes_max - out.size()) return std::unexpected("gzip of more bytes than are allowed");
    out += part;
  }
}

std::string gzip(std::string_view body) {
  z_stream stream{};
  constexpr int memory_level = 8;  // zlib's default
  if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, gzip_window_bits, memory_level, Z_DEFAULT_STRATEGY) !=
      Z_OK)
    throw std::bad_alloc();
  std::string out;
  Piece piece;
  int result = Z_OK;
  while (result != Z_STREAM_END) {
    give(stream, body);
    stream.next_out = reinterpret_cast<Bytef*>(piece.data());
    stream.avail_out = static_cast<uInt>(piece.size());
    result = deflate(&stream, body.empty() ? Z_FINISH : Z_NO_FLUSH);
    out.append(piece.data(), piece.size() - stream.avail_out);
  }
  deflateEnd(&stream);
  return out;
}

}  // namespace codecs
