#pragma once
// What the lines of a page say of each other. Used by the exposition decoder only.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "codecs/exposition.h"
#include "codecs/exposition_line.h"

namespace codecs {

/// A bounded set of texts, known by 64-bit hashes of them.
class SeenNames {
 public:
  void clear();
  /// False where `name` is in the set already. Where the set is full every name is new.
  bool add(std::string_view name);

 private:
  bool insert(std::uint64_t hash);
  void grow();

  std::vector<std::uint64_t> slots_;  ///< open addressing; 0 is free
  std::size_t count_ = 0;
};

/// The family that the last metadata lines speak of, and which samples are its own. Members that answer a text give the
/// reason for which a line is to be refused; an empty one: it is good.
class CurrentFamily {
 public:
  explicit CurrentFamily(Exposition format) : strict_(format == Exposition::openmetrics_1_0) {}

  void clear();
  std::string_view add(const ExpositionMetadata& metadata);
  /// Sets `sample.family`. `series` is the line up to the value: equal texts are the same series.
  std::string_view add(ExpositionSample& sample, std::string_view series);

 private:
  /// True where the current family has a sample of that name.
  bool owns(std::string_view sample_name) const;
  std::string_view add_strictly(ExpositionSample& sample, std::string_view series);
  std::string_view start(std::string_view name);
  std::string_view set_type(MetricType type);
  std::string_view set_unit(std::string_view unit);
  std::string_view check_unit() const;
  std::string_view check_member(const ExpositionSample& sample) const;
  std::string_view check_times(const ExpositionSample& sample, std::string_view series);

  bool strict_;
  MetricFamily family_;  ///< points into the three texts below
  std::span<const std::string_view> suffixes_;
  std::string name_;
  std::string help_;
  std::string unit_;
  bool has_help_ = false;
  bool has_type_ = false;
  bool has_unit_ = false;
  bool has_samples_ = false;
  SeenNames seen_;
  std::string series_;  ///< of the last sample
  bool timed_ = false;  ///< the last sample had a timestamp
  std::optional<std::int64_t> time_;
  std::string asked_name_;  ///< of the last sample in text 0.0.4, empty after metadata
  bool owns_asked_ = false;
  std::string scratch_;
};

}  // namespace codecs
