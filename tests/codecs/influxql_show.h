#pragma once
// What an InfluxqlDecoder finds, as text and as the JSON it came from, for tests.

#include <array>
#include <charconv>
#include <cmath>
#include <string>
#include <variant>

#include "codecs/influxql_json.h"

/// As Go's encoding/json writes it.
inline std::string go_string(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    constexpr std::string_view hex = "0123456789abcdef";
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      (out += '\\') += c;
    } else if (c == '\n' || c == '\r' || c == '\t') {
      (out += '\\') += c == '\n' ? 'n' : c == '\r' ? 'r' : 't';
    } else if (byte < 0x20 || c == '<' || c == '>' || c == '&') {
      (((out += "\\u00") += hex[byte >> 4])) += hex[byte & 15];
    } else {
      out += c;
    }
  }
  return out + '"';
}

inline std::string go_float(double value) {
  std::array<char, 400> text{};
  const double size = std::abs(value);
  const bool scientific = size != 0 && (size < 1e-6 || size >= 1e21);
  const auto format = scientific ? std::chars_format::scientific : std::chars_format::fixed;
  std::string out(text.data(), std::to_chars(text.data(), text.data() + text.size(), value, format).ptr);
  // e-09 is e-9 there.
  if (out.size() > 4 && out[out.size() - 4] == 'e' && out[out.size() - 2] == '0') out.erase(out.size() - 2, 1);
  return out;
}

struct ShowJson {
  std::string operator()(std::monostate) const { return "null"; }
  std::string operator()(bool value) const { return value ? "true" : "false"; }
  std::string operator()(std::int64_t value) const { return std::to_string(value); }
  std::string operator()(std::uint64_t value) const { return std::to_string(value); }
  std::string operator()(double value) const { return go_float(value); }
  std::string operator()(std::string_view value) const { return go_string(value); }
  std::string operator()(const codecs::JsonRaw& value) const { return std::string(value.text); }
};

inline std::string show_json_error(const codecs::DecodeError& error) {
  return std::to_string(error.line) + ":" + std::to_string(error.column) + "@" + std::to_string(error.offset) + " " +
         std::string(error.reason);
}

/// The same with the text that is shown of it.
inline std::string show_json_error_text(const codecs::DecodeError& error) {
  return show_json_error(error) + " [" + std::string(error.text) + "]";
}

/// One line each: "0 series cpu host=a [time value] …".
inline std::string show_influxql(const codecs::InfluxqlDecoder& decoder, codecs::Step step) {
  using Kind = codecs::InfluxqlRecord::Kind;
  if (step == codecs::Step::error) {
    std::string out = show_json_error(decoder.error());
    if (const auto* const failure = decoder.failure()) {
      out += " " + (failure->statement ? std::to_string(*failure->statement) : "-") + " '" +
             std::string(failure->text) + "'";
    }
    return out + "\n";
  }
  const codecs::InfluxqlRecord& record = decoder.record();
  std::string out = std::to_string(record.statement);
  if (record.kind == Kind::series) {
    out += " series " + std::string(record.name);
    for (const auto& tag : record.tags) out += " " + std::string(tag.key) + "=" + std::string(tag.value);
    out += " [";
    for (const std::string_view column : record.columns) out += (out.ends_with('[') ? "" : " ") + std::string(column);
    out += record.continues ? "] continues" : "]";
  } else if (record.kind == Kind::row) {
    out += " row";
    for (const auto& value : record.values) out += " " + std::visit(ShowJson(), value);
    if (record.time_ns) out += " @" + std::to_string(*record.time_ns);
  } else if (record.kind == Kind::message) {
    out += " " + std::string(record.level) + ": " + std::string(record.text);
  } else {
    out += " end";
    if (record.partial) out += " partial";
    if (record.series_partial) out += " series_partial";
  }
  return out + "\n";
}

/// Writes the answer again that was read, with one document a result where it came so.
class InfluxqlWriter {
 public:
  explicit InfluxqlWriter(bool document_per_result) : document_per_result_(document_per_result) {}

  void take(const codecs::InfluxqlDecoder& decoder, codecs::Step step) {
    using Kind = codecs::InfluxqlRecord::Kind;
    if (step == codecs::Step::error) {
      const auto* const failure = decoder.failure();
      const std::string member = failure == nullptr ? "" : "\"error\":" + go_string(failure->text);
      if (failure == nullptr) {
        out_ += "(" + std::string(decoder.error().reason) + ")";
      } else if (failure->statement) {
        end_ = "," + member;
      } else {
        out_ += "{" + member + "}";
      }
      return;
    }
    const codecs::InfluxqlRecord& record = decoder.record();
    if (record.kind == Kind::series) take_series(record);
    if (record.kind == Kind::row) take_row(record);
    if (record.kind == Kind::message) {
      messages_ += messages_.empty() ? "" : ",";
      messages_ += "{\"level\":" + go_string(record.level) + ",\"text\":" + go_string(record.text) + "}";
    }
    if (record.kind == Kind::end) take_end(record);
  }

  std::string finish() {
    if (!results_.empty()) out_ += "{\"results\":[" + results_ + "]}";
    return out_;
  }

 private:
  void take_series(const codecs::InfluxqlRecord& record) {
    close_series(false);
    series_ += series_.empty() ? "{" : ",{";
    if (!record.name.empty()) series_ += "\"name\":" + go_string(record.name) + ",";
    if (!record.tags.empty()) {
      std::string tags;
      for (const auto& tag : record.tags)
        tags += (tags.empty() ? "" : ",") + go_string(tag.key) + ":" + go_string(tag.value);
      series_ += "\"tags\":{" + tags + "},";
    }
    std::string columns;
    for (const auto column : record.columns) columns += (columns.empty() ? "" : ",") + go_string(column);
    series_ += "\"columns\":[" + columns + "]";
    open_ = true;
  }

  void take_row(const codecs::InfluxqlRecord& record) {
    std::string row;
    for (const auto& value : record.values) row += (row.empty() ? "" : ",") + std::visit(ShowJson(), value);
    rows_ += (rows_.empty() ? "[" : ",[") + row + "]";
  }

  void close_series(bool partial) {
    if (open_) {
      if (!rows_.empty()) series_ += ",\"values\":[" + rows_ + "]";
      series_ += partial ? ",\"partial\":true}" : "}";
    }
    rows_.clear();
    open_ = false;
  }

  void take_end(const codecs::InfluxqlRecord& record) {
    close_series(record.series_partial);
    std::string result = "{\"statement_id\":" + std::to_string(record.statement);
    if (!series_.empty()) result += ",\"series\":[" + series_ + "]";
    if (!messages_.empty()) result += ",\"messages\":[" + messages_ + "]";
    if (record.partial) result += ",\"partial\":true";
    result += end_ + "}";
    if (document_per_result_) {
      out_ += "{\"results\":[" + result + "]}\n";
    } else {
      results_ += (results_.empty() ? "" : ",") + result;
    }
    series_.clear();
    messages_.clear();
    end_.clear();
  }

  bool document_per_result_;
  bool open_ = false;
  std::string rows_;
  std::string series_;
  std::string messages_;
  std::string end_;
  std::string results_;
  std::string out_;
};
