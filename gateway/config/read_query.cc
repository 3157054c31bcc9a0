#include <fmt/core.h>
#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <tuple>

#include "codecs/line_protocol.h"
#include "gateway/config/tables.h"
#include "gateway/config/types.h"

namespace gw::config {
namespace {

constexpr std::size_t metric_bytes_max = 255;

/// Tags that a query must not set, and what sets them.
struct ReservedTag {
  std::string_view tag;
  std::string_view instead;
};
constexpr std::array<ReservedTag, 6> reserved_tags{{{"cluster", "'cluster' in [gateway]"},
                                                    {"hostname", "'hostname'"},
                                                    {"host", "'hostname'"},  // the store reads both into one slot
                                                    {"type", "'type'"},
                                                    {"type-id", "'type_id'"},
                                                    {"unit", "'unit'"}}};

constexpr std::string_view unrepresentable = "holds a control character, is no UTF-8 or ends with a backslash";

void read_metric(TableReader& table, std::string& into) {
  const auto metric = table.required("metric", "metric = \"cpu_load\"");
  if (!metric) return;
  into = metric->value;
  table.set_name(metric->shown);
  Reading& reading = table.reading();
  const auto refuse = [&](std::string_view why) {
    reading.error(metric->where, fmt::format("metric {} {}", in_quotes(metric->shown), why));
  };
  if (into.size() > metric_bytes_max) {
    refuse(fmt::format("is longer than {} bytes", metric_bytes_max));
  } else if (!codecs::representable_measurement(into)) {
    refuse(into.starts_with('#') ? "begins with '#': its lines would be comments" : unrepresentable);
  } else if (into.find_first_of(" ,") != std::string::npos) {
    reading.warning(metric->where, fmt::format("metric {} holds a blank or comma: the store takes it under exactly "
                                               "that name, but names like 'cpu_load' are usual",
                                               in_quotes(metric->shown)));
  }
}

/// `type` and `type_id`, and what they demand of each other.
void read_type(TableReader& table, Query& query) {
  const bool had_type = table.has("type");
  const auto type = table.choice("type", metric_types);
  if (type) query.type = *type;
  if (const auto label = table.text("type_id")) query.type_id = label->value;
  if (had_type && !type) return;  // what the id should be is not known
  Reading& reading = table.reading();
  const bool constant_id = query.tags.contains("type-id");
  if (query.type == "node") {
    if (!query.type_id.empty() || constant_id) {
      reading.error(
          table.where(constant_id ? "tags" : "type_id"),
          fmt::format("type 'node' has no type-id: remove it from {}, or say which type it is", table.title()));
    }
  } else if (!query.type_id.empty() && constant_id) {
    reading.error(table.where("type_id"),
                  fmt::format("'type_id' and tag 'type-id' stand both in {}, remove one", table.title()));
  } else if (query.type_id.empty() && !constant_id) {
    reading.error(
        table.where("type"),
        fmt::format("type '{0}' needs to know which {0} a sample is of: add type_id = \"name of the label that "
                    "says it\" to {1}",
                    query.type, table.title()));
  }
}

/// `labels` or `tags`: what a tag gets. `constant`: the text itself, not the name of a label.
void read_tags(TableReader& table, std::string_view key, bool constant, std::map<std::string, std::string>& into) {
  Reading& reading = table.reading();
  for (auto& [tag, text] : table.entries(key)) {
    const auto reserved = std::find_if(reserved_tags.begin(), reserved_tags.end(),
                                       [&tag = tag](const ReservedTag& row) { return row.tag == tag.value; });
    const bool type_id = constant && tag.value == "type-id";  // a constant id is set nowhere else
    if (reserved != reserved_tags.end() && !type_id) {
      reading.error(tag.where,
                    fmt::format("tag '{}' cannot be set in '{}': {} sets it", tag.value, key, reserved->instead));
    } else if (!codecs::representable(tag.value)) {
      reading.error(tag.where, fmt::format("tag {} in '{}' cannot be sent: it is empty, holds a control character or "
                                           "ends with a backslash",
                                           in_quotes(tag.value), key));
    } else if (text.value.empty()) {
      reading.error(text.where, fmt::format("tag {} in '{}' must not be empty", in_quotes(tag.value), key));
    } else if (constant && !codecs::representable(text.value)) {
      reading.error(text.where, fmt::format("tag {} in '{}' {}", in_quotes(tag.value), key, unrepresentable));
    } else {
      into.insert_or_assign(tag.value, text.value);
    }
  }
}

Query read_query(TableReader& table, const HostnameRule& source_rule) {
  Query query;
  query.where = table.where();
  query.hostname = source_rule;
  Reading& reading = table.reading();
  read_metric(table, query.metric);
  if (const auto text = table.required("query", "query = \"node_load1\"")) query.query = text->value;
  table.number("scale", query.scale);
  if (!std::isfinite(query.scale) || query.scale == 0) {
    reading.error(table.where("scale"), "'scale' must be a finite number other than 0");
  }
  read_tags(table, "labels", false, query.labels);
  read_tags(table, "tags", true, query.tags);
  for (const auto& [tag, label] : query.labels) {
    if (query.tags.contains(tag)) {
      reading.error(table.where("tags"),
                    fmt::format("tag {} stands both in 'labels' and in 'tags', remove one", in_quotes(tag)));
    }
  }
  read_type(table, query);
  if (const auto unit = table.text("unit")) {
    query.unit = unit->value;
    if (!query.unit.empty() && !codecs::representable(query.unit)) {
      reading.error(unit->where, fmt::format("unit {} {}", in_quotes(unit->shown), unrepresentable));
    }
  }
  read_hostname(table, query.hostname);
  table.finish();
  return query;
}

/// True where both give the same samples to the same series of the store.
bool same_series(const Query& a, const Query& b) {
  if (a.metric != b.metric) return false;  // cheap, and true of nearly all pairs of a long list
  const auto identity = [](const Query& q) {
    const auto tag = [](const std::map<std::string, std::string>& tags, const char* name) {
      const auto found = tags.find(name);
      return found == tags.end() ? std::string() : found->second;
    };
    return std::tuple(q.metric, q.type, q.type_id, q.query, tag(q.tags, "type-id"), tag(q.tags, "stype"),
                      tag(q.tags, "stype-id"), tag(q.labels, "stype"), tag(q.labels, "stype-id"));
  };
  return identity(a) == identity(b) && a.hostname == b.hostname;
}

}  // namespace

void read_hostname(TableReader& table, HostnameRule& rule) {
  Reading& reading = table.reading();
  if (const auto label = table.text("hostname")) {
    rule.label = label->value;
    if (rule.label.empty()) {
      reading.error(label->where,
                    "'hostname' must name the label that holds the host name, for example: hostname = "
                    "\"instance\"");
    }
  }
  table.flag("strip_port", rule.strip_port);
  if (const auto regex = table.text("hostname_regex")) {
    rule.regex = regex->value;
    const re2::RE2 compiled(rule.regex, re2::RE2::Quiet);
    if (!compiled.ok()) {
      // "missing ): (ab": after the colon stands a part of the expression, which is not repeated when it came by
      // ${ENV}.
      const std::string& why = compiled.error();
      reading.error(regex->where, fmt::format("'hostname_regex' is no regular expression of RE2: {}",
                                              regex->value == regex->shown ? why : why.substr(0, why.find(": "))));
    }
  }
  if (const auto suffix = table.text("strip_suffix")) rule.strip_suffix = suffix->value;
  if (const auto suffix = table.text("add_suffix")) {
    rule.add_suffix = suffix->value;
    const bool bad = suffix->value.find_first_of("/\\") != std::string::npos ||
                     suffix->value.find("..") != std::string::npos ||
                     (!suffix->value.empty() && !codecs::representable(suffix->value));
    if (bad) {
      reading.error(suffix->where, fmt::format("add_suffix {} would make host names that the store refuses: no '/', "
                                               "'\\', '..' or control character may be in it",
                                               in_quotes(suffix->shown)));
    }
  }
}

void read_queries(TableReader& source, const HostnameRule& rule, std::vector<Query>& into) {
  for (TableReader& query : source.tables("query")) into.push_back(read_query(query, rule));
  if (into.empty() && !source.has("query")) {
    source.reading().error(source.where(),
                           fmt::format("{} has no [[source.query]]: it would poll nothing", source.title()));
  }
  for (auto query = into.begin(); query != into.end(); ++query) {
    const auto first =
        std::find_if(into.begin(), query, [&](const Query& other) { return same_series(other, *query); });
    if (first == query || query->metric.empty() || query->query.empty()) continue;
    source.reading().warning(query->where, fmt::format("[[source.query]] {} asks the same as the one at line {}: every "
                                                       "sample of it will be a duplicate, remove one",
                                                       in_quotes(query->metric), first->where.line));
  }
}

}  // namespace gw::config
