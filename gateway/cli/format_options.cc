#include "gateway/cli/format_options.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <vector>

#include "codecs/gzip.h"
#include "codecs/snappy_block.h"
#include "gateway/base/suggest.h"

namespace gw::cli {
namespace {

/// RFC 8878, 3.1.1.
constexpr std::string_view zstd_magic = "\x28\xb5\x2f\xfd";

/// `word` as one of `known`, in an error that lists them.
std::string unknown(std::string_view what, std::string_view word, std::span<const std::string_view> known) {
  const std::string_view near = nearest(word, known);
  return fmt::format("unknown {} '{}'{}: {}", what, word, near.empty() ? "" : fmt::format(", did you mean '{}'?", near),
                     fmt::join(known, ", "));
}

std::expected<void, std::string> read_format(const Options& options, FormatChoice& choice) {
  const auto name = options.value("--format");
  if (!name) return std::unexpected("--format F is missing");
  choice.format = find_format(*name);
  if (choice.format != nullptr) return {};
  std::vector<std::string_view> names;
  for (const Format& format : formats()) names.push_back(format.name);
  // What other formats begin with is more often what was meant than what is near by letters.
  for (const std::string_view known : names) {
    if (known.starts_with(*name))
      return std::unexpected(fmt::format("unknown format '{}', did you mean '{}'?", *name, known));
  }
  return std::unexpected(unknown("format", *name, names));
}

std::expected<void, std::string> read_dialect(const Options& options, FormatChoice& choice) {
  const auto known = choice.format->dialects;
  const auto given = options.value("--dialect");
  if (given && known.empty()) return std::unexpected(fmt::format("format '{}' has no dialects", choice.format->name));
  if (given && std::ranges::find(known, *given) == known.end())
    return std::unexpected(unknown("dialect", *given, known));
  if (known.empty()) return {};
  choice.dialect = given.value_or(std::string(known.front()));
  choice.options.dialect = choice.dialect;
  return {};
}

std::expected<void, std::string> read_precision(const Options& options, FormatChoice& choice) {
  constexpr std::string_view names[] = {"s", "ms", "us", "ns"};
  constexpr codecs::Precision precisions[] = {codecs::Precision::seconds, codecs::Precision::milliseconds,
                                              codecs::Precision::microseconds, codecs::Precision::nanoseconds};
  const auto given = options.value("--precision");
  if (!given) return {};
  if (!choice.format->takes_precision)
    return std::unexpected(
        fmt::format("--precision does not fit format '{}': its times say what they are", choice.format->name));
  const auto* const found = std::ranges::find(names, *given);
  if (found == std::end(names)) return std::unexpected(unknown("precision", *given, names));
  choice.options.precision = precisions[found - names];
  return {};
}

std::expected<void, std::string> read_compression(const Options& options, FormatChoice& choice) {
  constexpr std::string_view names[] = {"none", "gzip", "snappy"};
  constexpr Compression kinds[] = {Compression::none, Compression::gzip, Compression::snappy};
  const auto given = options.value("--compression");
  if (!given) return {};
  const auto* const found = std::ranges::find(names, *given);
  if (found == std::end(names)) return std::unexpected(unknown("compression", *given, names));
  choice.compression = kinds[found - names];
  return {};
}

}  // namespace

std::expected<void, std::string> read_format_choice(const Options& options, FormatChoice& choice) {
  if (auto read = read_format(options, choice); !read) return read;
  if (auto read = read_dialect(options, choice); !read) return read;
  if (auto read = read_precision(options, choice); !read) return read;
  return read_compression(options, choice);
}

std::string help_of_formats(bool encoders_only) {
  std::string text;
  for (const Format& format : formats()) {
    if (encoders_only && format.encode == nullptr) continue;
    text += fmt::format("  {:<18}{}\n", format.name, format.meaning);
    if (!format.other_names.empty()) text += fmt::format("  {:<18}also: {}\n", "", fmt::join(format.other_names, ", "));
    if (!format.dialects.empty()) text += fmt::format("  {:<18}dialects: {}\n", "", fmt::join(format.dialects, ", "));
  }
  return text;
}

std::expected<Unpacked, std::string> unpack(std::string body, const FormatChoice& choice) {
  const bool automatic = choice.compression == Compression::automatic;
  if (choice.compression == Compression::gzip || (automatic && codecs::looks_like_gzip(body))) {
    auto plain = codecs::gunzip(body, body_bytes_max);
    if (!plain) return std::unexpected(std::string(plain.error()));
    return Unpacked{std::move(*plain), {}};
  }
  if (automatic && body.starts_with(zstd_magic)) return std::unexpected("zstd, which is not read: unpack it before");
  if (choice.compression == Compression::none || (automatic && !choice.format->comes_in_snappy)) {
    return Unpacked{std::move(body), {}};
  }
  codecs::SnappyBlock snappy;
  const auto plain = snappy.decompress(body, body_bytes_max);
  if (plain) return Unpacked{std::string(*plain), {}};
  if (automatic) return Unpacked{std::move(body), plain.error()};
  return std::unexpected(std::string(plain.error()));
}

std::string pack(std::string body, const FormatChoice& choice) {
  const bool automatic = choice.compression == Compression::automatic;
  if (choice.compression == Compression::gzip) return codecs::gzip(body);
  if (choice.compression == Compression::snappy || (automatic && choice.format->comes_in_snappy))
    return codecs::snappy_compress(body);
  return body;
}

}  // namespace gw::cli
