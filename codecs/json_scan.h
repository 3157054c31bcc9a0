#pragma once
// A strict pull scanner of JSON (RFC 8259) over a part of a body. Whoever knows what to expect reads it piece by piece:
//
//   for (bool first = true; scan.next_member(first, key); first = false)
//     if (!(key == "a" ? scan.read_string(text, "'a' is no string") : scan.skip_value(depth))) break;
//   if (!scan.ok()) … scan.trouble() …
//
// Every member that finds something wrong answers false and leaves the first trouble to be asked for: the part ends
// before the value does, the text is no JSON, or it is JSON of another shape than expected. Whatever is passed over is
// validated as strictly as what is read.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace codecs {

/// Arrays and objects inside each other: bounds what a value that is passed over may cost. A bucket of a native
/// histogram stands at 9.
inline constexpr std::uint8_t json_depth_max = 32;

/// How far a value that is passed over has got: it may be larger than the part of the body that is there.
struct JsonSkip {
  enum class Want : std::uint8_t { value, first, key, comma };
  std::uint8_t base = 0;   ///< arrays and objects that are open around the value
  std::uint8_t depth = 0;  ///< and those within it too
  Want want = Want::value;
  std::uint64_t objects = 0;  ///< bit n: what is open at depth n is an object
};

/// Not thread-safe. Text that it gives is a view into the part, or, where it had escapes, into the scanner: valid until
/// the next `begin`.
class JsonScan {
 public:
  enum class Trouble : std::uint8_t {
    none,
    more,    ///< the part ends first
    broken,  ///< no JSON
    shape,   ///< JSON, but not what was expected
  };

  /// Starts at offset `at` of `part`. Allocates only where strings have escapes, in proportion to the bytes that are
  /// left.
  void begin(std::string_view part, std::size_t at);
  /// Goes to `at`, not before where it began, and forgets the trouble; texts stay valid.
  void rewind(std::size_t at);

  std::size_t at() const { return at_; }
  std::string_view between(std::size_t from, std::size_t to) const { return part_.substr(from, to - from); }
  bool ok() const { return trouble_ == Trouble::none; }
  Trouble trouble() const { return trouble_; }
  std::string_view reason() const { return reason_; }  ///< of `broken` and `shape`; static text
  std::size_t where() const { return where_; }         ///< an offset of the part

  /// The first byte that is no blank, which stays; NUL, with trouble, where the part ends.
  char peek();
  /// Takes the `[` or `{` at which an array or object starts; else its shape is wrong.
  bool open(char bracket, std::string_view reason);
  /// The key of an object's next member: the value follows. False where its `}` was taken, or with trouble.
  bool next_member(bool first, std::string_view& key);
  /// Goes to an array's next item. False where its `]` was taken, or with trouble.
  bool next_item(bool first);

  /// `reason` is what is wrong where something else stands.
  bool read_string(std::string_view& text, std::string_view reason);
  bool read_number(std::string_view& text, std::string_view reason);
  bool read_bool(bool& value, std::string_view reason);

  /// Passes over one value; `depth` arrays and objects are open around it.
  bool skip_value(std::uint8_t depth);
  /// The same in parts: where the trouble is `more`, `at` is where the next part has to begin.
  bool skip(JsonSkip& skip);

  /// What stands here is not what was expected, or what was read last does not say what it should. Both answer false;
  /// the first trouble counts.
  bool fail_shape(std::string_view reason) { return fail(Trouble::shape, reason, at_); }
  bool fail_content(std::string_view reason) { return fail(Trouble::shape, reason, last_); }

 private:
  bool fail(Trouble trouble, std::string_view reason, std::size_t where);
  bool fail_broken(std::string_view reason) { return fail(Trouble::broken, reason, at_); }
  bool fail_more() { return fail(Trouble::more, {}, part_.size()); }
  bool scan_key(std::string_view& raw, bool& escaped);
  bool scan_string(std::string_view& raw, bool& escaped);
  bool scan_escape(std::size_t& at);
  bool scan_hex(std::size_t at, std::uint32_t& unit);
  bool scan_number(std::string_view& text);
  bool scan_digits(std::size_t& at);
  bool scan_word(std::string_view word);
  bool scan_simple(char first);
  std::string_view unescape(std::string_view raw);

  std::string_view part_;
  std::size_t at_ = 0;
  std::size_t last_ = 0;  ///< where the string or number that was read last starts
  std::size_t begin_ = 0;
  Trouble trouble_ = Trouble::none;
  std::string_view reason_;
  std::size_t where_ = 0;
  std::string text_;  ///< of strings with escapes, each as far from the start as it stands from `begin_` in the part:
                      ///< views stay valid however often it is read
};

}  // namespace codecs
