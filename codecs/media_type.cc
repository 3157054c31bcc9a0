#include "codecs/media_type.h"

#include <algorithm>

namespace codecs {
namespace {

bool is_token_char(char c) {
  const bool alphanumeric = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  return alphanumeric || std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

}  // namespace

MediaType::MediaType(std::string_view text) : rest_(text) {
  skip_blanks();
  const std::string_view start = rest_;
  const std::string_view type = take_token();
  const bool slash = take('/');
  const std::string_view subtype = take_token();
  valid_ = !type.empty() && slash && !subtype.empty();
  if (valid_) type_ = start.substr(0, type.size() + 1 + subtype.size());
}

bool MediaType::next() {
  while (valid_) {
    skip_blanks();
    if (rest_.empty()) return false;
    if (!take(';')) return broken();
    skip_blanks();
    if (rest_.empty() || rest_.front() == ';') continue;  // "text/plain;" is seen in the wild, and allowed
    name_ = take_token();
    if (name_.empty() || !take('=')) return broken();
    if (take('"')) return take_string() || broken();
    value_ = take_token();
    return !value_.empty() || broken();
  }
  return false;
}

bool MediaType::take(char c) {
  if (!rest_.starts_with(c)) return false;
  rest_.remove_prefix(1);
  return true;
}

void MediaType::skip_blanks() { rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t"), rest_.size())); }

std::string_view MediaType::take_token() {
  const std::string_view token(rest_.begin(), std::ranges::find_if_not(rest_, is_token_char));
  rest_.remove_prefix(token.size());
  return token;
}

/// Takes a string whose opening quote is taken. False where nothing closes it.
bool MediaType::take_string() {
  unescaped_.clear();
  while (true) {
    const std::size_t end = rest_.find_first_of("\"\\");
    if (end == std::string_view::npos) return false;
    const std::string_view plain = rest_.substr(0, end);
    if (rest_[end] == '"') {
      value_ = unescaped_.empty() ? plain : std::string_view(unescaped_.append(plain));
      rest_.remove_prefix(end + 1);
      return true;
    }
    if (end + 1 == rest_.size()) return false;
    unescaped_.append(plain) += rest_[end + 1];
    rest_.remove_prefix(end + 2);
  }
}

bool MediaType::broken() {
  valid_ = false;
  return false;
}

}  // namespace codecs
