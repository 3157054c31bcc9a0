#pragma once
// Media types as the header field Content-Type carries them (RFC 9110, 8.3.1; parameters 5.6.6, strings 5.6.4):
//
//   media-type = type "/" subtype *( OWS ";" OWS [ name "=" ( token | quoted-string ) ] )
//
// with blanks around it. Type, subtype and names of parameters are the same in any case; values are not.

#include <string>
#include <string_view>

#include "codecs/ascii.h"

namespace codecs {

/// Reads one from left to right. Allocates only for a value with escapes. Not thread-safe.
class MediaType {
 public:
  /// `text` must outlive the walk.
  explicit MediaType(std::string_view text);

  /// Whether its type is `type_and_subtype`, such as "text/plain".
  bool is(std::string_view type_and_subtype) const { return same_word(type_, type_and_subtype); }
  /// Goes to the next parameter. False behind the last one, and where the text breaks the grammar.
  bool next();
  std::string_view name() const { return name_; }
  /// Without quotes and escapes. Valid until the next call of `next`.
  std::string_view value() const { return value_; }
  /// After `next` has answered false: whether all of the text is a media type.
  bool valid() const { return valid_; }

 private:
  bool take(char c);
  void skip_blanks();
  std::string_view take_token();
  bool take_string();
  bool broken();

  std::string_view rest_;
  std::string_view type_;  ///< with its subtype
  std::string_view name_;
  std::string_view value_;
  std::string unescaped_;
  bool valid_ = true;
};

}  // namespace codecs
