#include "gateway/sources/query_plan.h"

#include <fmt/format.h>

#include <cmath>
#include <iterator>
#include <map>

#include "codecs/line_protocol.h"
#include "gateway/base/limits.h"

namespace gw {
namespace {

std::string_view label_value(const codecs::QuerySample& sample, std::string_view name, std::size_t& last_at) {
  if (last_at < sample.labels.size() && sample.labels[last_at].name == name) return sample.labels[last_at].value;
  for (std::size_t i = 0; i < sample.labels.size(); ++i) {
    if (sample.labels[i].name != name) continue;
    last_at = i;
    return sample.labels[i].value;
  }
  return "";
}

std::string tag_start(std::string_view key) {
  std::string text = ",";
  codecs::append_tag_text(text, key);
  text += '=';
  return text;
}

std::string constant_tag(std::string_view key, std::string_view value) {
  std::string text = tag_start(key);
  codecs::append_tag_text(text, value);
  return text;
}

// The store files a sample under host, type and type-id, and below a type other than node under stype and stype-id.
bool tells_series(std::string_view tag, std::string_view type) {
  if (tag == "hostname" || tag == "type" || tag == "type-id") return true;
  return type != "node" && (tag == "stype" || tag == "stype-id");
}

}  // namespace

QueryPlan::QueryPlan(const config::Query& query, HostnameReader hostname)
    : scale_(query.scale), hostname_(std::move(hostname)) {}

Result<QueryPlan> QueryPlan::compile(const config::Query& query, std::string_view cluster) {
  GW_TRY(HostnameReader hostname, HostnameReader::compile(query.hostname));
  QueryPlan plan(query, std::move(hostname));

  // Tags in byte order, as every line protocol encoder of the field writes them.
  std::map<std::string, Piece> tags;
  const auto constant = [&](const std::string& key, std::string_view value) {
    tags[key] = {Piece::Kind::constant, constant_tag(key, value), "", tells_series(key, query.type), 0};
  };
  constant("cluster", cluster);
  tags["hostname"] = {Piece::Kind::hostname, tag_start("hostname"), query.hostname.label, true, 0};
  constant("type", query.type);
  if (!query.type_id.empty())
    tags["type-id"] = {Piece::Kind::required_label, tag_start("type-id"), query.type_id, true, 0};
  if (!query.unit.empty()) constant("unit", query.unit);
  for (const auto& [tag, value] : query.tags) constant(tag, value);
  for (const auto& [tag, label] : query.labels)
    tags[tag] = {Piece::Kind::optional_label, tag_start(tag), label, tells_series(tag, query.type), 0};

  std::string text;
  codecs::append_measurement(text, query.metric);
  for (auto& [key, piece] : tags) {
    if (piece.kind == Piece::Kind::constant && !piece.identity) {
      text += piece.text;
      continue;
    }
    if (!text.empty()) plan.pieces_.push_back({Piece::Kind::constant, std::exchange(text, ""), "", false, 0});
    plan.pieces_.push_back(std::move(piece));
  }
  plan.pieces_.push_back({Piece::Kind::constant, text + " value=", "", false, 0});
  return plan;
}

std::expected<QueryPlan::Mapped, Reason> QueryPlan::map(const codecs::QuerySample& sample, std::int64_t unix_seconds) {
  if (sample.labels_cut) return std::unexpected(Reason::not_representable);
  if (sample.kind == codecs::QuerySample::Kind::histogram) return std::unexpected(Reason::histogram);
  if (std::isnan(sample.value)) return std::unexpected(Reason::nan);
  if (std::isinf(sample.value)) return std::unexpected(Reason::infinite);
  const double value = sample.value * scale_;
  if (!(std::fabs(value) <= value_magnitude_max)) return std::unexpected(Reason::out_of_range);

  key_.clear();
  line_.clear();
  for (Piece& piece : pieces_) {
    if (const auto appended = append_piece(piece, sample); !appended) return std::unexpected(appended.error());
  }
  codecs::append_float(line_, value);
  fmt::format_to(std::back_inserter(line_), " {}\n", unix_seconds);
  labels_.clear();
  codecs::append_labels(labels_, sample.labels);
  return Mapped{key_, labels_, line_};
}

std::expected<void, Reason> QueryPlan::append_piece(Piece& piece, const codecs::QuerySample& sample) {
  const std::size_t begin = line_.size();
  if (piece.kind == Piece::Kind::constant) {
    line_ += piece.text;
  } else {
    std::string_view value = label_value(sample, piece.label, piece.last_at);
    if (piece.kind == Piece::Kind::hostname) value = hostname_.read(value, host_buffer_);
    if (value.empty()) {
      if (piece.kind == Piece::Kind::hostname) return std::unexpected(Reason::no_hostname);
      if (piece.kind == Piece::Kind::required_label) return std::unexpected(Reason::no_type_id);
      return {};
    }
    if (!codecs::representable(value)) return std::unexpected(Reason::not_representable);
    line_ += piece.text;
    codecs::append_tag_text(line_, value);
  }
  if (piece.identity) key_.append(line_, begin);
  return {};
}

}  // namespace gw
