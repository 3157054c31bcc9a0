// The cases of influxdata/line-protocol (v2, 2022) and real lines of other programs.

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "codecs/line_protocol.h"
#include "tests/codecs/corpora.h"

using namespace codecs;
using nlohmann::json;

namespace {

/// Cases that we decide otherwise on purpose: key of the case -> reason. None.
const std::map<std::string, std::string> decode_differences = {};
const std::map<std::string, std::string> encode_differences = {};

/// A text of the corpus: plain, or base64 under `binary`.
std::string text_of(const json& value) {
  if (value.is_string()) return value;
  std::string out;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : value.at("binary").get<std::string>()) {
    constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const std::size_t digit = alphabet.find(c);
    if (digit == std::string_view::npos) break;
    bits = bits << 6 | static_cast<std::uint32_t>(digit);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    out += static_cast<char>(bits >> count & 0xff);
  }
  return out;
}

/// The corpus' JSON does not tell -0 from 0.
std::string hex_of(double value) {
  std::array<char, 40> out{};
  std::snprintf(out.data(), out.size(), "%a", value == 0 ? 0 : value);
  return out.data();
}

std::string show_value(const json& value) {
  const std::string& kind = value.begin().key();
  const json& content = value.begin().value();
  if (kind == "int") return "i" + std::to_string(content.get<std::int64_t>());
  if (kind == "uint") return "u" + std::to_string(content.get<std::uint64_t>());
  if (kind == "float") return "f" + hex_of(content.get<double>());
  if (kind == "bool") return content.get<bool>() ? "true" : "false";
  return "'" + text_of(kind == "binary" ? value : content) + "'";
}

struct ShowValue {
  std::string operator()(double value) const { return "f" + hex_of(value); }
  std::string operator()(std::int64_t value) const { return "i" + std::to_string(value); }
  std::string operator()(std::uint64_t value) const { return "u" + std::to_string(value); }
  std::string operator()(bool value) const { return value ? "true" : "false"; }
  std::string operator()(StringValue value) const {
    std::string out = "'";
    std::string scratch;
    out += unescaped_string(value.text, scratch, Dialect::line_protocol_v2);
    return out + "'";
  }
};

std::int64_t nanoseconds_of(const std::string& precision) {
  if (precision == "1ns") return 1;
  if (precision == "1µs") return 1'000;
  if (precision == "1ms") return 1'000'000;
  REQUIRE(precision == "1s");
  return 1'000'000'000;
}

/// One point as one text: tags sorted, time in nanoseconds.
std::string show_point(const json& point) {
  std::string out = text_of(point.at("name"));
  for (const json& tag : point.at("tags")) {
    out += '|';
    out += text_of(tag.at("key"));
    out += '=';
    out += text_of(tag.at("value"));
  }
  for (const json& field : point.at("fields")) {
    out += '|';
    out += text_of(field.at("key"));
    out += ':';
    out += show_value(field.at("value"));
  }
  return out + "|" + std::to_string(point.at("time").get<std::int64_t>());
}

std::string unescape(std::string_view raw) {
  std::string scratch;
  return std::string(unescaped(raw, scratch));
}
std::string unescape_measurement(std::string_view raw) {
  std::string scratch;
  return std::string(unescaped_measurement(raw, scratch));
}

std::string show_point(const Line& line, std::int64_t nanoseconds, std::int64_t default_time) {
  std::map<std::string, std::string> tags;
  for (const Tag& tag : line.tags) tags.emplace(unescape(tag.key), unescape(tag.value));
  std::string out = unescape_measurement(line.measurement);
  for (const auto& [key, value] : tags) {
    out += '|';
    out += key;
    out += '=';
    out += value;
  }
  for (const Field& field : line.fields) {
    out += '|';
    out += unescape(field.key);
    out += ':';
    out += std::visit(ShowValue{}, field.value);
  }
  const std::int64_t time = line.timestamp ? *line.timestamp * nanoseconds : default_time / nanoseconds * nanoseconds;
  return out + "|" + std::to_string(time);
}

/// All points of a case as one text, or "error" as soon as one line is bad.
std::string want_of(const json& output) {
  if (output.contains("error")) return "error";
  std::string out;
  for (const json& point : output.at("result")) out += show_point(point) + "\n";
  return out;
}

std::string decode_case(const json& input) {
  const std::string text = text_of(input.at("text"));
  const std::int64_t nanoseconds = nanoseconds_of(input.at("precision"));
  LineDecoder decoder;
  decoder.reset(text);
  std::string out;
  for (Step step; (step = decoder.next()) != Step::end;) {
    if (step == Step::error) return "error";
    out += show_point(decoder.line(), nanoseconds, input.at("defaultTime").get<std::int64_t>()) + "\n";
  }
  return out;
}

void append_value(std::string& out, const json& value) {
  const std::string& kind = value.begin().key();
  const json& content = value.begin().value();
  if (kind == "int") return append_field_value(out, content.get<std::int64_t>());
  if (kind == "uint") return append_field_value(out, content.get<std::uint64_t>());
  if (kind == "float") return append_field_value(out, content.get<double>());
  if (kind == "bool") return append_field_value(out, content.get<bool>());
  append_string_value(out, text_of(kind == "binary" ? value : content));
}

