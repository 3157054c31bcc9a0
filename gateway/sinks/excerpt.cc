#include "gateway/sinks/excerpt.h"

#include "gateway/base/printable.h"

namespace gw {
namespace {

bool blank(char c) { return static_cast<unsigned char>(c) <= ' ' || c == 0x7f; }

}  // namespace

std::string excerpt(std::string_view text, std::size_t bytes_max) {
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  std::string out(start_of(text, bytes_max));
  const bool cut = out.size() < text.size();
  for (char& c : out)
    if (blank(c)) c = ' ';
  if (cut) out += "…";
  return out;
}

}  // namespace gw
