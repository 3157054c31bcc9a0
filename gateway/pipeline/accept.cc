#include "gateway/pipeline/accept.h"

#include <fmt/format.h>

#include <cmath>
#include <iterator>

#include "gateway/base/limits.h"

namespace gw {
namespace {

// The store files under these names, and skips a line (with 200) where they could leave its folder. `text` is as on the
// wire: a backslash before a blank, comma or '=' only escapes it, any other is part of the name.
bool path_safe(std::string_view text) {
  if (text.find("..") != std::string_view::npos || text.find('/') != std::string_view::npos) return false;
  for (std::size_t i = text.find('\\'); i != std::string_view::npos; i = text.find('\\', i + 1)) {
    const char next = i + 1 < text.size() ? text[i + 1] : '\0';
    if (next != ' ' && next != ',' && next != '=') return false;
  }
  return true;
}

}  // namespace

struct Acceptor::Tags {
  std::string_view cluster;
  std::string_view host;
  std::string_view type;
};

std::expected<Acceptor::Tags, Reason> Acceptor::read_tags(const codecs::Line& line) {
  Tags tags;
  for (const codecs::Tag& tag : line.tags) {
    if (tag.key == "cluster") tags.cluster = tag.value;
    if (tag.key == "hostname") tags.host = tag.value;
    if (tag.key == "host" && tags.host.empty()) tags.host = tag.value;
    if (tag.key == "type") tags.type = tag.value;
  }
  if (tags.host.empty() || !path_safe(tags.host)) return std::unexpected(Reason::bad_host);
  if (!path_safe(tags.cluster)) return std::unexpected(Reason::bad_cluster);
  return tags;
}

std::expected<void, Reason> Acceptor::append_value(const codecs::Line& line) {
  for (const codecs::Field& field : line.fields) {
    if (field.key != "value") continue;
    if (std::holds_alternative<bool>(field.value) || std::holds_alternative<codecs::StringValue>(field.value))
      return std::unexpected(Reason::not_a_number);
    if (const double* value = std::get_if<double>(&field.value);
        value != nullptr && !(std::fabs(*value) <= value_magnitude_max))
      return std::unexpected(Reason::out_of_range);
    out_ += " value=";
    codecs::append_field_value(out_, field.value);
    return {};
  }
  return std::unexpected(Reason::no_value);
}

std::expected<Acceptor::Accepted, Reason> Acceptor::accept(const codecs::Line& line, WallTime now) {
  const auto tags = read_tags(line);
  if (!tags) return std::unexpected(tags.error());

  out_.assign(line.measurement);
  out_ += ",cluster=";
  if (tags->cluster.empty())
    codecs::append_tag_text(out_, cluster_);
  else
    out_ += tags->cluster;
  out_ += ",hostname=";
  const std::size_t host_at = out_.size();
  out_ += tags->host;
  const bool node = tags->type.empty() || tags->type == "node";
  if (tags->type.empty()) out_ += ",type=node";
  for (const codecs::Tag& tag : line.tags) {
    if (tag.key == "cluster" || tag.key == "hostname" || tag.key == "host") continue;
    // type=node,type-id=0 is what the specification recommends and what the store files one level too deep.
    if (node && tag.key == "type-id") continue;
    out_ += ',';
    out_ += tag.key;
    out_ += '=';
    out_ += tag.value;
  }
  if (const auto value = append_value(line); !value) return std::unexpected(value.error());

  std::int64_t seconds = unix_seconds(now);
  if (line.timestamp) seconds = codecs::to_seconds(*line.timestamp, codecs::precision_of(*line.timestamp));
  // The store would open a buffer there, and refuse every present sample of the series until it is freed.
  if (seconds > unix_seconds(now) + future_max_.count()) return std::unexpected(Reason::future);
  fmt::format_to(std::back_inserter(out_), " {}\n", seconds);
  return Accepted{out_, std::string_view(out_).substr(host_at, tags->host.size())};
}

}  // namespace gw
