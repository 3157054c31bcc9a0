#pragma once
// JSON (RFC 8259) in the pieces in which it arrives, for decoders that know which members they look for.
//
// simdjson would parse whole documents, but it has no place for an integer of more than 64 bits, which is how Go writes
// a float of 1e20, reads -0 as 0, and tells no position of what it refuses.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "codecs/decode.h"

namespace codecs {

/// Depth of arrays and objects in one value that is read as a whole. What InfluxDB answers has one or two.
inline constexpr std::size_t json_depth_max = 32;
/// Bytes of such a value: a row, a series' tags, … InfluxDB stores strings of up to 64 KiB.
inline constexpr std::size_t json_value_bytes_max = 1 << 20;

/// An array or object, as it stands.
struct JsonRaw {
  std::string_view text;
  friend bool operator==(const JsonRaw&, const JsonRaw&) = default;
};
/// A value; std::monostate is null. An integer without fraction and exponent is exact where 64 bits hold it, else, and
/// for -0, it is a double.
using JsonValue = std::variant<std::monostate, bool, std::int64_t, std::uint64_t, double, std::string_view, JsonRaw>;

/// Where a value ends, or why it does not.
struct JsonSpan {
  enum class Kind { complete, incomplete, bad };
  Kind kind = Kind::complete;
  std::size_t end = 0;  ///< behind the value, or the place of what is wrong
  std::string_view reason;
};
/// Finds the end of the value that starts at `at`, by its quotes and brackets. `last`: nothing follows the text, so a
/// number ends with it.
JsonSpan find_json_end(std::string_view text, std::size_t at, bool last);

/// What is wrong with a value, and where in its text; `reason` is empty where nothing is.
struct JsonProblem {
  std::string_view reason;
  std::size_t where = 0;
  explicit operator bool() const { return !reason.empty(); }
};
/// Reads `raw`, of which find_json_end has found the end. A string without escapes is a view of `raw`, another one a
/// view of what is appended to `texts`, which must have room for it: it has less bytes than `raw`.
JsonProblem read_json_value(std::string_view raw, std::string& texts, JsonValue& value);

/// Walks the items of an array or the members of an object, of which find_json_end has found the end.
class JsonItems {
 public:
  explicit JsonItems(std::string_view raw) : raw_(raw), at_(1) {}
  /// False behind the last one, and where something is wrong.
  bool next(std::string_view& value);
  /// `key` is a string in quotes.
  bool next(std::string_view& key, std::string_view& value);
  const JsonProblem& problem() const { return problem_; }

 private:
  bool to_next(char closing);
  bool take(std::string_view& value);
  bool fail(std::string_view reason);

  std::string_view raw_;
  std::size_t at_;
  bool first_ = true;
  JsonProblem problem_;
};

/// The outer arrays and objects of a body, which need not be there as a whole. What `next_item` and `next_member` find
/// counts only after `commit`: where the value behind it is still incomplete, `start_over`, and feed more.
class JsonWalk {
 public:
  enum class Next { found, closed, incomplete, bad };

  void reset();
  void feed(std::string_view input, bool last);
  std::size_t consumed() const { return begin_; }
  bool last() const { return last_; }

  /// The next byte that is no blank; 0 at the end of the input.
  char peek();
  /// After `peek`.
  bool at_end() const { return at_ == input_.size(); }
  Next next_item();
  /// `key` is a string in quotes, as it stands.
  Next next_member(std::string_view& key);
  /// The whole value that starts here.
  Next take_value(std::string_view& raw);
  /// Goes into the array or object that starts here.
  void enter();

  void commit();
  void start_over();
  /// After Next::bad.
  void pass_over_error();
  /// Goes on at the next line that starts with '{', where there is one: for bodies of several documents. False where
  /// it has not come yet.
  bool find_next_document();
  void skip_all();

  /// After Next::bad.
  DecodeError error() const { return error_at(where_, reason_); }
  DecodeError error_at(std::size_t where, std::string_view reason) const;
  /// For a problem of a part of the input.
  DecodeError error_in(std::string_view part, const JsonProblem& problem) const;
  /// After `peek`: of what stands there.
  DecodeError unexpected(std::string_view reason);
  /// The same, where a document should start.
  DecodeError foreign();
  /// Of a body that ends too early.
  DecodeError truncated() const { return error_at(input_.size(), "truncated JSON"); }

 private:
  Next bad(std::string_view reason);
  Next take_key(std::string_view& key);

  std::string_view input_;
  bool last_ = false;
  std::size_t begin_ = 0;  ///< all before it is done with
  std::size_t at_ = 0;
  bool first_at_begin_ = true;  ///< nothing of the current array or object has been found
  bool first_ = true;
  std::size_t where_ = 0;
  std::string_view reason_;
  std::size_t offset_ = 0;  ///< of the input in the body
  std::size_t line_ = 1;    ///< at `begin_`
  std::size_t column_ = 1;
};

}  // namespace codecs
