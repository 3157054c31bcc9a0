#pragma once
// CSV, record by record (grammar at the head of csv.cc).

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "codecs/cpu.h"
#include "codecs/decode.h"

namespace codecs {

/// Cells of one record: bounds the decoder's memory. InfluxDB tables that are pivoted have some hundreds.
inline constexpr std::size_t csv_cells_max = 4096;
/// Bytes of one record. InfluxDB stores strings of up to 64 KiB; a quote that nothing closes is not followed further.
inline constexpr std::size_t csv_record_bytes_max = 1 << 20;

/// How far the scan of a body has come, and what it found in one record. Not for callers: csv.cc and csv_scan.inc share
/// it.
struct CsvScan {
  std::string_view input;
  bool last = false;

  // The commas, quotes and newlines that are still to be seen of the block that ends at `block_end`.
  std::uint64_t marks = 0;
  std::size_t block_end = 0;

  std::size_t begin = 0;                ///< of the record
  std::size_t end = 0;                  ///< without its line end
  std::size_t next = 0;                 ///< begin of the next record
  std::size_t newlines = 0;             ///< inside quotes
  std::vector<std::string_view> cells;  ///< the first `count` are this record's
  std::size_t count = 0;
  std::vector<std::uint32_t> doubled;  ///< the cells with doubled quotes in them

  std::size_t where = 0;   ///< of the error
  std::size_t resume = 0;  ///< the first line end from here ends the bad record
  std::string_view reason;
};

/// Walks a body record by record (see decode.h). A bad record is passed over up to its line end; a quote that nothing
/// closes spoils its own line only. A byte order mark at the start is passed over. Allocates only while its buffers
/// grow. Not thread-safe.
class CsvDecoder {
 public:
  explicit CsvDecoder(Cpu cpu = best_cpu()) : cpu_(cpu) {}
  CsvDecoder(const CsvDecoder&) = delete;
  CsvDecoder& operator=(const CsvDecoder&) = delete;

  void reset();
  /// `input` must outlive the walk over it.
  void feed(std::string_view input, bool last);
  Step next();
  std::size_t consumed() const { return scan_.begin; }

  /// The last record's cells, without quotes; at least one. Valid until the next call of `next`.
  std::span<const std::string_view> cells() const { return {scan_.cells.data(), scan_.count}; }
  /// The last record as it stands, without its line end: empty for a blank line.
  std::string_view text() const { return text_; }
  const DecodeError& error() const { return error_; }
  /// The last record as an error, for a caller who finds it wrong. It stands at `cell`, one of `cells`; at the record's
  /// start where the cell had to be copied to undo its doubled quotes.
  DecodeError refuse(std::string_view cell, std::string_view reason) const;

 private:
  bool skip_byte_order_mark();
  bool pass_over_bad_record();
  void undo_doubled_quotes();
  DecodeError error_at(std::size_t where, std::string_view reason) const;

  Cpu cpu_;
  CsvScan scan_;
  bool at_start_ = true;    ///< of the body
  std::size_t line_ = 1;    ///< of the last record
  std::size_t lines_ = 0;   ///< it takes up
  std::size_t offset_ = 0;  ///< of the input in the body
  std::size_t record_ = 0;  ///< begin of the last record in the input
  std::string_view text_;
  std::string copies_;
  DecodeError error_;
};

}  // namespace codecs
