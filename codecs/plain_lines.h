#pragma once
// The fast way through a body: reads the lines that hold nothing which needs a closer look.

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "codecs/cpu.h"
#include "codecs/line.h"

namespace codecs {

/// Reads plain lines: printable ASCII without quotes and backslashes, single blanks, in the grammar of line_reader.cc
/// with nothing wrong. Every line that it reads, LineReader reads the same; all others are left to that. Not
/// thread-safe.
class PlainLines {
 public:
  explicit PlainLines(Cpu cpu) : cpu_(cpu) {}

  /// What stands in an index belongs to another input.
  void forget() { next_ = count_ = 0; }
  /// Reads the line that starts at `position`, whose '\n' is then at `newline`. False where it is not plain. The line
  /// is valid until the next call.
  bool read(std::string_view input, std::size_t position, Dialect dialect, Line& line, std::size_t& newline);

 private:
  struct Walk;

  static bool read_time(Walk& walk, Dialect dialect, Line& line);
  bool read_tags(Walk& walk, Dialect dialect, Line& line);
  bool read_fields(Walk& walk, Dialect dialect, Line& line);
  bool find_line(std::string_view input, std::size_t position);
  void index(std::string_view input, std::size_t position);

  Cpu cpu_;
  std::vector<std::uint32_t> positions_;  ///< of line_index.h, counted from window_; the last one is a newline's
  std::size_t count_ = 0;
  std::size_t next_ = 0;  ///< the first of them that is not passed
  std::size_t window_ = 0;
  std::vector<Tag> tags_;      ///< room for those of a line, not cleared in between
  std::vector<Field> fields_;  ///< the same
};

}  // namespace codecs
