// Any bytes: bounded samples, the same in both variants, twice and however they are cut; whole bodies are accepted
// where simdjson accepts them, and give the samples that it shows.

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "codecs/prometheus_instant.h"
#include "codecs/prometheus_json.h"
#include "codecs/seconds.h"
#include "tests/fuzz/query_oracle.h"
#include "tests/fuzz/require.h"

using namespace codecs;

namespace {

/// Everything that a walk gave, as one text, and what the oracle is compared with.
struct Outcome {
  std::string text;
  std::vector<OracleSample> samples;
  std::vector<std::int64_t> times;
  std::string_view last_reason;
};

void add(Outcome& outcome, const QuerySample& sample) {
  FUZZ_REQUIRE(sample.labels.size() <= query_labels_max);
  FUZZ_REQUIRE(sample.histogram.buckets.size() <= query_buckets_max);
  FUZZ_REQUIRE(sample.time_ms >= -milliseconds_max && sample.time_ms <= milliseconds_max);
  OracleSample same;
  for (const Label& label : sample.labels) {
    ((same.labels += label.name) += '\0') += label.value;
    same.labels += '\0';
  }
  same.text = sample.value_text;
  same.histogram = sample.kind == QuerySample::Kind::histogram;
  outcome.text += same.labels + " " + std::to_string(sample.time_ms) + " " + same.text + " ";
  outcome.text += std::to_string(sample.value) + (sample.labels_cut ? " cut " : " ");
  outcome.text += std::to_string(static_cast<int>(sample.kind));
  if (same.histogram) {
    outcome.text += std::to_string(sample.histogram.count) + std::to_string(sample.histogram.sum);
    for (const Bucket& bucket : sample.histogram.buckets) {
      outcome.text += std::to_string(bucket.low) + std::to_string(bucket.high) + std::to_string(bucket.count) +
                      std::to_string(bucket.low_inclusive) + std::to_string(bucket.high_inclusive);
    }
  }
  outcome.text += "\n";
  outcome.samples.push_back(std::move(same));
  outcome.times.push_back(sample.time_ms);
}

void add(Outcome& outcome, const DecodeError& error) {
  FUZZ_REQUIRE(!error.reason.empty() && error.line >= 1 && error.column >= 1);
  outcome.text += std::to_string(error.line) + ":" + std::to_string(error.column) + "+" + std::to_string(error.offset);
  outcome.text += std::string(" ") + std::string(error.reason) + " '" + std::string(error.text) + "'\n";
  outcome.last_reason = error.reason;
}

void add(Outcome& outcome, const QueryAnswer& answer) {
  outcome.text += answer.status_text + " " + answer.type_text + " " + answer.error_type + " " + answer.error;
  for (const auto* const notes : {&answer.warnings, &answer.infos}) {
    FUZZ_REQUIRE(notes->size() <= query_notes_max);
    for (const std::string& note : *notes) {
      FUZZ_REQUIRE(note.size() <= query_text_bytes_max + 3);
      outcome.text += " " + note;
    }
  }
  for (const std::size_t number :
       {answer.notes_left_out, std::size_t{answer.partial}, answer.series, answer.samples, answer.refused}) {
    outcome.text += " " + std::to_string(number);
  }
  outcome.text += answer.complete ? " complete" : " incomplete";
  FUZZ_REQUIRE(answer.samples == outcome.samples.size());
}

Outcome walk(QueryDecoder& decoder, std::string_view body, std::size_t piece) {
  Outcome outcome;
  Chunks chunks(query_record_bytes_max);
  decoder.reset();
  for (std::size_t at = 0;; at += piece) {
    const std::string chunk(body.substr(std::min(at, body.size()), piece));  // a copy, so that its end is guarded
    const bool last = at + piece >= body.size();
    decoder.feed(chunks.add(chunk, last), last);
    for (Step step; (step = decoder.next()) != Step::end;) {
      if (step == Step::record) add(outcome, decoder.sample());
      if (step == Step::error) add(outcome, decoder.error());
    }
    FUZZ_REQUIRE(decoder.next() == Step::end);
    chunks.used(decoder.consumed());
    if (last) break;
  }
  add(outcome, decoder.answer());
  return outcome;
}

/// Where simdjson's opinion is its own: numbers out of its range (RFC 8259 has no range), and halves of surrogate
/// pairs, which version 3.0 takes in part.
bool is_disputed(simdjson::error_code error, std::string_view body) {
  if (error == simdjson::NUMBER_ERROR) return true;
  return body.find("\\ud") != std::string_view::npos || body.find("\\uD") != std::string_view::npos;
}

void compare_with_oracle(const Outcome& outcome, const QueryAnswer& answer, const std::string& body) {
  static simdjson::dom::parser parser;
  simdjson::dom::element root;
  const simdjson::error_code error = parser.parse(body).get(root);
  const bool accepted = error == simdjson::SUCCESS && (root.is_object() || root.is_array());
  if (accepted != answer.complete) {
    FUZZ_REQUIRE(is_disputed(error, body) || outcome.last_reason == "nested deeper than 32 levels");
    return;
  }
  QueryOracle oracle;
  if (!accepted || !root.is_object() || !oracle.read(root) || is_disputed(error, body) || oracle.near_limit) return;
  if (oracle.zero_bounds && body.find("-0") != std::string::npos) return;  // bounds are one digit for us
  FUZZ_REQUIRE(oracle.samples.size() == outcome.samples.size());
  for (std::size_t i = 0; i < oracle.samples.size(); ++i) {
    const OracleSample& ours = outcome.samples[i];
    const OracleSample& theirs = oracle.samples[i];
    FUZZ_REQUIRE(ours.labels == theirs.labels && ours.text == theirs.text && ours.histogram == theirs.histogram);
    // They go through a double.
    FUZZ_REQUIRE(std::fabs(static_cast<double>(outcome.times[i]) - theirs.seconds * 1000) <= 1.5);
  }
  FUZZ_REQUIRE(answer.refused == oracle.wrong || answer.refused == oracle.wrong + 1);  // one more at the end
}

void compare_with_instant(const Outcome& outcome, const QueryAnswer& answer, const std::string& body) {
  static InstantDecoder instant;
  std::size_t taken = 0;
  const auto whole = instant.decode(body, [&](const QuerySample&) { ++taken; });
  if (whole) {
    FUZZ_REQUIRE(answer.complete && answer.refused == 0 && whole->samples == answer.samples);
    FUZZ_REQUIRE(taken == outcome.samples.size());
  } else {
    FUZZ_REQUIRE(taken == 0 && !whole.error().text.empty() && whole.error().text.size() <= 4096);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static QueryDecoder portable(Cpu::portable);
  static QueryDecoder best(best_cpu());
  const std::string body(reinterpret_cast<const char*>(data), size);
  const Outcome outcome = walk(best, body, std::max<std::size_t>(size, 1));
  const QueryAnswer answer = best.answer();
  FUZZ_REQUIRE(walk(portable, body, std::max<std::size_t>(size, 1)).text == outcome.text);
  const std::size_t piece = size == 0 ? 1 : data[size / 2] % 97 + 1;
  FUZZ_REQUIRE(walk(best, body, piece).text == outcome.text);
  FUZZ_REQUIRE(walk(portable, body, size / 2 + 1).text == outcome.text);
  compare_with_oracle(outcome, answer, body);
  compare_with_instant(outcome, answer, body);

  if (answer.complete) {
    const std::size_t end = body.find_last_of("]}");
    for (const std::size_t cut : {end, end / 2, end / 3}) {
      walk(best, std::string_view(body).substr(0, cut), cut + 1);
      FUZZ_REQUIRE(!best.answer().complete);
    }
  }
  return 0;
}
