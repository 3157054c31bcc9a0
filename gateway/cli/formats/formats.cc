#include <algorithm>
#include <string>

#include "gateway/cli/formats/format.h"

namespace gw::cli {

void decode_clustercockpit(std::string_view body, const FormatOptions& options, Findings& findings);
std::unique_ptr<MessageEncoder> encode_clustercockpit(const FormatOptions& options);
void decode_flux_csv(std::string_view body, const FormatOptions& options, Findings& findings);
void decode_influxdb3_json(std::string_view body, const FormatOptions& options, Findings& findings);
void decode_influxql_json(std::string_view body, const FormatOptions& options, Findings& findings);
void decode_line_protocol(std::string_view body, const FormatOptions& options, Findings& findings);
std::unique_ptr<MessageEncoder> encode_line_protocol(const FormatOptions& options);
void decode_openmetrics(std::string_view body, const FormatOptions& options, Findings& findings);
void decode_prometheus_json(std::string_view body, const FormatOptions& options, Findings& findings);
void decode_remote_write(std::string_view body, const FormatOptions& options, Findings& findings);
std::unique_ptr<MessageEncoder> encode_remote_write(const FormatOptions& options);
void decode_text(std::string_view body, const FormatOptions& options, Findings& findings);

namespace {

constexpr std::string_view flux_csv_names[] = {"flux", "influxdb2"};
constexpr std::string_view influxdb3_json_names[] = {"influxdb3"};
constexpr std::string_view influxql_json_names[] = {"influxql", "influxdb1"};
constexpr std::string_view line_protocol_names[] = {"influx", "lp"};
constexpr std::string_view prometheus_json_names[] = {"prometheus", "promql"};
constexpr std::string_view text_names[] = {"exposition", "prometheus_text"};
constexpr std::string_view line_protocol_dialects[] = {"v2", "1.x"};
constexpr std::string_view remote_write_dialects[] = {"v1", "v2"};

constexpr Format table[] = {
    {.name = "clustercockpit",
     .meaning = "ClusterCockpit's messages: line protocol with its fields, tags and types checked",
     .takes_precision = true,
     .decode = decode_clustercockpit,
     .encode = encode_clustercockpit},
    {.name = "flux_csv",
     .other_names = flux_csv_names,
     .meaning = "annotated CSV, what InfluxDB 2 answers to a Flux query",
     .decode = decode_flux_csv},
    {.name = "influxdb3_json",
     .other_names = influxdb3_json_names,
     .meaning = "JSON or JSON lines, what InfluxDB 3 answers to a query",
     .decode = decode_influxdb3_json},
    {.name = "influxql_json",
     .other_names = influxql_json_names,
     .meaning = "JSON, what InfluxDB 1 answers to an InfluxQL query",
     .takes_precision = true,
     .decode = decode_influxql_json},
    {.name = "line_protocol",
     .other_names = line_protocol_names,
     .meaning = "InfluxDB line protocol: line-protocol v2, as ClusterCockpit uses it, or InfluxDB 1.x",
     .dialects = line_protocol_dialects,
     .takes_precision = true,
     .decode = decode_line_protocol,
     .encode = encode_line_protocol},
    {.name = "openmetrics", .meaning = "a page of metrics in OpenMetrics 1.0", .decode = decode_openmetrics},
    {.name = "prometheus_json",
     .other_names = prometheus_json_names,
     .meaning = "what Prometheus' HTTP API answers to instant and range queries",
     .decode = decode_prometheus_json},
    {.name = "remote_write",
     .meaning = "Prometheus remote_write 1.0 and 2.0: protobuf, in a snappy block or without",
     .dialects = remote_write_dialects,
     .comes_in_snappy = true,
     .decode = decode_remote_write,
     .encode = encode_remote_write},
    {.name = "text",
     .other_names = text_names,
     .meaning = "a page of metrics in Prometheus' text format 0.0.4",
     .decode = decode_text},
};

}  // namespace

std::span<const Format> formats() { return table; }

const Format* find_format(std::string_view name) {
  std::string wanted(name);
  std::ranges::replace(wanted, '-', '_');
  const auto* const found = std::ranges::find_if(table, [&wanted](const Format& format) {
    return format.name == wanted || std::ranges::find(format.other_names, wanted) != format.other_names.end();
  });
  return found == std::end(table) ? nullptr : found;
}

}  // namespace gw::cli
