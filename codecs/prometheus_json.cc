// An answer of /api/v1/query:
//
//   answer    = { "status": "success", "data": data [, "warnings": [string]] [, "infos": [string]] [, "isPartial":
//   bool] }
//             | { "status": "error", "errorType": string, "error": string }
//   data      = { "resultType": "vector", "result": [element] } | { "resultType": "scalar", "result": point } | …
//   element   = { "metric": { name: string }, "value": point } | { "metric": …, "histogram": [time, object] }
//   point     = [time, "value"]
//
// Keys come in any order, others may stand beside them (`stats`, `trace`); of doubled ones the first counts. `time` is
// a number of seconds, a value is text: Go's shortest float, NaN, +Inf or -Inf.
//
// The whole body is parsed before the first sample is handed over: keys may come in any order, and a body that was cut
// is not used at all.

#include "codecs/prometheus_json.h"

#include <simdjson.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <new>
#include <optional>

#include "codecs/number.h"
#include "codecs/utf8.h"

namespace codecs {

namespace dom = simdjson::dom;

/// Depth of what is parsed: a native histogram's buckets stand at 8.
static constexpr std::size_t depth_max = 32;
/// Labels of one sample; node_exporter's widest has 13.
static constexpr std::size_t labels_max = 64;
/// Of warnings and infos together, as people read them; and of any one text of the answer.
static constexpr std::size_t warnings_max = 20;
static constexpr std::size_t text_bytes_max = 1024;
/// Times beyond this (the year 287396) are no times; below it milliseconds are exact in a double.
static constexpr double seconds_max = 9e12;

struct InstantDecoder::Parser {
  Parser() {
    if (json.allocate(64 << 10, depth_max) != simdjson::SUCCESS) throw std::bad_alloc();
  }
  dom::parser json;  // grows with the answers, keeps its depth
};

namespace {

using Kind = QueryError::Kind;

std::unexpected<QueryError> fail(Kind kind, std::string text) {
  return std::unexpected(QueryError{kind, std::move(text)});
}

/// At most `text_bytes_max` bytes, cut between characters.
std::string cut(std::string_view text) {
  if (text.size() <= text_bytes_max) return std::string(text);
  text = text.substr(0, text_bytes_max);
  return std::string(text.substr(0, valid_utf8_prefix(text))) + "…";
}

/// True where `body` ends inside a string, array or object.
bool is_truncated(std::string_view body) {
  std::size_t open = 0;
  bool in_string = false;
  for (std::size_t at = 0; at < body.size(); ++at) {
    const char c = body[at];
    if (c == '"') in_string = !in_string;
    if (c == '\\' && in_string) ++at;
    if (in_string) continue;
    if (c == '{' || c == '[') ++open;
    if ((c == '}' || c == ']') && open > 0) --open;
  }
  return in_string || open > 0;
}

/// What a body that is no JSON looks like to the one who has to find out why.
std::string describe_body(std::string_view body, simdjson::error_code error) {
  const std::size_t start = body.find_first_not_of(" \t\r\n");
  if (start == std::string_view::npos) return "empty body";
  body.remove_prefix(start);
  if (body.front() == '<') return "HTML instead of JSON";
  if (body.starts_with("\x1f\x8b")) return "gzip instead of JSON";
  if (body.front() != '{' && body.front() != '[') {
    const std::string_view line = body.substr(0, std::min<std::size_t>(body.find_first_of("\r\n"), 60));
    const bool printable = std::ranges::all_of(line, [](char c) { return c >= 0x20 && c < 0x7f; });
    return printable ? "text instead of JSON: '" + std::string(line) + "'" : "binary data instead of JSON";
  }
  if (error == simdjson::UTF8_ERROR) return "JSON with invalid UTF-8";
  if (is_truncated(body)) return "truncated JSON";
  return "broken JSON";
}

std::optional<double> sample_value(std::string_view text) {
  if (const auto number = parse_float(text)) return *number;
  if (text == "NaN") return std::numeric_limits<double>::quiet_NaN();
  if (text == "+Inf" || text == "Inf") return std::numeric_limits<double>::infinity();
  if (text == "-Inf") return -std::numeric_limits<double>::infinity();
  return std::nullopt;
}

/// Reads [time, second] of `pair` into `time_ms` and `second`.
bool read_pair(dom::element pair, std::int64_t& time_ms, dom::element& second) {
  dom::array array;
  double seconds = 0;
  if (pair.get(array) != simdjson::SUCCESS || array.size() != 2) return false;
  if (array.at(0).get(seconds) != simdjson::SUCCESS || std::abs(seconds) > seconds_max) return false;
  time_ms = std::llround(seconds * 1000);
  return array.at(1).get(second) == simdjson::SUCCESS;
}

/// Reads [time, "value"] into `sample`; answers what is wrong with it, or nothing.
std::string read_point(dom::element point, InstantSample& sample) {
  dom::element second;
  if (!read_pair(point, sample.time_ms, second) || second.get(sample.value_text) != simdjson::SUCCESS) {
    return "is not [time, \"value\"]";
  }
  const std::optional<double> value = sample_value(sample.value_text);
  if (!value) return "holds '" + cut(sample.value_text) + "', which is no number";
  sample.value = *value;
  return {};
}

std::string read_histogram(dom::element histogram, InstantSample& sample) {
  dom::element second;
  if (!read_pair(histogram, sample.time_ms, second) || !second.is_object()) return "is not [time, histogram]";
  sample.value = std::numeric_limits<double>::quiet_NaN();
  sample.histogram = true;
  return {};
}

std::string read_labels(dom::element metric, std::vector<Label>& labels, InstantSample& sample) {
  labels.clear();
  dom::object object;
  if (metric.get(object) != simdjson::SUCCESS) return "has a 'metric' that is no object";
  for (const dom::key_value_pair pair : object) {
    Label label{pair.key, {}};
    if (pair.value.get(label.value) != simdjson::SUCCESS)
      return "has a label '" + cut(pair.key) + "' that is no string";
    if (labels.size() == labels_max) {
      sample.labels_cut = true;
      break;
    }
    labels.push_back(label);
  }
  return {};
}

/// Reads one element of a vector; answers what is wrong with it, or nothing.
std::string read_element(dom::element element, std::vector<Label>& labels, InstantSample& sample) {
  dom::element part;
  if (!element.is_object()) return "is no object";
  if (element["metric"].get(part) != simdjson::SUCCESS) return "has no 'metric'";
  std::string problem = read_labels(part, labels, sample);
  if (!problem.empty()) return problem;
  sample.labels = labels;
  if (element["value"].get(part) == simdjson::SUCCESS) {
    problem = read_point(part, sample);
    return problem.empty() ? problem : "has a 'value' that " + problem;
  }
  if (element["histogram"].get(part) == simdjson::SUCCESS) {
    problem = read_histogram(part, sample);
    return problem.empty() ? problem : "has a 'histogram' that " + problem;
  }
  return "has neither 'value' nor 'histogram'";
}

using Take = std::function<void(const InstantSample&)>;

/// Both hand over what `result` holds and count it; they answer what is wrong with it, or nothing.
std::string take_scalar(dom::element result, InstantAnswer& answer, const Take& take) {
  InstantSample sample;
  const std::string problem = read_point(result, sample);
  if (!problem.empty()) return "'result' " + problem;
  take(sample);
  ++answer.samples;
  return {};
}

std::string take_vector(dom::element result, std::vector<Label>& labels, InstantAnswer& answer, const Take& take) {
  dom::array elements;
  if (result.get(elements) != simdjson::SUCCESS) return "'result' is no array";
  for (const dom::element element : elements) {
    InstantSample sample;
    const std::string problem = read_element(element, labels, sample);
    if (!problem.empty()) return "result[" + std::to_string(answer.samples) + "] " + problem;
    take(sample);
    ++answer.samples;
  }
  return {};
}

void collect_texts(dom::element root, std::string_view key, std::vector<std::string>& texts) {
  dom::array array;
  if (root[key].get(array) != simdjson::SUCCESS) return;
  for (const dom::element element : array) {
    std::string_view text;
    if (texts.size() < warnings_max && element.get(text) == simdjson::SUCCESS) texts.push_back(cut(text));
  }
}

std::vector<std::string> collect_warnings(dom::element root) {
  std::vector<std::string> warnings;
  bool partial = false;
  if (root["isPartial"].get(partial) == simdjson::SUCCESS && partial) {
    warnings.emplace_back("isPartial: not every storage node answered");
  }
  collect_texts(root, "warnings", warnings);
  collect_texts(root, "infos", warnings);
  return warnings;
}

std::string error_of_api(dom::element root) {
  const auto text_of = [root](std::string_view key) {
    std::string_view text;
    return root[key].get(text) == simdjson::SUCCESS ? std::string(text) : "no " + std::string(key);
  };
  return cut(text_of("errorType") + ": " + text_of("error"));
}

}  // namespace

void append_labels(std::string& out, std::span<const Label> labels) {
  char before = '{';
  for (const Label& label : labels) {
    out += before;
    out += label.name;
    out += "=\"";
    out += label.value;
    out += '"';
    before = ',';
  }
  if (labels.empty()) out += before;
  out += '}';
}

InstantDecoder::InstantDecoder() : parser_(std::make_unique<Parser>()) {}
InstantDecoder::~InstantDecoder() = default;

std::expected<InstantAnswer, QueryError> InstantDecoder::decode(std::string& body,
                                                                const std::function<void(const InstantSample&)>& take) {
  // simdjson reads whole vectors past the end; with the room for it no copy is made.
  if (body.capacity() - body.size() < simdjson::SIMDJSON_PADDING) {
    body.reserve(body.size() + simdjson::SIMDJSON_PADDING);
  }
  dom::element root;
  const simdjson::error_code error = parser_->json.parse(body.data(), body.size(), false).get(root);
  if (error == simdjson::DEPTH_ERROR) {
    return fail(Kind::wrong_shape, "nested deeper than " + std::to_string(depth_max) + " levels");
  }
  if (error != simdjson::SUCCESS) return fail(Kind::not_json, describe_body(body, error));

  if (!root.is_object()) return fail(Kind::wrong_shape, "the answer is no object");
  std::string_view status;
  if (root["status"].get(status) != simdjson::SUCCESS) return fail(Kind::wrong_shape, "no 'status'");
  if (status == "error") return fail(Kind::api_error, error_of_api(root));
  if (status != "success") return fail(Kind::wrong_shape, "'status' is '" + cut(status) + "'");

  std::string_view type;
  dom::element result;
  if (root["data"]["resultType"].get(type) != simdjson::SUCCESS) return fail(Kind::wrong_shape, "no 'resultType'");
  if (type == "matrix" || type == "string") {
    return fail(Kind::wrong_result, "the query gives a " + cut(type) + ", an instant vector or scalar is needed");
  }
  if (type != "vector" && type != "scalar") return fail(Kind::wrong_shape, "'resultType' is '" + cut(type) + "'");
  if (root["data"]["result"].get(result) != simdjson::SUCCESS) return fail(Kind::wrong_shape, "no 'result'");

  InstantAnswer answer;
  answer.warnings = collect_warnings(root);
  std::string problem =
      type == "scalar" ? take_scalar(result, answer, take) : take_vector(result, labels_, answer, take);
  if (!problem.empty()) return fail(Kind::wrong_shape, std::move(problem));
  return answer;
}

}  // namespace codecs
