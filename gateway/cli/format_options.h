#pragma once
// The options that `decode` and `encode` share: which format, in which dialect and precision, packed how.

#include <expected>
#include <string>
#include <string_view>

#include "gateway/cli/arguments.h"
#include "gateway/cli/formats/format.h"

namespace gw::cli {

enum class Compression { automatic, none, gzip, snappy };

struct FormatChoice {
  const Format* format = nullptr;
  FormatOptions options;
  std::string dialect;  ///< what options.dialect points at
  Compression compression = Compression::automatic;
};

inline constexpr Option format_options[] = {
    {"--format", "F"}, {"--dialect", "D"}, {"--precision", "P"}, {"--compression", "C"}, {"--help", ""}};

/// The error is the whole text for the user.
std::expected<void, std::string> read_format_choice(const Options& options, FormatChoice& choice);

/// The part of --help that lists the formats; those that can be written only with `encoders_only`.
std::string help_of_formats(bool encoders_only);

/// The most bytes of a body, packed or not. What a tool holds in memory; far above what any server answers.
inline constexpr std::size_t body_bytes_max = std::size_t{1} << 30;

struct Unpacked {
  std::string body;
  std::string_view not_snappy;  ///< why it is no snappy block, where the format comes in one; empty where it was one
};

/// `body` without its compression. `automatic`: gzip by its first bytes; snappy for the formats that come in it, as it
/// is where that fails.
std::expected<Unpacked, std::string> unpack(std::string body, const FormatChoice& choice);
/// The inverse; `automatic` packs the formats that come in snappy.
std::string pack(std::string body, const FormatChoice& choice);

}  // namespace gw::cli
