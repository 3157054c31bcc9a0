#include "gateway/sinks/excerpt.h"

namespace gw {
namespace {

bool blank(char c) { return static_cast<unsigned char>(c) <= ' ' || c == 0x7f; }

}  // namespace

std::string excerpt(std::string_view text, std::size_t bytes_max) {
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  std::size_t end = text.size();
  if (end > bytes_max) {
    end = bytes_max;
    // Not in the middle of a UTF-8 character.
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  }
  std::string out(text.substr(0, end));
  for (char& c : out)
    if (blank(c)) c = ' ';
  if (end < text.size()) out += "…";
  return out;
}

}  // namespace gw
