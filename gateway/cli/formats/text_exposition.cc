#include <charconv>
#include <string>

#include "codecs/exposition.h"
#include "gateway/cli/formats/format.h"

namespace gw::cli {
namespace {

codecs::Message message_of(const codecs::ExpositionSample& sample) {
  codecs::Message message{
      .name = std::string(sample.name), .fields = {{"value", sample.value}}, .time_ns = sample.time.nanoseconds};
  for (const codecs::Label& label : sample.labels) {
    message.tags.push_back({std::string(label.name), std::string(label.value)});
  }
  return message;
}

/// What a message has no place for.
void note_exemplar(const codecs::ExpositionExemplar* exemplar, std::size_t line, Findings& findings) {
  if (exemplar == nullptr) return;
  std::string text = "line " + std::to_string(line) + ": exemplar ";
  codecs::append_labels(text, exemplar->labels);
  char value[32];  // the shortest form of any double has 24 characters
  text.append(" ").append(value, std::to_chars(value, value + sizeof value, exemplar->value).ptr);
  if (!exemplar->time.text.empty()) text.append(" at ").append(exemplar->time.text);
  findings.note(text);
}

void decode_exposition(codecs::Exposition format, std::string_view body, Findings& findings) {
  codecs::ExpositionDecoder decoder(format);
  decoder.reset();
  decoder.feed(body, true);
  for (codecs::Step step = decoder.next(); step != codecs::Step::end; step = decoder.next()) {
    if (step == codecs::Step::error) {
      const codecs::DecodeError& error = decoder.error();
      findings.problem(error.line, error.column, error.reason);
      continue;
    }
    const codecs::ExpositionSample& sample = decoder.sample();
    // Without its time it would be taken for a sample of now.
    if (!sample.time.text.empty() && !sample.time.nanoseconds) {
      const auto time = static_cast<std::size_t>(sample.time.text.data() - body.data());
      const std::size_t line_start = body.rfind('\n', time) + 1;
      findings.problem(decoder.line_number(), time - line_start + 1,
                       "the time is out of the range of nanoseconds (1677 to 2262)");
      continue;
    }
    findings.message(message_of(sample));
    note_exemplar(sample.exemplar, decoder.line_number(), findings);
  }
}

}  // namespace

void decode_openmetrics(std::string_view body, const FormatOptions& /*options*/, Findings& findings) {
  decode_exposition(codecs::Exposition::openmetrics_1_0, body, findings);
}

void decode_text(std::string_view body, const FormatOptions& /*options*/, Findings& findings) {
  decode_exposition(codecs::Exposition::text_0_0_4, body, findings);
}

}  // namespace gw::cli
