// Text 0.0.4: prometheus.io/docs/instrumenting/exposition_formats ("Text format details"), with the names in quotes of
// Prometheus 3 ("UTF-8 names"). Between any two tokens stand blanks or tabs, as many as one likes; at least one where
// two rows below are not told apart otherwise. A '\r' before the newline is passed over.
//
//   page      = { line "\n" } [ line ] .
//   line      = [ sample | metadata | comment ] .
//   comment   = "#" anything .                                   which is no metadata
//   metadata  = "#" ( "HELP" metric [ help ] | "TYPE" metric type | "HELP" | "TYPE" ) .
//   type      = "counter" | "gauge" | "histogram" | "summary" | "untyped", and those of OpenMetrics .
//   sample    = series value [ milliseconds ] .
//   series    = name [ "{" [ label { "," label } [ "," ] ] "}" ] | "{" item { "," item } [ "," ] "}" .
//   item      = label | quoted .                                 exactly one is quoted: the metric
//   label     = ( label_name | quoted ) "=" quoted .
//   quoted    = `"` { not(`"` | `\`) | `\` any } `"` .             escapes \\ \" \n; any other \ stands for itself
//   metric    = name | quoted .
//   name      = ( letter | "_" | ":" ) { letter | digit | "_" | ":" } .
//   help      = anything .                                       escapes \\ \n; any other \ stands for itself
//
// OpenMetrics 1.0: github.com/prometheus/OpenMetrics, specification/OpenMetrics.md ("ABNF"). What stands between quotes
// below is all there is: no other blank, no comment, no empty line.
//
//   page      = { line "\n" } "# EOF" [ "\n" ] .
//   line      = sample | metadata .
//   metadata  = "# " ( "HELP" | "TYPE" | "UNIT" ) " " metric " " text .    in help also the escape \"
//   sample    = series " " value [ " " seconds ] [ " # " labels " " value [ " " seconds ] ] .
//   labels    = "{" [ label { "," label } ] "}" .
//
// In both, texts are UTF-8, a raw newline ends the line also between quotes, and no label name stands twice.

#include "codecs/exposition_line.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "codecs/exposition_value.h"
#include "codecs/utf8.h"

