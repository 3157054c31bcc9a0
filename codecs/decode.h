#pragma once
// What every decoder of text has in common. All of them are walked the same way, over a whole body or over its chunks:
//
//   Chunks chunks(record_bytes_max);
//   decoder.reset();
//   for each chunk:
//     decoder.feed(chunks.add(chunk, last), last);
//     for (Step step; (step = decoder.next()) != Step::end;) … decoder.record() or decoder.error() …
//     chunks.used(decoder.consumed());
//     if (chunks.full()) … no more of this body: an error of the caller's own, 413 for a request …
//
// `record_bytes_max` is the decoder's own limit: line_bytes_max, exposition_line_bytes_max, csv_record_bytes_max and so
// on. Decoders of lines (LineDecoder, ExpositionDecoder, CsvDecoder, FluxDecoder) refuse what is longer, but wait for
// its line end however far off that is: nothing but the caller's look at `full` bounds that. Decoders of JSON end the
// walk with an error at their limit.
//
// A decoder never looks at a body twice for its result: cut at any byte, a body gives what it gives as a whole.

#include <cstddef>
#include <string>
#include <string_view>

namespace codecs {

/// What `next` has found.
enum class Step {
  record,  ///< one good record; its views are valid until the next call of `next`
  error,   ///< one bad record, which is passed over; the walk goes on behind it
  end,     ///< nothing more in this input: feed the next chunk, or the body is done
};

/// Why a record was refused, and where in the body: line and column count from 1, `offset` from 0; all in bytes.
struct DecodeError {
  std::string_view text;  ///< the refused record, without its line end
  std::size_t line = 0;
  std::size_t column = 0;
  std::size_t offset = 0;
  std::string_view reason;  ///< static text, e.g. "empty tag value"
};

/// Joins what a decoder could not use yet with the next chunk. Not thread-safe.
class Chunks {
 public:
  /// A record of more than `record_bytes_max` bytes is not waited for (see `full`).
  explicit Chunks(std::size_t record_bytes_max) : record_bytes_max_(record_bytes_max) {}

  /// What to feed next: `chunk` itself where nothing was left over, else the rest with the chunk behind it; nothing
  /// while that has not doubled, so that a long record in small chunks is not looked at again for each of them. The
  /// view is valid until the next call of `add`, and no longer than `chunk`.
  std::string_view add(std::string_view chunk, bool last);
  /// Tells how many bytes of the last view are done with; keeps a copy of the others.
  void used(std::size_t bytes);
  /// True where the rest is longer than a record may be: the body is to be given up.
  bool full() const { return rest_.size() > record_bytes_max_; }

 private:
  std::size_t record_bytes_max_;
  std::string rest_;
  std::size_t looked_at_ = 0;  ///< bytes of `rest_` that a decoder has seen and could not use
  std::string_view view_;
  bool waiting_ = false;
};

}  // namespace codecs
