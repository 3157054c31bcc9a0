#include "gateway/base/redact.h"

#include <algorithm>
#include <cstddef>

namespace gw {
namespace {

/// Shorter ones stand in ordinary words too.
constexpr std::size_t secret_bytes_min = 4;
constexpr std::size_t part_bytes_min = 8;

void replace_all(std::string& text, std::string_view what) {
  constexpr std::string_view mask = "***";
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + mask.size()))
    text.replace(at, what.size(), mask);
}

}  // namespace

std::string redact(std::string text, std::string_view secret) {
  if (secret.size() >= secret_bytes_min) replace_all(text, secret);
  for (std::size_t from = 0; from <= secret.size();) {
    const std::size_t dot = std::min(secret.find('.', from), secret.size());
    const std::string_view part = secret.substr(from, dot - from);
    if (part.size() >= part_bytes_min) replace_all(text, part);
    from = dot + 1;
  }
  return text;
}

}  // namespace gw
