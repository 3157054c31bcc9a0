#pragma once
// Lines as texts that tests compare.

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "codecs/line_protocol.h"
#include "tests/codecs/chunked.h"
#include "tests/codecs/cpus.h"

namespace line_tools {

inline std::string plain(std::string_view raw) {
  std::string scratch;
  return std::string(codecs::unescaped(raw, scratch));
}
inline std::string plain_key(std::string_view raw, codecs::Dialect dialect) {
  std::string scratch;
  return std::string(codecs::unescaped_field_key(raw, scratch, dialect));
}
inline std::string plain_measurement(std::string_view raw) {
  std::string scratch;
  return std::string(codecs::unescaped_measurement(raw, scratch));
}
inline std::string plain_string(std::string_view raw, codecs::Dialect dialect) {
  std::string scratch;
  return std::string(codecs::unescaped_string(raw, scratch, dialect));
}

inline std::string show(double value) {
  std::string out;
  codecs::append_float(out, value);
  return out;
}

struct ShowValue {
  codecs::Dialect dialect;
  std::string operator()(double value) const { return show(value); }
  std::string operator()(std::int64_t value) const { return std::to_string(value) + "i"; }
  std::string operator()(std::uint64_t value) const { return std::to_string(value) + "u"; }
  std::string operator()(bool value) const { return value ? "true" : "false"; }
  std::string operator()(codecs::StringValue value) const { return "'" + plain_string(value.text, dialect) + "'"; }
};

/// `measurement key=value; field=value @timestamp`, without escapes.
inline std::string show(const codecs::Line& line, codecs::Dialect dialect) {
  std::string out = plain_measurement(line.measurement);
  for (const codecs::Tag& tag : line.tags) out += " " + plain(tag.key) + "=" + plain(tag.value);
  out += ";";
  for (const codecs::Field& field : line.fields) {
    out += " " + plain_key(field.key, dialect) + "=" + std::visit(ShowValue{dialect}, field.value);
  }
  if (line.timestamp) out += " @" + std::to_string(*line.timestamp);
  return out;
}

/// `line:column +offset reason in 'text'`
inline std::string show(const codecs::DecodeError& error) {
  return std::to_string(error.line) + ":" + std::to_string(error.column) + " +" + std::to_string(error.offset) + " " +
         std::string(error.reason) + " in '" + std::string(error.text) + "'";
}

inline auto show_step(codecs::Dialect dialect) {
  return [dialect](const codecs::LineDecoder& decoder, codecs::Step step) {
    return (step == codecs::Step::error ? show(decoder.error()) : show(decoder.line(), dialect)) + "\n";
  };
}

/// All lines and errors of `input`; checks that they are the same on every processor and cut at every byte.
inline std::string dump(std::string_view input, codecs::LineOptions options = {}) {
  codecs::LineDecoder decoder(options, codecs::Cpu::portable);
  std::string out = walk_in_pieces(decoder, input, input.size() + 1, show_step(options.dialect));
  for (const codecs::Cpu cpu : cpus()) {
    codecs::LineDecoder other(options, cpu);
    for (std::size_t cut = 0; cut <= input.size(); ++cut) {
      CAPTURE(cut);
      CHECK(walk_cut_at(other, input, cut, show_step(options.dialect)) == out);
    }
  }
  return out;
}

}  // namespace line_tools
