#pragma once
#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string_view>

#include "codecs/line_protocol.h"
#include "gateway/bus/bus.h"

namespace gw::cli {

enum class TapFormat { line, json, table };
std::optional<TapFormat> tap_format_of(std::string_view name);

/// Prints messages for people and for scripts. Control characters never reach the terminal.
class TapPrinter {
 public:
  TapPrinter(TapFormat format, std::ostream& out, std::ostream& err) : format_(format), out_(out), err_(err) {}

  /// Prints the lines of a message; false once `count_max` lines in all have been printed (0 = no limit).
  bool print(const Received& received, std::uint64_t count_max);

 private:
  void print_line(std::string_view subject, const codecs::Line& line);
  void print_json(std::string_view subject, const codecs::Line& line);
  void print_row(std::string_view subject, const codecs::Line& line);

  TapFormat format_;
  std::ostream& out_;
  std::ostream& err_;
  codecs::LineDecoder decoder_{{.lenient = true}};  // what is on the bus is shown, also where it is a little wrong
  std::uint64_t printed_ = 0;
};

}  // namespace gw::cli