namespace codecs {
namespace {

enum NameByte : std::uint8_t { letter = 1, digit = 2, colon = 4 };  // '_' is a letter

constexpr std::array<std::uint8_t, 256> make_name_bytes() {
  std::array<std::uint8_t, 256> bytes{};
  for (unsigned char c = 'a'; c <= 'z'; ++c) bytes[c] = letter;
  for (unsigned char c = 'A'; c <= 'Z'; ++c) bytes[c] = letter;
  for (unsigned char c = '0'; c <= '9'; ++c) bytes[c] = digit;
  bytes['_'] = letter;
  bytes[':'] = colon;
  return bytes;
}
constexpr std::array<std::uint8_t, 256> name_bytes = make_name_bytes();

bool is(char c, unsigned kinds) { return (name_bytes[static_cast<std::uint8_t>(c)] & kinds) != 0; }

struct TypeName {
  std::string_view name;
  MetricType type;
  bool text_only;  ///< no type of OpenMetrics
};
constexpr TypeName type_names[] = {
    {"unknown", MetricType::unknown, false},    {"counter", MetricType::counter, false},
    {"gauge", MetricType::gauge, false},        {"histogram", MetricType::histogram, false},
    {"summary", MetricType::summary, false},    {"gaugehistogram", MetricType::gauge_histogram, false},
    {"stateset", MetricType::state_set, false}, {"info", MetricType::info, false},
    {"untyped", MetricType::unknown, true},     {"gauge_histogram", MetricType::gauge_histogram, true},
};

}  // namespace

std::string_view metric_type_name(MetricType type) {
  return std::ranges::find(type_names, type, &TypeName::type)->name;
}

bool ExpositionLine::fail(std::string_view reason, std::size_t where) {
  reason_ = reason;
  where_ = where;
  return false;
}

/// OpenMetrics has no blanks to skip.
void ExpositionLine::skip_blanks() {
  while (!strict_ && at_blank()) ++position_;
}

bool ExpositionLine::take_separator(std::string_view missing) {
  if (strict_ ? !at(' ') : !at_blank()) return fail(missing);
  ++position_;
  skip_blanks();
  return true;
}

bool ExpositionLine::take(char c, std::string_view missing) {
  if (!at(c)) return fail(missing);
  ++position_;
  return true;
}

bool ExpositionLine::read_kind(LineKind& kind) {
  skip_blanks();
  if (strict_ && line_ == "# EOF") {
    kind = LineKind::end_of_page;
    return true;
  }
  if (at_end()) {
    kind = LineKind::nothing;
    return !strict_ || fail("blank line");
  }
  if (!at('#')) {
    kind = LineKind::sample;
    return true;
  }
  const std::size_t start = position_++;
  const bool is_metadata = take_metadata_kind();
  kind = is_metadata ? LineKind::metadata : LineKind::nothing;
  return is_metadata || !strict_ || fail("neither HELP, TYPE, UNIT nor EOF behind '#'", start + 1);
}

/// What stands between '#' and the name.
bool ExpositionLine::take_metadata_kind() {
  if (!take_separator("")) return false;
  const std::string_view word = take_word();
  if (word == "HELP") {
    metadata_kind_ = MetadataKind::help;
  } else if (word == "TYPE") {
    metadata_kind_ = MetadataKind::type;
  } else if (strict_ && word == "UNIT") {
    metadata_kind_ = MetadataKind::unit;
  } else {
    return false;
  }
  // "# HELP" alone is a comment, and so is "# TYPE".
  return take_separator("") && (strict_ || !at_end());
}

bool ExpositionLine::read_metadata(ExpositionMetadata& metadata) {
  buffers_.plain.clear();
  metadata.kind = metadata_kind_;
  return read_metadata_name(metadata) && read_metadata_text(metadata);
}

bool ExpositionLine::read_metadata_name(ExpositionMetadata& metadata) {
  if (!at('"')) return take_name(true, "no metric name", metadata.name);
  const std::size_t start = position_;
  return take_quoted(metadata.name) && (!metadata.name.empty() || fail("no metric name", start));
}

bool ExpositionLine::read_metadata_text(ExpositionMetadata& metadata) {
  if (!strict_ && at_end() && metadata.kind == MetadataKind::help) return true;
  if (!take_separator("nothing behind the metric name")) return false;
  const std::size_t start = position_;
  std::string_view text = line_.substr(start);
  position_ = line_.size();
  if (!check_utf8(text, start)) return false;
  if (metadata.kind == MetadataKind::help) {
    metadata.text = without_escapes(text, strict_);
    return true;
  }
  if (!strict_) text = text.substr(0, text.find_last_not_of(" \t") + 1);
  metadata.text = text;
  if (metadata.kind == MetadataKind::unit) return true;
  const auto* const row = std::ranges::find(type_names, text, &TypeName::name);
  if (row == std::end(type_names) || (strict_ && row->text_only)) return fail("unknown metric type", start);
  metadata.type = row->type;
  return true;
}

bool ExpositionLine::read_sample(ExpositionSample& sample) {
  buffers_.plain.clear();
  buffers_.labels.clear();
  sample.name = {};
  sample.time = {};
  sample.exemplar = nullptr;
  const std::size_t start = position_;
  if (!at('{') && !take_name(true, "no metric name", sample.name)) return false;
  const std::size_t name_end = position_;
  skip_blanks();
  const bool braces = at('{');
  if (braces && !read_labels(buffers_.labels, &sample.name)) return false;
  if (sample.name.empty()) return fail("no metric name", start);
  sample.labels = buffers_.labels.all();
  series_end_ = braces ? position_ : name_end;
  if (!braces) position_ = name_end;

  if (!braces || strict_) {
    if (!take_separator("no value")) return false;
  } else {
    skip_blanks();
  }
  if (!read_value(sample.value, "no value")) return false;
  skip_blanks();
  if (at_end()) return true;
  if (strict_ && line_.substr(position_).starts_with(" # ")) return read_exemplar(sample);
  if (strict_ && !take_separator("unexpected text behind the value")) return false;
  if (!read_time(sample.time, "invalid timestamp")) return false;
  skip_blanks();
  if (at_end()) return true;
  return strict_ ? read_exemplar(sample) : fail("unexpected text behind the timestamp");
}

bool ExpositionLine::read_exemplar(ExpositionSample& sample) {
  if (!line_.substr(position_).starts_with(" # {")) return fail("unexpected text behind the sample");
  position_ += 3;
  ExpositionExemplar& exemplar = buffers_.exemplar;
  exemplar.time = {};
  buffers_.exemplar_labels.clear();
  if (!read_labels(buffers_.exemplar_labels, nullptr)) return false;
  exemplar.labels = buffers_.exemplar_labels.all();
  if (!take_separator("no exemplar value") || !read_value(exemplar.value, "no exemplar value")) return false;
  sample.exemplar = &exemplar;
  if (at_end()) return true;
  if (!take_separator("") || !read_time(exemplar.time, "invalid exemplar timestamp")) return false;
  return at_end() || fail("unexpected text behind the exemplar");
}

/// From '{' to behind '}'. Where `metric_name` is not null and empty, a name in quotes may stand among the labels.
bool ExpositionLine::read_labels(LabelList& labels, std::string_view* metric_name) {
  ++position_;
  skip_blanks();
  while (!at('}')) {
    if (!read_label(labels, metric_name)) return false;
    skip_blanks();
    if (at('}')) break;
    if (!take(',', "neither ',' nor '}' behind a label")) return false;
    skip_blanks();
    if (strict_ && at('}')) return fail("',' before '}'");
  }
  ++position_;
  return true;
}

bool ExpositionLine::read_label(LabelList& labels, std::string_view* metric_name) {
  const std::size_t start = position_;
  Label label;
  const bool quoted = at('"');
  if (quoted ? !take_quoted(label.name) : !take_name(false, "no label name", label.name)) return false;
  skip_blanks();
  if (quoted && !at('=')) {
    if (metric_name == nullptr) return fail("label without '='");
    if (!metric_name->empty()) return fail("a second metric name", start);
    *metric_name = label.name;
    return !label.name.empty() || fail("no metric name", start);
  }
  if (label.name.empty()) return fail("no label name", start);
  if (!take('=', "label without '='")) return false;
  skip_blanks();
  if (!at('"')) return fail("label value without quotes");
  return take_quoted(label.value) && add_label(labels, label, start);
}

bool ExpositionLine::add_label(LabelList& labels, const Label& label, std::size_t where) {
  if (label.name == "__name__") return fail("__name__ as a label", where);
  const std::span<const Label> before = labels.all();
  if (std::ranges::find(before, label.name, &Label::name) != before.end()) return fail("duplicate label name", where);
  if (labels.full()) return fail("too many labels", where);
  labels.add(label);
  return true;
}

bool ExpositionLine::read_value(double& value, std::string_view missing) {
  const std::size_t start = position_;
  const std::string_view word = take_word();
  if (word.empty()) return fail(missing, start);
  const std::expected<double, NumberProblem> number = parse_sample_value(word);
  if (!number) {
    return fail(number.error() == NumberProblem::malformed ? "invalid number" : "number out of range", start);
  }
  value = *number;
  return true;
}

bool ExpositionLine::read_time(SampleTime& time, std::string_view invalid) {
  const std::size_t start = position_;
  const std::string_view word = take_word();
  const std::optional<SampleTime> read = strict_ ? parse_seconds(word) : parse_milliseconds(word);
  if (!read) return fail(invalid, start);
  time = *read;
  return true;
}

bool ExpositionLine::take_name(bool with_colon, std::string_view missing, std::string_view& name) {
  const unsigned first = with_colon ? letter | colon : letter;
  if (at_end() || !is(line_[position_], first)) return fail(missing);
  const std::string_view rest = line_.substr(position_);
  const auto* const end = std::ranges::find_if_not(rest, [first](char c) { return is(c, first | digit); });
  name = std::string_view(rest.begin(), end);
  position_ += name.size();
  return true;
}

/// From a quote to behind the next one that no backslash escapes.
bool ExpositionLine::take_quoted(std::string_view& text) {
  const std::size_t start = position_ + 1;
  std::size_t end = start;
  for (;; end += 2) {
    end = line_.find_first_of("\"\\", end);
    if (end >= line_.size()) return fail("unclosed quote");
    if (line_[end] == '"') break;
  }
  const std::string_view raw = line_.substr(start, end - start);
  if (!check_utf8(raw, start)) return false;
  position_ = end + 1;
  text = without_escapes(raw, true);
  return true;
}

std::string_view ExpositionLine::take_word() {
  const std::size_t start = position_;
  while (!at_end() && !at(' ') && (strict_ || !at('\t'))) ++position_;
  return line_.substr(start, position_ - start);
}

/// `raw` itself where it has no backslash, else a copy.
std::string_view ExpositionLine::without_escapes(std::string_view raw, bool quote_is_escaped) {
  std::size_t backslash = raw.find('\\');
  if (backslash == std::string_view::npos) return raw;
  std::string& plain = buffers_.plain;
  plain.reserve(line_.size());  // so that the views of what it holds already stay valid
  const std::size_t start = plain.size();
  std::size_t at = 0;
  while (backslash < raw.size()) {
    plain.append(raw, at, backslash - at);
    const char next = backslash + 1 < raw.size() ? raw[backslash + 1] : '\0';
    const bool escape = next == '\\' || next == 'n' || (next == '"' && quote_is_escaped);
    plain += !escape ? '\\' : next == 'n' ? '\n' : next;
    at = backslash + (escape ? 2 : 1);
    backslash = raw.find('\\', at);
  }
  plain.append(raw, std::min(at, raw.size()));
  return std::string_view(plain).substr(start);
}

bool ExpositionLine::check_utf8(std::string_view text, std::size_t start) {
  const std::size_t valid = valid_utf8_prefix(text);
  return valid == text.size() || fail("invalid UTF-8", start + valid);
}

}  // namespace codecs
