// content-type = type "/" subtype *( OWS ";" [ OWS name "=" ( token | quoted-string ) ] ) OWS     (RFC 9110, 5.6.6
// and 8.3)

#include <algorithm>

#include "codecs/exposition.h"

namespace codecs {
namespace {

bool is_token_char(char c) {
  const bool alphanumeric = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  return alphanumeric || std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

bool same_word(std::string_view text, std::string_view lower_case) {
  return std::ranges::equal(text, lower_case, {}, [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
}

/// Reads a content type from left to right.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  bool at_end() const { return text_.empty(); }
  bool take(char c) {
    if (!text_.starts_with(c)) return false;
    text_.remove_prefix(1);
    return true;
  }
  void skip_blanks() { text_.remove_prefix(std::min(text_.find_first_not_of(" \t"), text_.size())); }
  /// Empty where there is none.
  std::string_view take_token() {
    const auto end = std::ranges::find_if_not(text_, is_token_char);
    const std::string_view token(text_.begin(), end);
    text_.remove_prefix(token.size());
    return token;
  }
  /// A token, or a string in quotes without escapes: no value of ours needs one. Nothing where there is neither.
  std::optional<std::string_view> take_value() {
    if (!take('"')) {
      const std::string_view token = take_token();
      return token.empty() ? std::nullopt : std::optional(token);
    }
    const std::size_t end = text_.find_first_of("\"\\");
    if (end == std::string_view::npos || text_[end] == '\\') return std::nullopt;
    const std::string_view value = text_.substr(0, end);
    text_.remove_prefix(end + 1);
    return value;
  }

 private:
  std::string_view text_;
};

/// What decides; a parameter stands once.
struct Parameters {
  std::optional<std::string_view> version;
  std::optional<std::string_view> charset;
};

bool read_parameters(Reader& reader, Parameters& parameters) {
  for (reader.skip_blanks(); !reader.at_end(); reader.skip_blanks()) {
    if (!reader.take(';')) return false;
    reader.skip_blanks();
    const std::string_view name = reader.take_token();
    if (name.empty()) continue;  // "text/plain;" is seen in the wild, and RFC 9110 allows it
    if (!reader.take('=')) return false;
    const std::optional<std::string_view> value = reader.take_value();
    if (!value) return false;
    std::optional<std::string_view>* known = nullptr;
    if (same_word(name, "version")) known = &parameters.version;
    if (same_word(name, "charset")) known = &parameters.charset;
    if (known == nullptr) continue;  // such as escaping=underscores, which changes names, not how they are read
    if (known->has_value()) return false;
    *known = value;
  }
  return true;
}

}  // namespace

std::optional<Exposition> exposition_format(std::string_view content_type) {
  Reader reader(content_type);
  reader.skip_blanks();
  const std::string_view type = reader.take_token();
  if (!reader.take('/')) return std::nullopt;
  const std::string_view subtype = reader.take_token();
  Parameters parameters;
  if (!read_parameters(reader, parameters)) return std::nullopt;
  if (parameters.charset && !same_word(*parameters.charset, "utf-8") && !same_word(*parameters.charset, "us-ascii")) {
    return std::nullopt;
  }
  const auto version_is = [&](std::string_view a, std::string_view b) {
    return !parameters.version || *parameters.version == a || *parameters.version == b;
  };
  // 1.0.0 of the text format only allows names in quotes, which are read in any version.
  if (same_word(type, "text") && same_word(subtype, "plain") && version_is("0.0.4", "1.0.0")) {
    return Exposition::text_0_0_4;
  }
  if (same_word(type, "application") && same_word(subtype, "openmetrics-text") && version_is("1.0.0", "0.0.1")) {
    return Exposition::openmetrics_1_0;
  }
  return std::nullopt;
}

}  // namespace codecs
