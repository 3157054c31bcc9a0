#include "codecs/line_protocol.h"

#include <memory>

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
      findings.problem(decoder.line_number(), 1, message.error());
  }
}

std::unique_ptr<MessageEncoder> encode_line_protocol(const FormatOptions& options) {
  return std::make_unique<Encoder>(options);
}

}  // namespace gw::cli
