// The cases of influxdata/line-protocol (v2, 2022).

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "codecs/line_protocol.h"
#include "tests/codecs/corpora.h"
#include "tests/codecs/differences/line_protocol.h"
#include "tests/codecs/line_tools.h"

using namespace codecs;
using namespace line_tools;
using nlohmann::json;

namespace {

/// A text of the corpus: plain, or base64 under `binary`.
std::string text_of(const json& value) {
  return value.is_string() ? value.get<std::string>() : from_base64(value.at("binary").get<std::string>());
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

struct ShowCorpusValue {
  std::string operator()(double value) const { return "f" + hex_of(value); }
  std::string operator()(std::int64_t value) const { return "i" + std::to_string(value); }
  std::string operator()(std::uint64_t value) const { return "u" + std::to_string(value); }
  std::string operator()(bool value) const { return value ? "true" : "false"; }
  std::string operator()(StringValue value) const {
    return "'" + plain_string(value.text, Dialect::line_protocol_v2) + "'";
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

std::string show_point(const Line& line, std::int64_t nanoseconds, std::int64_t default_time) {
  std::map<std::string, std::string> tags;
  for (const Tag& tag : line.tags) tags.emplace(plain(tag.key), plain(tag.value));
  std::string out = plain_measurement(line.measurement);
  for (const auto& [key, value] : tags) {
    out += '|';
    out += key;
    out += '=';
    out += value;
  }
  for (const Field& field : line.fields) {
    out += '|';
    out += plain(field.key);
    out += ':';
    out += std::visit(ShowCorpusValue{}, field.value);
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

Message::Value value_of(const json& value) {
  const std::string& kind = value.begin().key();
  const json& content = value.begin().value();
  if (kind == "int") return content.get<std::int64_t>();
  if (kind == "uint") return content.get<std::uint64_t>();
  if (kind == "float") return content.get<double>();
  if (kind == "floatNonNumber") return std::numeric_limits<double>::quiet_NaN();
  if (kind == "bool") return content.get<bool>();
  return text_of(kind == "binary" ? value : content);
}

Precision precision_of(std::int64_t nanoseconds) {
  if (nanoseconds == 1) return Precision::nanoseconds;
  if (nanoseconds == 1'000) return Precision::microseconds;
  return nanoseconds == 1'000'000 ? Precision::milliseconds : Precision::seconds;
}

/// The line of a case, or "error" where a part of it cannot be represented.
std::string encode_case(const json& input) {
  const json& point = input.at("point");
  Message message{.name = text_of(point.at("name")), .time_ns = point.at("time").get<std::int64_t>()};
  for (const json& tag : point.at("tags")) message.tags.push_back({text_of(tag.at("key")), text_of(tag.at("value"))});
  for (const json& field : point.at("fields")) {
    message.fields.push_back({text_of(field.at("key")), value_of(field.at("value"))});
  }
  std::string out;
  const Precision precision = precision_of(nanoseconds_of(input.at("precision")));
  if (!append_message(out, message, Dialect::line_protocol_v2, precision)) return "error";
  return out;
}

/// Floats may stand in another form than the corpus has: lines are compared by what they decode to.
std::string normal(const std::string& line) {
  LineDecoder decoder;
  decoder.reset(line);
  if (decoder.next() != Step::record) return line;
  return show_point(decoder.line(), 1, 0);
}

}  // namespace

TEST_CASE("the decode cases of the line-protocol v2 corpus give their points or an error") {
  const auto corpus = find_corpus("line-protocol-corpus");
  if (!corpus) return;
  const json decode = json::parse(read_file(*corpus / "corpus.json")).at("decode");
  std::size_t agree = 0;
  for (const auto& [key, entry] : decode.items()) {
    const bool same = decode_case(entry.at("input")) == want_of(entry.at("output"));
    agree += same ? 1 : 0;
    CAPTURE(key);
    CAPTURE(entry.dump());
    CHECK(same != line_differences::v2_decode.contains(key));
  }
  std::printf("line-protocol-corpus: decode %zu of %zu, %zu deliberate differences\n", agree, decode.size(),
              line_differences::v2_decode.size());
  CHECK(decode.size() == 6615);
}

TEST_CASE("the encode cases of the line-protocol v2 corpus give their line or an error") {
  const auto corpus = find_corpus("line-protocol-corpus");
  if (!corpus) return;
  const json cases = json::parse(read_file(*corpus / "corpus.json")).at("encode");
  std::size_t agree = 0;
  for (const auto& [key, entry] : cases.items()) {
    const json& output = entry.at("output");
    const std::string want = output.contains("error") ? "error" : text_of(output.at("result"));
    const bool same = normal(encode_case(entry.at("input"))) == normal(want);
    agree += same ? 1 : 0;
    CAPTURE(key);
    CAPTURE(entry.dump());
    CHECK(same != line_differences::v2_encode.contains(key));
  }
  std::printf("line-protocol-corpus: encode %zu of %zu, %zu deliberate differences\n", agree, cases.size(),
              line_differences::v2_encode.size());
  CHECK(cases.size() == 115);
}
