#pragma once
// One line of a page of metrics, without what other lines say. Used by the exposition decoder only.

#include <array>
#include <span>
#include <string>
#include <string_view>

#include "codecs/exposition.h"

namespace codecs {

/// The labels of one line: the room for all that are allowed, so that none is a question of allocation.
class LabelList {
 public:
  void clear() { count_ = 0; }
  bool full() const { return count_ == exposition_labels_max; }
  /// Where it is not full.
  void add(Label label) { labels_[count_++] = label; }
  std::span<const Label> all() const { return {labels_.data(), count_}; }

 private:
  std::size_t count_ = 0;
  std::array<Label, exposition_labels_max> labels_;
};

/// What the views of a line's parts point into; reused from line to line.
struct LineBuffers {
  LabelList labels;
  LabelList exemplar_labels;
  ExpositionExemplar exemplar;
  std::string plain;  ///< texts without their escapes
};

enum class MetadataKind { help, type, unit };

/// `# HELP name text` and its like. `text` is plain, without escapes.
struct ExpositionMetadata {
  MetadataKind kind = MetadataKind::help;
  std::string_view name;
  std::string_view text;
  MetricType type = MetricType::unknown;  ///< of a TYPE line
};

/// Told apart by how a line starts; `nothing` is a blank line or a comment.
enum class LineKind { sample, metadata, nothing, end_of_page };

/// Reads one line of at most `exposition_line_bytes_max` bytes. Every member that answers false has put the reason and
/// the place of the first error into `reason` and `where`.
class ExpositionLine {
 public:
  ExpositionLine(std::string_view line, Exposition format, LineBuffers& buffers)
      : line_(line), strict_(format == Exposition::openmetrics_1_0), buffers_(buffers) {}

  bool read_kind(LineKind& kind);
  /// After read_kind, where the kind is metadata.
  bool read_metadata(ExpositionMetadata& metadata);
  /// After read_kind, where the kind is sample. `sample.family` stays as it is.
  bool read_sample(ExpositionSample& sample);
  /// After read_sample: where the text that names the series ends.
  std::size_t series_end() const { return series_end_; }

  std::string_view reason() const { return reason_; }
  std::size_t where() const { return where_; }  ///< counted from the start of the line

 private:
  bool at_end() const { return position_ == line_.size(); }
  bool at(char c) const { return !at_end() && line_[position_] == c; }
  bool at_blank() const { return at(' ') || at('\t'); }
  void skip_blanks();
  bool take_separator(std::string_view missing);
  bool take(char c, std::string_view missing);
  bool fail(std::string_view reason, std::size_t where);
  bool fail(std::string_view reason) { return fail(reason, position_); }

  bool take_metadata_kind();
  bool read_metadata_name(ExpositionMetadata& metadata);
  bool read_metadata_text(ExpositionMetadata& metadata);
  bool read_labels(LabelList& labels, std::string_view* metric_name);
  bool read_label(LabelList& labels, std::string_view* metric_name);
  bool add_label(LabelList& labels, const Label& label, std::size_t where);
  bool read_exemplar(ExpositionSample& sample);
  bool read_value(double& value, std::string_view missing);
  bool read_time(SampleTime& time, std::string_view invalid);
  bool take_name(bool with_colon, std::string_view missing, std::string_view& name);
  bool take_quoted(std::string_view& text);
  std::string_view take_word();
  std::string_view without_escapes(std::string_view raw, bool quote_is_escaped);
  bool check_utf8(std::string_view text, std::size_t start);

  std::string_view line_;
  bool strict_;  ///< OpenMetrics: single spaces, and nothing optional
  LineBuffers& buffers_;
  std::size_t position_ = 0;
  std::size_t series_end_ = 0;
  MetadataKind metadata_kind_ = MetadataKind::help;
  std::string_view reason_;
  std::size_t where_ = 0;
};

}  // namespace codecs
