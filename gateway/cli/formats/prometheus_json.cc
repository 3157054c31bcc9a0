#include "codecs/prometheus_json.h"

#include <string>
#include <utility>

#include "codecs/native_histogram.h"
#include "gateway/cli/formats/format.h"

namespace gw::cli {
namespace {

using codecs::Message;
using codecs::QuerySample;

void add_fields(Message& message, const QuerySample& sample) {
  switch (sample.kind) {
    case QuerySample::Kind::number:
      message.fields.push_back({"value", sample.value});
      break;
    case QuerySample::Kind::text:
      message.fields.push_back({"string", std::string(sample.value_text)});
      break;
    case QuerySample::Kind::histogram:
      message.fields.push_back({"count", sample.histogram.count});
      message.fields.push_back({"sum", sample.histogram.sum});
      for (const codecs::Bucket& bucket : sample.histogram.buckets) {
        std::string name;
        codecs::append_bucket_name(name, bucket);
        message.fields.push_back({std::move(name), bucket.count});
      }
      break;
  }
}

Message message_of(const QuerySample& sample, codecs::QueryAnswer::Type type) {
  Message message;
  if (type == codecs::QueryAnswer::Type::scalar) message.name = "scalar";
  if (type == codecs::QueryAnswer::Type::string) message.name = "string";
  for (const codecs::Label& label : sample.labels) {
    if (label.name == "__name__") {
      message.name = label.value;
    } else {
      message.tags.push_back({std::string(label.name), std::string(label.value)});
    }
  }
  add_fields(message, sample);
  message.time_ns = codecs::to_nanoseconds(sample.time_ms, codecs::Precision::milliseconds);
  return message;
}

void tell_answer(const codecs::QueryAnswer& answer, Findings& findings) {
  for (const std::string& warning : answer.warnings) findings.note("warning: " + warning);
  for (const std::string& info : answer.infos) findings.note("info: " + info);
  if (answer.notes_left_out > 0) {
    findings.note("warnings and infos left out: " + std::to_string(answer.notes_left_out));
  }
  if (answer.partial) findings.note("isPartial: not every storage node answered");
  if (answer.status == codecs::QueryAnswer::Status::error) {
    findings.problem(1, 1, "the query failed: " + answer.error_type + ": " + answer.error);
  }
}

/// With what stands there, where that is short: a line of a body that is no JSON, an odd point.
std::string reason_of(const codecs::DecodeError& error) {
  constexpr std::size_t shown_bytes_max = 60;
  std::string reason(error.reason);
  if (!error.text.empty() && error.text.size() <= shown_bytes_max) ((reason += ": '") += error.text) += "'";
  return reason;
}

}  // namespace

void decode_prometheus_json(std::string_view body, const FormatOptions& /*options*/, Findings& findings) {
  codecs::QueryDecoder decoder;
  decoder.reset();
  decoder.feed(body, true);
  std::size_t cut = 0;
  for (codecs::Step step; (step = decoder.next()) != codecs::Step::end;) {
    if (step == codecs::Step::record) {
      findings.message(message_of(decoder.sample(), decoder.answer().type));
      if (decoder.sample().labels_cut) ++cut;
    } else {
      const codecs::DecodeError& error = decoder.error();
      findings.problem(error.line, error.column, reason_of(error));
    }
  }
  if (cut > 0) {
    findings.note("of " + std::to_string(cut) + " samples only the first " + std::to_string(codecs::query_labels_max) +
                  " labels are shown");
  }
  tell_answer(decoder.answer(), findings);
}

}  // namespace gw::cli
