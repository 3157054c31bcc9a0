#include "gateway/sources/hostname.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>

namespace gw {
namespace {

bool all_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// host:port, [ipv6]:port, [ipv6]; a bare IPv6 address (two colons or more, no brackets) has no port.
std::string_view without_port(std::string_view text) {
  if (text.starts_with('[')) {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos) return text;
    const std::string_view rest = text.substr(close + 1);
    const bool ends_well = rest.empty() || (rest.front() == ':' && all_digits(rest.substr(1)));
    return ends_well ? text.substr(1, close - 1) : text;
  }
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || text.find(':', colon + 1) != std::string_view::npos) return text;
  return all_digits(text.substr(colon + 1)) ? text.substr(0, colon) : text;
}

}  // namespace

HostnameReader::HostnameReader(config::HostnameRule rule) : rule_(std::move(rule)) {}
HostnameReader::HostnameReader(HostnameReader&&) noexcept = default;
HostnameReader::~HostnameReader() = default;

Result<HostnameReader> HostnameReader::compile(const config::HostnameRule& rule) {
  HostnameReader reader(rule);
  if (rule.regex.empty()) return reader;
  reader.regex_ = std::make_unique<re2::RE2>(rule.regex, re2::RE2::Quiet);
  if (!reader.regex_->ok()) return invalid(fmt::format("hostname_regex '{}': {}", rule.regex, reader.regex_->error()));
  return reader;
}

std::string_view HostnameReader::read(std::string_view label, std::string& buffer) const {
  std::string_view host = rule_.strip_port ? without_port(label) : label;
  if (regex_) {
    re2::StringPiece groups[2];
    const int wanted = regex_->NumberOfCapturingGroups() > 0 ? 2 : 1;
    const re2::StringPiece text(host.data(), host.size());
    if (!regex_->Match(text, 0, text.size(), re2::RE2::UNANCHORED, groups, wanted)) return "";
    const re2::StringPiece& group = groups[wanted - 1];
    host = std::string_view(group.data(), group.size());
  }
  if (!rule_.strip_suffix.empty() && host.ends_with(rule_.strip_suffix)) host.remove_suffix(rule_.strip_suffix.size());
  if (rule_.add_suffix.empty() || host.empty()) return host;
  buffer.assign(host);
  buffer += rule_.add_suffix;
  return buffer;
}

}  // namespace gw
