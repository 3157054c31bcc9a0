#pragma once
// The formats that `cc-gateway decode` and `cc-gateway encode` know: one row each in formats.cc, one file each beside
// it.

#include <cstddef>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "codecs/message.h"
#include "codecs/timestamp.h"

namespace gw::cli {

/// What stands behind --dialect and --precision.
struct FormatOptions {
  std::string_view dialect;  ///< one of the row's, never empty where it has any
  std::optional<codecs::Precision> precision;
};

/// Where a decoder's findings go, in the order of the body.
class Findings {
 public:
  virtual ~Findings() = default;
  virtual void message(const codecs::Message& message) = 0;
  /// Something that could not be read; in binary formats `line` is 1 and `column` the byte, counted from 1.
  virtual void problem(std::size_t line, std::size_t column, std::string_view reason) = 0;
  /// Something the sender says, beside its data, that people should read.
  virtual void note(std::string_view text) = 0;
};

/// Collects messages and gives the body that holds them.
class MessageEncoder {
 public:
  virtual ~MessageEncoder() = default;
  /// The error says why the format cannot carry `message`; the others stay.
  virtual std::expected<void, std::string> add(const codecs::Message& message) = 0;
  /// The body of all that was added.
  virtual std::string take() = 0;
};

struct Format {
  std::string_view name;
  std::span<const std::string_view> other_names = {};
  std::string_view meaning;
  std::span<const std::string_view> dialects = {};  ///< the first is the default; empty: it has none
  bool takes_precision = false;
  bool comes_in_snappy = false;  ///< bodies are snappy blocks on the wire
  void (*decode)(std::string_view body, const FormatOptions& options, Findings& findings);
  /// Null where the gateway only reads the format.
  std::unique_ptr<MessageEncoder> (*encode)(const FormatOptions& options);
};

std::span<const Format> formats();
/// `_` and `-` are the same in a name. Null where there is none.
const Format* find_format(std::string_view name);

}  // namespace gw::cli
