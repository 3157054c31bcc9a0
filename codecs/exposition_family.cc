// In text 0.0.4 lines do not judge each other: metadata speak of the samples that follow them, and a later line of the
// same kind replaces the former, as in Prometheus.
//
// In OpenMetrics 1.0 (specification/OpenMetrics.md, "MetricFamily" and "Metric types") these rules are checked:
//   - metadata stand before the samples of their family, one line of each kind;
//   - a family is not interleaved with another, and no name comes from two families;
//   - each type has its sample names (the table below) and labels: le, quantile, and a state set's own name;
//   - the unit is the last part of the name, and info and state set have none;
//   - exemplars stand on counters' totals and histograms' buckets;
//   - the timestamps of consecutive samples of one series do not decrease, and all have one or none.
// Values are not judged (a negative counter, a bucket below the one before it, a histogram without sum): they are what
// was measured, and a gateway that withholds them hides the exporter's fault. Neither does Prometheus.

#include "codecs/exposition_family.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <span>
#include <utility>

#include "codecs/exposition_value.h"

namespace codecs {
namespace {

/// Where half of the slots are free, names that nobody chose on purpose lie within a few slots of their place; for
/// others this bounds the time.
constexpr std::size_t probes_max = 128;

/// The endings that the names of a type's samples have beyond the family's name.
std::span<const std::string_view> suffixes(MetricType type, bool strict) {
  static constexpr std::string_view own[] = {""};
  static constexpr std::string_view counter[] = {"_total", "_created"};
  static constexpr std::string_view histogram[] = {"_bucket", "_sum", "_count", "_created"};
  static constexpr std::string_view gauge_histogram[] = {"_bucket", "_gsum", "_gcount"};
  static constexpr std::string_view summary[] = {"", "_sum", "_count", "_created"};
  static constexpr std::string_view info[] = {"_info"};
  // Text 0.0.4 names a counter as its samples are named, and knows the other two only from those who mix the formats.
  static constexpr std::string_view text_gauge_histogram[] = {"_bucket", "_sum", "_count", "_gsum", "_gcount"};
  static constexpr std::string_view text_info[] = {"", "_info"};
  using Suffixes = std::span<const std::string_view>;
  switch (type) {
    case MetricType::histogram:
      return histogram;
    case MetricType::summary:
      return summary;
    case MetricType::counter:
      return strict ? Suffixes(counter) : own;
    case MetricType::gauge_histogram:
      return strict ? Suffixes(gauge_histogram) : text_gauge_histogram;
    case MetricType::info:
      return strict ? Suffixes(info) : text_info;
    default:
      return own;
  }
}

/// The label's value as a number; nothing where there is no such label, or no number in it.
std::optional<double> label_number(const ExpositionSample& sample, std::string_view name) {
  const auto label = std::ranges::find(sample.labels, name, &Label::name);
  if (label == sample.labels.end()) return std::nullopt;
  const std::expected<double, NumberProblem> number = parse_sample_value(label->value);
  if (!number || std::isnan(*number)) return std::nullopt;
  return *number;
}

}  // namespace

void SeenNames::clear() {
  if (count_ == 0) return;
  std::ranges::fill(slots_, 0);
  count_ = 0;
}

bool SeenNames::add(std::string_view name) {
  if (count_ == family_names_max) return true;
  if (2 * count_ >= slots_.size()) grow();
  return insert(std::hash<std::string_view>()(name) | 1);
}

/// False where `hash` is in the set. Its lowest bit is always set, so it chooses no slot.
bool SeenNames::insert(std::uint64_t hash) {
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t probe = 0; probe < probes_max; ++probe) {
    std::uint64_t& slot = slots_[((hash >> 1) + probe) & mask];
    if (slot == hash) return false;
    if (slot != 0) continue;
    slot = hash;
    ++count_;
    break;
  }
  return true;
}

void SeenNames::grow() {
  const std::vector<std::uint64_t> old = std::move(slots_);
  slots_.assign(std::max<std::size_t>(probes_max, 2 * old.size()), 0);
  count_ = 0;
  for (const std::uint64_t hash : old) {
    if (hash != 0) insert(hash);
  }
}

void CurrentFamily::clear() {
  seen_.clear();
  series_.clear();
  asked_name_.clear();
  start({});
}

/// The family is current from here on even where its name came before: its samples are read, the mistake is told.
std::string_view CurrentFamily::start(std::string_view name) {
  name_.assign(name);
  help_.clear();
  unit_.clear();
  family_ = {.name = name_};
  suffixes_ = suffixes(MetricType::unknown, strict_);
  has_help_ = has_type_ = has_unit_ = has_samples_ = false;
  if (!strict_ || name.empty()) return {};
  return seen_.add(name) ? "" : "this name came before, in another family";
}

