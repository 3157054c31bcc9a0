#pragma once
// What a QueryDecoder finds, as text.

#include <algorithm>
#include <cmath>
#include <string>

#include "codecs/line_protocol.h"
#include "codecs/prometheus_json.h"
#include "tests/codecs/chunked.h"
#include "tests/codecs/cpus.h"

inline std::string show_query_number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  std::string out;
  codecs::append_float(out, value);
  return out;
}

inline std::string show_histogram(const codecs::QueryHistogram& histogram) {
  std::string out =
      "histogram count=" + show_query_number(histogram.count) + " sum=" + show_query_number(histogram.sum);
  for (const codecs::Bucket& bucket : histogram.buckets) {
    out += bucket.low_inclusive ? " [" : " (";
    out += show_query_number(bucket.low) + "," + show_query_number(bucket.high) + (bucket.high_inclusive ? "]" : ")");
    out += "=" + show_query_number(bucket.count);
  }
  return out;
}

/// `{label=value} value 'text' @milliseconds`
inline std::string show_sample(const codecs::QuerySample& sample) {
  using Kind = codecs::QuerySample::Kind;
  std::string out = "{";
  for (const codecs::Label& label : sample.labels) {
    if (out.size() > 1) out += ",";
    out += std::string(label.name) + "=" + std::string(label.value);
  }
  out += "} ";
  const std::string text(sample.value_text);
  if (sample.kind == Kind::number) out += show_query_number(sample.value) + " '" + text + "'";
  if (sample.kind == Kind::text) out += "text '" + text + "'";
  if (sample.kind == Kind::histogram) out += show_histogram(sample.histogram);
  return out + " @" + std::to_string(sample.time_ms) + (sample.labels_cut ? " labels_cut\n" : "\n");
}

/// A sample, or `line:column reason 'text'`.
inline std::string show_step(const codecs::QueryDecoder& decoder, codecs::Step step) {
  if (step == codecs::Step::record) return show_sample(decoder.sample());
  const codecs::DecodeError& error = decoder.error();
  std::string out = std::to_string(error.line) + ":" + std::to_string(error.column) + " " + std::string(error.reason);
  if (!error.text.empty()) out += " '" + std::string(error.text) + "'";
  return out + "\n";
}

/// `TYPE of SERIES series, SAMPLES samples`, `error TYPE: TEXT`, `incomplete`; then the notes.
inline std::string show_answer(const codecs::QueryAnswer& answer) {
  using Status = codecs::QueryAnswer::Status;
  std::string out;
  if (!answer.complete) {
    out = "incomplete";
  } else if (answer.status == Status::error) {
    out = "error '" + answer.error_type + "': '" + answer.error + "'";
  } else {
    out = "'" + answer.status_text + "' '" + answer.type_text + "'";
  }
  out += " " + std::to_string(answer.series) + " series, " + std::to_string(answer.samples) + " samples";
  if (answer.refused > 0) out += ", " + std::to_string(answer.refused) + " refused";
  out += "\n";
  if (answer.partial) out += "partial\n";
  for (const std::string& text : answer.warnings) out += "warning: " + text + "\n";
  for (const std::string& text : answer.infos) out += "info: " + text + "\n";
  if (answer.notes_left_out > 0) out += std::to_string(answer.notes_left_out) + " notes left out\n";
  return out;
}

/// All that `decoder` finds in `body`, fed in pieces of `piece` bytes.
inline std::string show_in_pieces(codecs::QueryDecoder& decoder, std::string_view body, std::size_t piece) {
  const std::string steps = walk_in_pieces(decoder, body, piece, show_step);
  return steps + show_answer(decoder.answer());
}

/// The same with the body cut once.
inline std::string show_cut_at(codecs::QueryDecoder& decoder, std::string_view body, std::size_t cut) {
  const std::string steps = walk_cut_at(decoder, body, cut, show_step);
  return steps + show_answer(decoder.answer());
}

inline std::string show_whole(codecs::QueryDecoder& decoder, std::string_view body) {
  return show_in_pieces(decoder, body, std::max<std::size_t>(body.size(), 1));
}
