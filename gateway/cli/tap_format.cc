#include "gateway/cli/tap_format.h"

#include <fmt/format.h>

#include <ostream>

#include "gateway/base/clock.h"
#include "gateway/base/log.h"
#include "gateway/base/printable.h"
#include "gateway/cli/message_json.h"

namespace gw::cli {
namespace {

std::string plain(std::string_view raw) {
  std::string scratch;
  return std::string(codecs::unescaped(raw, scratch));
}

std::string plain_measurement(std::string_view raw) {
  std::string scratch;
  return std::string(codecs::unescaped_measurement(raw, scratch));
}

std::int64_t nanoseconds(std::int64_t timestamp) {
  // Never out of range: a precision told by magnitude holds fewer nanoseconds than 2^63.
  return codecs::to_nanoseconds(timestamp, codecs::precision_of(timestamp)).value_or(timestamp);
}

std::string time_text(const codecs::Line& line) {
  if (!line.timestamp) return "-";
  return iso_time(WallTime(std::chrono::nanoseconds(nanoseconds(*line.timestamp))));
}

std::string field_text(const codecs::Field& field) {
  std::string text(field.key);
  text += '=';
  codecs::append_field_value(text, field.value);
  return text;
}

}  // namespace

std::optional<TapFormat> tap_format_of(std::string_view name) {
  if (name == "line") return TapFormat::line;
  if (name == "json") return TapFormat::json;
  if (name == "table") return TapFormat::table;
  return std::nullopt;
}

bool TapPrinter::print(const Received& received, std::uint64_t count_max) {
  decoder_.reset(received.payload);
  for (codecs::Step step; (step = decoder_.next()) != codecs::Step::end;) {
    if (step == codecs::Step::record) {
      print_line(received.subject, decoder_.line());
      if (++printed_ == count_max) return false;
    } else {
      const codecs::DecodeError& error = decoder_.error();
      err_ << fmt::format("{}: {}:{}: {} in {}\n", printable(received.subject), error.line, error.column, error.reason,
                          log::value(error.text));
    }
  }
  return true;
}

void TapPrinter::print_line(std::string_view subject, const codecs::Line& line) {
  switch (format_) {
    case TapFormat::line:
      out_ << printable(line.text) << '\n';
      return;
    case TapFormat::json:
      return print_json(subject, line);
    case TapFormat::table:
      return print_row(subject, line);
  }
}

void TapPrinter::print_json(std::string_view subject, const codecs::Line& line) {
  // Never out of range: see `nanoseconds`.
  const codecs::Message message = codecs::to_message(line, codecs::Dialect::line_protocol_v2).value();
  std::string json;
  append_json(json, message, subject);
  out_ << json << '\n';
}

void TapPrinter::print_row(std::string_view subject, const codecs::Line& line) {
  if (printed_ == 0)
    out_ << fmt::format("{:<21} {:<20} {:<20} {:<20} {:<14} {}\n", "time", "subject", "name", "host", "type", "fields");
  std::string host = "-";
  std::string type = "-";
  std::string type_id;
  for (const codecs::Tag& tag : line.tags) {
    if (tag.key == "hostname" || tag.key == "host") host = plain(tag.value);
    if (tag.key == "type") type = plain(tag.value);
    if (tag.key == "type-id") type_id = plain(tag.value);
  }
  std::string fields;
  for (const codecs::Field& field : line.fields) fields += (fields.empty() ? "" : " ") + field_text(field);
  out_ << fmt::format("{:<21} {:<20} {:<20} {:<20} {:<14} {}\n", time_text(line), printable(subject),
                      printable(plain_measurement(line.measurement)), printable(host), printable(type + type_id),
                      printable(fields));
}

}  // namespace gw::cli
