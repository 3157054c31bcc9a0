#pragma once
// gzip, RFC 1952: bodies of HTTP requests and answers, and what people pipe into `decode`. zlib does the work.
// Pure functions; any thread.

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>

namespace codecs {

/// True where `body` begins with the two bytes of a gzip member.
bool looks_like_gzip(std::string_view body);

/// All members of `body`, decompressed. Fails with a static text where it is not gzip, is cut, has a wrong checksum, or
/// gives more than `bytes_max` bytes: no more than twice that is ever held. A body gives up to a thousand times its own
/// size: the caller's limit is what bounds it.
std::expected<std::string, std::string_view> gunzip(std::string_view body, std::size_t bytes_max);

/// `body` as one gzip member.
std::string gzip(std::string_view body);

}  // namespace codecs
