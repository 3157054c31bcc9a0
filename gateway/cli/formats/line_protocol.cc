#include "codecs/line_protocol.h"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "gateway/cli/formats/format.h"

namespace gw::cli {
namespace {

codecs::Dialect dialect_of(const FormatOptions& options) {
  return options.dialect == "1.x" ? codecs::Dialect::influxdb_1 : codecs::Dialect::line_protocol_v2;
}

class Encoder : public MessageEncoder {
 public:
  explicit Encoder(const FormatOptions& options)
      : dialect_(dialect_of(options)), precision_(options.precision.value_or(codecs::Precision::nanoseconds)) {}

  std::expected<void, std::string> add(const codecs::Message& message) override {
    const auto appended = codecs::append_message(body_, message, dialect_, precision_);
    if (!appended) return std::unexpected(std::string(appended.error()));
    return {};
  }
  std::string take() override { return std::move(body_); }

 private:
  codecs::Dialect dialect_;
  codecs::Precision precision_;
  std::string body_;
};

/// It is the last word of its line.
std::size_t timestamp_column(std::string_view line) {
  const std::string_view text = line.substr(0, line.find_last_not_of(' ') + 1);
  const std::size_t word = text.rfind(' ') + 1;
  const std::size_t newline = text.rfind('\n');
  return word - (newline == std::string_view::npos ? 0 : newline + 1) + 1;
}

}  // namespace

void decode_line_protocol(std::string_view body, const FormatOptions& options, Findings& findings) {
  codecs::LineDecoder decoder({.dialect = dialect_of(options)});
  decoder.reset(body);
  for (codecs::Step step = decoder.next(); step != codecs::Step::end; step = decoder.next()) {
    if (step == codecs::Step::error) {
      const codecs::DecodeError& error = decoder.error();
      findings.problem(error.line, error.column, error.reason);
      continue;
    }
    const auto message = codecs::to_message(decoder.line(), dialect_of(options), options.precision);
    if (message)
      findings.message(*message);
    else
      findings.problem(decoder.line_number(), timestamp_column(decoder.line().text), message.error());
  }
  if (const auto left_out = decoder.leniencies().time_fields; left_out > 0)
    findings.note("fields named 'time' are left out, as InfluxDB does: " + std::to_string(left_out));
}

std::unique_ptr<MessageEncoder> encode_line_protocol(const FormatOptions& options) {
  return std::make_unique<Encoder>(options);
}

}  // namespace gw::cli
