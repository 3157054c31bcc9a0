#pragma once
// What an answer of Prometheus' query API holds, read by an independent JSON library (simdjson) that has the whole body
// before it starts.

#include <simdjson.h>

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct OracleSample {
  std::string labels;  ///< name, NUL, value, NUL, …
  double seconds = 0;
  std::string text;  ///< empty for a histogram
  bool histogram = false;
};

/// Reads `data` of an answer whose type is known before its result. Elements and points that are wrong are counted.
class QueryOracle {
 public:
  using Element = simdjson::dom::element;
  using Array = simdjson::dom::array;
  using Object = simdjson::dom::object;

  /// False where this is nothing that the oracle has an opinion about.
  bool read(Element root) {
    Object data;
    if (root["data"].get(data) != simdjson::SUCCESS) return false;
    std::optional<std::string_view> type;
    for (const auto& [key, value] : data) {
      std::string_view text;
      if (key == "resultType" && !type) {
        if (value.get(text) != simdjson::SUCCESS) return false;
        type = text;
      }
      if (key != "result") continue;
      Array list;
      if (!type || value.get(list) != simdjson::SUCCESS) return false;
      if (*type != "vector" && *type != "matrix") return false;
      for (const Element element : list) {
        if (!(*type == "vector" ? read_vector(element) : read_matrix(element))) ++wrong;
      }
      return true;
    }
    return false;
  }

  std::vector<OracleSample> samples;
  std::size_t wrong = 0;
  bool near_limit = false;   ///< a time is too near to the limit to say on which side
  bool zero_bounds = false;  ///< a bucket's bounds are 0, which may have been written as -0

 private:
  static bool is_number(std::string_view text) {
    if (text == "NaN" || text == "Inf" || text == "+Inf" || text == "-Inf") return true;
    std::size_t at = text.starts_with('-') ? 1 : 0;
    const auto digits = [&] {
      const std::size_t start = at;
      while (at < text.size() && text[at] >= '0' && text[at] <= '9') ++at;
      return at - start;
    };
    std::size_t count = digits();
    if (at < text.size() && text[at] == '.') {
      ++at;
      count += digits();
    }
    if (count == 0) return false;
    if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
      ++at;
      if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
      if (digits() == 0) return false;
    }
    return at == text.size() && std::isfinite(std::strtod(std::string(text).c_str(), nullptr));
  }
  static bool is_number(Element element) {
    std::string_view text;
    return element.get(text) == simdjson::SUCCESS && is_number(text);
  }

  bool read_labels(Element metric) {
    labels_.clear();
    Object object;
    if (metric.get(object) != simdjson::SUCCESS) return false;
    std::size_t count = 0;
    for (const auto& [name, element] : object) {
      std::string_view value;
      if (element.get(value) != simdjson::SUCCESS) return false;
      if (++count > 64) continue;
      ((labels_ += name) += '\0') += value;
      labels_ += '\0';
    }
    return true;
  }

  std::optional<Array> pair(Element point, double& seconds) {
    Array array;
    if (point.get(array) != simdjson::SUCCESS || array.size() != 2) return std::nullopt;
    if (array.at(0).get(seconds) != simdjson::SUCCESS) return std::nullopt;
    // Half a millisecond beyond the last time that nanoseconds hold; a double is not that exact.
    const double beyond = std::fabs(seconds) - 9223372036.8545;
    near_limit = near_limit || std::fabs(beyond) < 1e-3;
    if (beyond > 0) return std::nullopt;
    return array;
  }

  std::optional<OracleSample> read_point(Element point) {
    OracleSample sample;
    std::string_view text;
    const auto array = pair(point, sample.seconds);
    if (!array || array->at(1).get(text) != simdjson::SUCCESS || !is_number(text)) return std::nullopt;
    sample.text = text;
    return sample;
  }

  bool read_buckets(Element element) {
    Array buckets;
    if (element.get(buckets) != simdjson::SUCCESS || buckets.size() > 4096) return false;
    for (const Element item : buckets) {
      Array bucket;
      std::uint64_t bounds = 0;
      if (item.get(bucket) != simdjson::SUCCESS || bucket.size() != 4) return false;
      if (bucket.at(0).get(bounds) != simdjson::SUCCESS || bounds > 3) return false;
      zero_bounds = zero_bounds || bounds == 0;
      for (std::size_t i = 1; i < 4; ++i) {
        if (!is_number(bucket.at(i).value_unsafe())) return false;
      }
    }
    return true;
  }

  std::optional<OracleSample> read_histogram(Element point) {
    OracleSample sample;
    Object object;
    const auto array = pair(point, sample.seconds);
    if (!array || array->at(1).get(object) != simdjson::SUCCESS) return std::nullopt;
    Element count;
    Element sum;
    Element buckets;
    if (object.at_key("count").get(count) != simdjson::SUCCESS || !is_number(count)) return std::nullopt;
    if (object.at_key("sum").get(sum) != simdjson::SUCCESS || !is_number(sum)) return std::nullopt;
    if (object.at_key("buckets").get(buckets) == simdjson::SUCCESS && !read_buckets(buckets)) return std::nullopt;
    sample.histogram = true;
    return sample;
  }

  bool read_vector(Element element) {
    Object object;
    if (element.get(object) != simdjson::SUCCESS) return false;
    bool has_metric = false;
    std::optional<OracleSample> value;
    std::optional<OracleSample> histogram;
    for (const auto& [key, part] : object) {
      if (key == "metric" && !has_metric) {
        if (!(has_metric = read_labels(part))) return false;
      } else if (key == "value" && !value) {
        if (!(value = read_point(part))) return false;
      } else if (key == "histogram" && !value && !histogram) {
        if (!(histogram = read_histogram(part))) return false;
      }
    }
    if (!has_metric || (!value && !histogram)) return false;
    add(value ? *value : *histogram);
    return true;
  }

  bool read_matrix(Element element) {
    Object object;
    Element metric;
    if (element.get(object) != simdjson::SUCCESS) return false;
    if (object.at_key("metric").get(metric) != simdjson::SUCCESS || !read_labels(metric)) return false;
    bool entered = false;
    bool seen_values = false;
    bool seen_histograms = false;
    for (const auto& [key, part] : object) {
      const bool histograms = key == "histograms";
      bool& seen = histograms ? seen_histograms : seen_values;
      if ((!histograms && key != "values") || seen) continue;
      seen = true;
      Array points;
      if (part.get(points) != simdjson::SUCCESS) {
        if (!entered) return false;
        ++wrong;
        continue;
      }
      entered = true;
      for (const Element point : points) {
        const auto sample = histograms ? read_histogram(point) : read_point(point);
        if (sample) {
          add(*sample);
        } else {
          ++wrong;
        }
      }
    }
    return entered;
  }

  void add(OracleSample sample) {
    sample.labels = labels_;
    samples.push_back(std::move(sample));
  }

  std::string labels_;
};