/// The line of a case, or "error" where a part of it cannot be represented.
std::string encode_case(const json& input) {
  const json& point = input.at("point");
  const std::string measurement = text_of(point.at("name"));
  if (!representable_measurement(measurement)) return "error";
  std::string out;
  append_measurement(out, measurement);
  for (const json& tag : point.at("tags")) {
    for (const auto& [mark, part] : {std::pair(',', "key"), std::pair('=', "value")}) {
      const std::string text = text_of(tag.at(part));
      if (!representable(text)) return "error";
      out += mark;
      append_tag_text(out, text);
    }
  }
  char mark = ' ';
  for (const json& field : point.at("fields")) {
    const std::string key = text_of(field.at("key"));
    if (!representable(key) || field.at("value").contains("floatNonNumber")) return "error";
    out += mark;
    append_tag_text(out, key);
    out += '=';
    append_value(out, field.at("value"));
    mark = ',';
  }
  return out + ' ' + std::to_string(point.at("time").get<std::int64_t>() / nanoseconds_of(input.at("precision")));
}

/// Floats may stand in another form than the corpus has: lines are compared by what they decode to.
std::string normal(const std::string& line) {
  LineDecoder decoder;
  decoder.reset(line);
  if (decoder.next() != Step::record) return line;
  return show_point(decoder.line(), 1, 0);
}

/// decode(encode(line)) as a text, for lines that decode.
std::string encode(const Line& line) {
  std::string out;
  append_measurement(out, unescape_measurement(line.measurement));
  for (const Tag& tag : line.tags) {
    out += ',';
    append_tag_text(out, unescape(tag.key));
    out += '=';
    append_tag_text(out, unescape(tag.value));
  }
  char mark = ' ';
  for (const Field& field : line.fields) {
    out += mark;
    append_tag_text(out, unescape(field.key));
    out += '=';
    append_field_value(out, field.value);
    mark = ',';
  }
  if (line.timestamp) out += ' ' + std::to_string(*line.timestamp);
  return out;
}

}  // namespace

TEST_CASE("the decode cases of the line-protocol v2 corpus give their points or an error") {
  const auto corpus = find_corpus("line-protocol-corpus");
  if (!corpus) {
    std::puts("skipped: corpora not found");
    return;
  }
  const json decode = json::parse(read_file(*corpus / "corpus.json")).at("decode");
  std::size_t agree = 0;
  for (const auto& [key, entry] : decode.items()) {
    const bool same = decode_case(entry.at("input")) == want_of(entry.at("output"));
    agree += same ? 1 : 0;
    CAPTURE(key);
    CAPTURE(entry.dump());
    CHECK(same != decode_differences.contains(key));
  }
  std::printf("line-protocol v2 decode: %zu of %zu, %zu deliberate differences\n", agree, decode.size(),
              decode_differences.size());
}

TEST_CASE("the encode cases of the line-protocol v2 corpus give their line or an error") {
  const auto corpus = find_corpus("line-protocol-corpus");
  if (!corpus) {
    std::puts("skipped: corpora not found");
    return;
  }
  const json cases = json::parse(read_file(*corpus / "corpus.json")).at("encode");
  std::size_t agree = 0;
  for (const auto& [key, entry] : cases.items()) {
    const json& output = entry.at("output");
    const std::string want = output.contains("error") ? "error" : text_of(output.at("result"));
    const bool same = normal(encode_case(entry.at("input"))) == normal(want);
    agree += same ? 1 : 0;
    CAPTURE(key);
    CAPTURE(entry.dump());
    CHECK(same != encode_differences.contains(key));
  }
  std::printf("line-protocol v2 encode: %zu of %zu, %zu deliberate differences\n", agree, cases.size(),
              encode_differences.size());
}

TEST_CASE("lines of other programs decode and survive being written again") {
  std::size_t lines = 0;
  for (const char* const name : {"telegraf-lineprotocol", "influx-iox-lp"}) {
    const auto corpus = find_corpus(name);
    if (!corpus) {
      std::puts("skipped: corpora not found");
      return;
    }
    for (const auto& file : std::filesystem::directory_iterator(*corpus)) {
      const std::string file_name = file.path().filename();
      if (!file_name.ends_with(".out") && !file_name.ends_with(".lp")) continue;
      // Other formats: what outputs send, and the count of devices that smartctl finds.
      if (file_name.starts_with("outputs_") || file_name.starts_with("inputs_smartctl_testcases_scan_")) continue;
      const std::string body = read_file(file.path());
      LineDecoder decoder;
      decoder.reset(body);
      for (Step step; (step = decoder.next()) != Step::end;) {
        CAPTURE(file_name);
        CAPTURE(decoder.error().text);
        REQUIRE(step == Step::record);
        CHECK(normal(encode(decoder.line())) == show_point(decoder.line(), 1, 0));
        ++lines;
      }
    }
  }
  std::printf("lines of other programs: %zu\n", lines);
  CHECK(lines > 4000);
}