std::string_view CurrentFamily::add(const ExpositionMetadata& metadata) {
  asked_name_.clear();
  std::string_view problem;
  if (metadata.name != family_.name) problem = start(metadata.name);
  if (strict_ && has_samples_) return "metadata behind the samples of the family";
  switch (metadata.kind) {
    case MetadataKind::help:
      if (strict_ && has_help_) return "a second HELP of the family";
      has_help_ = true;
      help_.assign(metadata.text);
      family_.help = help_;
      return problem;
    case MetadataKind::type: {
      if (strict_ && has_type_) return "a second TYPE of the family";
      const std::string_view type_problem = set_type(metadata.type);
      return problem.empty() ? type_problem : problem;
    }
    case MetadataKind::unit: {
      if (has_unit_) return "a second UNIT of the family";
      const std::string_view unit_problem = set_unit(metadata.text);
      return problem.empty() ? unit_problem : problem;
    }
  }
  return problem;
}

std::string_view CurrentFamily::set_type(MetricType type) {
  family_.type = type;
  suffixes_ = suffixes(type, strict_);
  has_type_ = true;
  if (!strict_) return {};
  std::string_view problem = check_unit();
  for (const std::string_view suffix : suffixes_) {
    if (suffix.empty()) continue;
    scratch_.assign(name_).append(suffix);
    if (!seen_.add(scratch_)) problem = "a sample of this family has the name of another family";
  }
  return problem;
}

std::string_view CurrentFamily::set_unit(std::string_view unit) {
  has_unit_ = true;
  unit_.assign(unit);
  family_.unit = unit_;
  return check_unit();
}

std::string_view CurrentFamily::check_unit() const {
  const std::string_view unit = family_.unit;
  if (unit.empty()) return {};
  if (family_.type == MetricType::info || family_.type == MetricType::state_set)
    return "info and stateset have no unit";
  const std::string_view name = family_.name;
  const bool last_part = name.ends_with(unit) && name.substr(0, name.size() - unit.size()).ends_with('_');
  return last_part ? "" : "the unit is not the last part of the metric name";
}

bool CurrentFamily::owns(std::string_view sample_name) const {
  const std::string_view name = family_.name;
  if (name.empty() || !sample_name.starts_with(name)) return false;
  const std::string_view suffix = sample_name.substr(name.size());
  return std::ranges::find(suffixes_, suffix) != suffixes_.end();
}

std::string_view CurrentFamily::add(ExpositionSample& sample, std::string_view series) {
  if (strict_) return add_strictly(sample, series);
  // Samples of one name mostly stand together, and what was found for the first of them is true of the others.
  if (sample.name != asked_name_) {
    asked_name_.assign(sample.name);
    owns_asked_ = owns(sample.name);
  }
  sample.family = owns_asked_ ? &family_ : nullptr;
  return {};
}

std::string_view CurrentFamily::add_strictly(ExpositionSample& sample, std::string_view series) {
  std::string_view problem;
  if (!owns(sample.name)) {
    if (sample.name == family_.name) return "the type of the family demands an ending, such as _total of a counter";
    problem = start(sample.name);
  }
  has_samples_ = true;
  sample.family = has_help_ || has_type_ || has_unit_ ? &family_ : nullptr;
  if (problem.empty()) problem = check_member(sample);
  return problem.empty() ? check_times(sample, series) : problem;
}

/// What the type demands of a sample that the family owns.
std::string_view CurrentFamily::check_member(const ExpositionSample& sample) const {
  const MetricType type = family_.type;
  const bool bucket =
      (type == MetricType::histogram || type == MetricType::gauge_histogram) && sample.name.ends_with("_bucket");
  if (bucket && !label_number(sample, "le")) return "a bucket without a number as label 'le'";
  if (type == MetricType::summary && sample.name.size() == family_.name.size()) {
    const std::optional<double> quantile = label_number(sample, "quantile");
    if (!quantile || *quantile < 0 || *quantile > 1) return "a summary without label 'quantile' from 0 to 1";
  }
  if (type == MetricType::state_set &&
      std::ranges::find(sample.labels, family_.name, &Label::name) == sample.labels.end()) {
    return "a stateset without a label of its own name";
  }
  const bool total = type == MetricType::counter && sample.name.ends_with("_total");
  if (sample.exemplar != nullptr && !bucket && !total) return "an exemplar on what is no bucket and no counter's total";
  return {};
}

std::string_view CurrentFamily::check_times(const ExpositionSample& sample, std::string_view series) {
  const bool was_timed = std::exchange(timed_, !sample.time.text.empty());
  const std::optional<std::int64_t> before = std::exchange(time_, sample.time.nanoseconds);
  const bool again = series == series_;
  if (!again) {
    series_.assign(series);
    return {};
  }
  if (was_timed != timed_) return "a series with timestamps on some samples only";
  return before && time_ && *time_ < *before ? "timestamps of a series decrease" : "";
}

}  // namespace codecs
