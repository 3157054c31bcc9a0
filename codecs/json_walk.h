#pragma once
// Where a decoder of JSON is in a body that comes in pieces. It takes one step after the other: an item, a member, a
// value. A step that the input does not hold completely is taken again when more is there, so nothing depends on where
// a body is cut.

#include <cstddef>
#include <string_view>

#include "codecs/decode.h"
#include "codecs/json_scan.h"

namespace codecs {

/// Bytes of one step: a row, a series' tags, what is passed over, … InfluxDB stores strings of up to 64 KiB.
inline constexpr std::size_t json_step_bytes_max = 1 << 20;

/// Not thread-safe.
class JsonWalk {
 public:
  /// What a step has come to.
  enum class Next {
    found,
    closed,      ///< the array or object ends
    incomplete,  ///< the input does first
    shape,       ///< JSON, but not what was expected: `refuse` passes over it
    broken,      ///< no JSON: `give_up`
  };

  void reset();
  /// `input` must outlive the walk over it.
  void feed(std::string_view input, bool last);
  std::size_t consumed() const { return begin_; }
  bool last() const { return last_; }

  /// Starts a step behind the last one that was committed.
  void start();
  void commit();

  /// At the place of the step; its texts are valid until the next one starts.
  JsonScan& scan() { return scan_; }
  /// What the scanner has come to.
  Next found() const;
  Next next_item();
  Next next_member(std::string_view& key);
  /// Into the array or object that starts here.
  void enter();
  /// The first byte that is no blank; NUL at the end of the input.
  char peek() { return scan_.peek(); }
  bool at_end() const { return scan_.at() == input_.size(); }

  /// The value at `value` is not what it should be: notes the error and passes over the value. Answers `incomplete`
  /// where its end has not come yet, `broken` where it is no JSON, else `found`.
  Next refuse(std::size_t value, std::string_view reason, std::size_t where);
  Next refuse(std::size_t value) { return refuse(value, scan_.reason(), scan_.where()); }
  /// Notes the error of what has been read from `where` on.
  void tell(std::string_view reason, std::size_t where);
  /// Notes the error, of what stands here or what the scanner stumbled over, and passes over all before it.
  void give_up(std::string_view reason);
  void give_up();
  /// What is shown of an error at `where` is there, however the body is cut: without it, a step is incomplete.
  bool sees_line(std::size_t where) const;
  /// Gives up a body that does not start with JSON, and says what it is.
  void give_up_foreign();
  /// Gives up a body that ends too early.
  void give_up_truncated();
  const DecodeError& error() const { return error_; }

  /// Goes to the next line that starts with '{', for bodies of several documents. False where it has not come yet.
  bool find_next_document();
  void skip_all();

 private:
  void note(std::size_t where, std::string_view reason, std::string_view text);
  void commit_at(std::size_t at);

  std::string_view input_;
  bool last_ = false;
  JsonScan scan_;
  std::size_t begin_ = 0;       ///< all before it is done with
  bool first_at_begin_ = true;  ///< nothing of the current array or object has been found
  bool first_ = true;
  std::size_t offset_ = 0;  ///< of the input in the body
  std::size_t line_ = 1;    ///< at `begin_`
  std::size_t column_ = 1;
  DecodeError error_;
};

}  // namespace codecs
