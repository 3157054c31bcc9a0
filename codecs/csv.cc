// RFC 4180, section 2, with the leniencies of Go's encoding/csv, which writes what InfluxDB answers:
//
//   body     = [ U+FEFF ] record { newline record } [ newline ] .
//   record   = cell { "," cell } .                       all of a record may be empty: a blank line
//   newline  = [ "\r" ] "\n" .
//   cell     = quoted | plain .
//   quoted   = `"` { any byte but `"` | `""` } `"` .      newlines in it are kept as they stand
//   plain    = { any byte but `"` | "," | "\n" } .        blanks belong to it
//
// Records need not have the same number of cells: what that means is the caller's to say.

#include "codecs/csv.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "codecs/block.h"

namespace codecs {
namespace {

enum class Found { record, incomplete, bad, cell };

constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

Found refuse(CsvScan& scan, std::size_t where, std::string_view reason) {
  scan.where = scan.resume = where;
  scan.reason = reason;
  return Found::bad;
}

bool add_cell(CsvScan& scan, std::size_t begin, std::size_t end) {
  if (scan.count == scan.cells.size()) {
    if (scan.count == csv_cells_max) return refuse(scan, begin, "too many cells") != Found::bad;
    scan.cells.resize(std::clamp<std::size_t>(2 * scan.count, 64, csv_cells_max));
  }
  scan.cells[scan.count++] = scan.input.substr(begin, end - begin);
  return true;
}

Found end_record(CsvScan& scan, std::size_t cell, std::size_t end) {
  const bool newline = end < scan.input.size();
  if (!newline && !scan.last) return Found::incomplete;
  scan.next = newline ? end + 1 : end;
  if (end > cell && scan.input[end - 1] == '\r') --end;
  if (!add_cell(scan, cell, end)) return Found::bad;
  scan.end = end;
  if (end - scan.begin <= csv_record_bytes_max) return Found::record;
  refuse(scan, scan.begin, "record longer than 1 MiB");
  scan.resume = std::min(end, scan.input.size());
  return Found::bad;
}

/// Finds the quote that closes the one at `quote`; npos where there is none.
std::size_t find_closing_quote(const CsvScan& scan, std::size_t quote, bool& doubled) {
  const std::string_view searched = scan.input.substr(0, scan.begin + csv_record_bytes_max);
  for (std::size_t at = quote + 1;;) {
    at = searched.find('"', at);
    if (at == std::string_view::npos || at + 1 >= scan.input.size() || scan.input[at + 1] != '"') return at;
    doubled = true;
    at += 2;
  }
}

/// Reads the cell that begins with a quote at `mark`; `mark` is then behind the comma or line end after it.
Found read_quoted_cell(CsvScan& scan, std::size_t& mark) {
  const std::size_t size = scan.input.size();
  const std::size_t quote = mark;
  bool doubled = false;
  const std::size_t closing = find_closing_quote(scan, quote, doubled);
  if (closing == std::string_view::npos) {
    const bool may_come = !scan.last && size < scan.begin + csv_record_bytes_max;
    return may_come ? Found::incomplete : refuse(scan, quote, "unclosed quote");
  }
  if (doubled) scan.doubled.push_back(static_cast<std::uint32_t>(scan.count));
  const std::size_t line_end = std::min(closing + 1, size);
  const std::string_view rest = scan.input.substr(line_end, 2);
  if (!scan.last && (rest.empty() || rest == "\r")) return Found::incomplete;
  const bool at_line_end = rest.empty() || rest.front() == '\n' || rest == "\r\n" || rest == "\r";
  if (!at_line_end && rest.front() != ',') return refuse(scan, line_end, "text after a closing quote");
  if (!add_cell(scan, quote + 1, closing)) return Found::bad;
  scan.newlines += static_cast<std::size_t>(std::ranges::count(scan.cells[scan.count - 1], '\n'));
  mark = std::min(line_end + (rest.starts_with('\r') ? 2 : 1), size);
  if (!at_line_end) return Found::cell;
  scan.end = line_end;
  scan.next = mark;
  return Found::record;
}

}  // namespace

namespace portable {
namespace {
using Block = PortableBlock;
#include "codecs/csv_scan.inc"
}  // namespace
}  // namespace portable

#if CODECS_HAS_AVX2
CODECS_AVX2_BEGIN
namespace avx2 {
namespace {
using Block = Avx2Block;
#include "codecs/csv_scan.inc"
}  // namespace
}  // namespace avx2
CODECS_AVX2_END
#endif

namespace {

Found scan_record(Cpu cpu, CsvScan& scan) {
#if CODECS_HAS_AVX2
  if (cpu == Cpu::avx2) return avx2::scan_record(scan);
#endif
  return portable::scan_record(scan);
}

}  // namespace

void CsvDecoder::reset() {
  at_start_ = true;
  line_ = 1;
  lines_ = 0;
  offset_ = 0;
  scan_.begin = scan_.next = 0;
}

void CsvDecoder::feed(std::string_view input, bool last) {
  offset_ += scan_.begin;
  scan_.input = input;
  scan_.last = last;
  scan_.begin = scan_.next = 0;
  scan_.marks = 0;
  scan_.block_end = 0;
}

/// False where the next chunk has to tell whether there is one.
bool CsvDecoder::skip_byte_order_mark() {
  if (scan_.input.starts_with(byte_order_mark)) {
    scan_.begin = byte_order_mark.size();
  } else if (!scan_.last && byte_order_mark.starts_with(scan_.input)) {
    return false;
  }
  at_start_ = false;
  return true;
}

/// False where the line end that ends it is still to come.
bool CsvDecoder::pass_over_bad_record() {
  const std::size_t newline = scan_.input.find('\n', scan_.resume);
  if (newline == std::string_view::npos && !scan_.last) return false;
  const std::size_t end = std::min(newline, scan_.input.size());
  text_ = scan_.input.substr(scan_.begin, end - scan_.begin);
  if (text_.ends_with('\r')) text_.remove_suffix(1);
  error_ = error_at(scan_.where, scan_.reason);
  lines_ = static_cast<std::size_t>(std::ranges::count(text_, '\n')) + 1;
  scan_.begin = std::min(end + 1, scan_.input.size());
  portable::skip_marks(scan_, scan_.begin);
  return true;
}

Step CsvDecoder::next() {
  if (at_start_ && !skip_byte_order_mark()) return Step::end;
  if (scan_.begin == scan_.input.size()) return Step::end;
  line_ += lines_;
  lines_ = 0;
  record_ = scan_.begin;
  scan_.count = 0;
  scan_.newlines = 0;
  scan_.doubled.clear();
  const Found found = scan_record(cpu_, scan_);
  if (found == Found::bad && pass_over_bad_record()) return Step::error;
  if (found != Found::record) {
    portable::skip_marks(scan_, scan_.input.size());  // until the next chunk comes
    return Step::end;
  }
  text_ = scan_.input.substr(scan_.begin, scan_.end - scan_.begin);
  if (!scan_.doubled.empty()) undo_doubled_quotes();
  lines_ = scan_.newlines + 1;
  scan_.begin = scan_.next;
  return Step::record;
}

void CsvDecoder::undo_doubled_quotes() {
  copies_.clear();
  copies_.reserve(text_.size());  // the views into it stay good
  for (const std::uint32_t index : scan_.doubled) {
    std::string_view& cell = scan_.cells[index];
    const std::size_t start = copies_.size();
    for (std::size_t at = 0; at < cell.size(); ++at) {
      if (cell[at] == '"') ++at;
      copies_ += cell[at];
    }
    cell = std::string_view(copies_).substr(start);
  }
}

DecodeError CsvDecoder::error_at(std::size_t where, std::string_view reason) const {
  const std::string_view before = scan_.input.substr(record_, where - record_);
  const std::size_t newline = before.rfind('\n');
  return {.text = text_,
          .line = line_ + static_cast<std::size_t>(std::ranges::count(before, '\n')),
          .column = (newline == std::string_view::npos ? before.size() : before.size() - newline - 1) + 1,
          .offset = offset_ + where,
          .reason = reason};
}

DecodeError CsvDecoder::refuse(std::string_view cell, std::string_view reason) const {
  const bool copied = cell.data() < text_.data() || cell.data() > text_.data() + text_.size();
  return error_at(copied ? record_ : record_ + static_cast<std::size_t>(cell.data() - text_.data()), reason);
}

}  // namespace codecs
