#include <fmt/format.h>

#include <memory>

#include "codecs/cc_message.h"
#include "gateway/cli/formats/format.h"

namespace gw::cli {
namespace {

class Encoder : public MessageEncoder {
 public:
  explicit Encoder(const FormatOptions& options) : precision_(options.precision) {}

  std::expected<void, std::string> add(const codecs::Message& message) override {
    const auto appended = codecs::append_cc_message(body_, message, precision_);
    if (!appended) return std::unexpected(std::string(appended.error()));
    return {};
  }
  std::string take() override { return std::move(body_); }

 private:
  std::optional<codecs::Precision> precision_;
  std::string body_;
};

/// The line as a message of ClusterCockpit, or what is wrong with it.
std::expected<codecs::Message, std::string_view> read(const codecs::Line& line, const codecs::CcTags& tags,
                                                      std::optional<codecs::Precision> precision) {
  if (const auto category = codecs::classify(line, tags); !category) return std::unexpected(category.error());
  auto message = codecs::to_message(line, codecs::Dialect::line_protocol_v2, precision);
  if (message) codecs::name_host(*message);
  return message;
}

void tell(Findings& findings, std::uint64_t count, std::string_view one, std::string_view more) {
  if (count > 0) findings.note(fmt::format("{} {}", count, count == 1 ? one : more));
}

}  // namespace

void decode_clustercockpit(std::string_view body, const FormatOptions& options, Findings& findings) {
  codecs::LineDecoder decoder({.lenient = true});
  decoder.reset(body);
  std::uint64_t hosts = 0;
  for (codecs::Step step = decoder.next(); step != codecs::Step::end; step = decoder.next()) {
    if (step == codecs::Step::error) {
      const codecs::DecodeError& error = decoder.error();
      findings.problem(error.line, error.column, error.reason);
      continue;
    }
    const codecs::CcTags tags = codecs::cc_tags(decoder.line());
    const auto message = read(decoder.line(), tags, options.precision);
    if (!message) {
      findings.problem(decoder.line_number(), 1, message.error());
      continue;
    }
    findings.message(*message);
    hosts += tags.host_for_hostname ? 1 : 0;
  }
  tell(findings, decoder.leniencies().commas_without_tag, "line has a comma but no tag behind its name",
       "lines have a comma but no tag behind their name");
  tell(findings, decoder.leniencies().empty_tag_values, "tag without a value is left out",
       "tags without a value are left out");
  tell(findings, hosts, "line has the tag 'host' for 'hostname'", "lines have the tag 'host' for 'hostname'");
}

std::unique_ptr<MessageEncoder> encode_clustercockpit(const FormatOptions& options) {
  return std::make_unique<Encoder>(options);
}

}  // namespace gw::cli
