#pragma once
// Pages of metrics from a seed, with what a decoder must find in them.

#include <array>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "codecs/exposition.h"
#include "tests/codecs/exposition_show.h"

/// Plain pages have what every reader takes: no names in quotes, and values and types that fit each other.
enum class Pages { all, plain };

class PageGenerator {
 public:
  PageGenerator(codecs::Exposition format, std::uint64_t seed, Pages pages = Pages::all)
      : open_(format == codecs::Exposition::openmetrics_1_0), plain_(pages == Pages::plain), random_(seed) {}

  /// A page of `families` families; every line is good.
  std::string page(std::size_t families) {
    page_.clear();
    want_.clear();
    samples_ = 0;
    for (std::size_t i = 0; i < families; ++i) add_family("f" + std::to_string(i) + "_" + name());
    if (open_) page_ += "# EOF\n";
    return page_;
  }
  /// What show_page gives for the last page.
  const std::string& want() const { return want_; }
  std::size_t samples() const { return samples_; }

 private:
  std::size_t below(std::size_t end) { return random_() % end; }
  bool chance(std::size_t percent) { return below(100) < percent; }
  std::string_view one_of(std::initializer_list<std::string_view> texts) { return texts.begin()[below(texts.size())]; }

  /// Text 0.0.4 takes any blanks, OpenMetrics the ones it demands.
  std::string blanks(bool demanded) {
    if (open_ || chance(80)) return demanded ? " " : "";
    return std::string(one_of({" ", "\t", "  ", " \t "}));
  }
  std::string name() {
    std::string out(1, "abcxyzABCXYZ_"[below(13)]);
    for (std::size_t i = below(20); i > 0; --i) out += "abcdefghijklmnopqrstuvwxyz0123456789_ABCXYZ"[below(43)];
    return out;
  }
  /// Plain text, and as it stands between quotes.
  std::pair<std::string, std::string> text() {
    std::string plain;
    std::string written;
    for (std::size_t i = below(chance(5) ? 200 : 12); i > 0; --i) {
      const std::string_view part =
          chance(70) ? std::string_view("x")
          : plain_   ? one_of({"\\", "\"", "\n", "å", "温", "\t", ",", "=", "/dev/sda1", "\\z"})
                     : one_of({"\\", "\"", "\n", " # {", "å", "温", "\t", "}", ",", "=", "/dev/sda1", "\\z"});
      plain += part;
      if (part == "\\z") {
        written += part;
      } else {
        for (const char c : part)
          written += c == '\n' ? "\\n" : c == '"' || c == '\\' ? std::string{'\\', c} : std::string(1, c);
      }
    }
    return {plain, written};
  }
  std::string labels(const std::vector<std::pair<std::string, std::string>>& fixed, bool may_be_absent) {
    std::vector<std::pair<std::string, std::string>> all = fixed;
    shown_.clear();
    for (std::size_t i = chance(2) ? below(60) : below(5); i > 0; --i)
      all.emplace_back("l" + std::to_string(i) + name(), "");
    if (all.empty() && may_be_absent && chance(70)) return "";
    std::string out = "{" + blanks(false);
    for (std::size_t i = 0; i < all.size(); ++i) {
      auto [plain, written] = i < fixed.size() ? std::pair(fixed[i].second, fixed[i].second) : text();
      const std::string key = all[i].first;
      out += (chance(3) && !plain_ ? "\"" + key + "\"" : key) + blanks(false) + "=" + blanks(false) + "\"" + written +
             "\"" + blanks(false);
      if (i + 1 < all.size() || (!open_ && chance(5))) out += "," + blanks(false);
      shown_ += (shown_.empty() ? "" : ",") + key + "=<" + plain + ">";
    }
    return out + "}";
  }
  std::string number(double& value) {
    if (plain_) {
      value = 1;
      return std::string(one_of({"1", "1.0", "+1", "001", "1e0", "10E-1"}));
    }
    if (chance(3)) {
      value = chance(50) ? std::numeric_limits<double>::infinity() : std::numeric_limits<double>::quiet_NaN();
      return std::string(value > 0 ? one_of({"+Inf", "Inf", "inf"}) : one_of({"NaN", "nan"}));
    }
    if (chance(50)) {
      value = static_cast<double>(below(100'000));
    } else if (chance(50)) {
      value = static_cast<double>(below(100'000'000)) / 1000 * (chance(10) ? -1 : 1);
    } else {
      value = std::bit_cast<double>(random_());
      if (!std::isfinite(value)) value = 0;
    }
    return show_number(value);
  }
  /// A timestamp after the last one, and how it is shown.
  std::string time(std::int64_t& last) {
    last += static_cast<std::int64_t>(below(1'000'000'000));
    shown_time_ = " @" + std::to_string(open_ ? last : last / 1'000'000 * 1'000'000);
    if (!open_) return std::to_string(last / 1'000'000);
    std::string fraction = std::to_string(1'000'000'000 + last % 1'000'000'000).substr(1);
    return std::to_string(last / 1'000'000'000) + "." + fraction;
  }

  void add_family(const std::string& family) {
    const std::string_view type =
        plain_ ? one_of({"counter", "gauge", "summary", "unknown", "info", "stateset"})
               : one_of({"counter", "gauge", "histogram", "summary", "unknown", "info", "stateset", "gaugehistogram"});
    std::string says;
    if (chance(90)) {
      const auto [plain, written] = text();
      std::string help;
      for (const char c : plain)
        help += c == '\n' ? "\\n" : c == '\\' ? "\\\\" : c == '"' && open_ ? "\\\"" : std::string(1, c);
      page_ += "# HELP " + family + " " + help + "\n";
      // Blanks before the text are the separator's.
      const std::size_t start = open_ ? 0 : std::min(plain.find_first_not_of(" \t"), plain.size());
      if (start < plain.size()) says = ": " + plain.substr(start);
    }
    page_ += "# TYPE " + family + " " + std::string(type) + "\n";
    if (!open_ && chance(10)) page_ += std::string(one_of({"\n", "# a comment\n", " \t\n", "#\n"}));
    family_ = " (" + family + " " + std::string(type) + says + ")";
    std::int64_t last = 1'722'945'600'000'000'000;
    for (std::size_t i = below(8); i > 0; --i) add_sample(family, type, last);
  }

  void add_sample(const std::string& family, std::string_view type, std::int64_t& last) {
    std::string sample = family;
    std::vector<std::pair<std::string, std::string>> fixed;
    bool exemplar = false;
    if (type == "counter" && open_) sample += "_total", exemplar = chance(30);
    if (type == "histogram" || type == "gaugehistogram") {
      sample += "_bucket", exemplar = chance(30);
      fixed.emplace_back("le", std::string(one_of({"0.5", "1", "1e+06", "+Inf"})));
    }
    if (type == "summary") fixed.emplace_back("quantile", std::string(one_of({"0", "0.5", "0.99", "1"})));
    if (type == "info" && open_) sample += "_info";
    if (type == "stateset") fixed.emplace_back(family, "on");
    double value = 0;
    // A label that tells each sample from the one before: a series has timestamps on all samples or on none.
    fixed.emplace_back("n", std::to_string(samples_++));
    std::string line = sample + blanks(false) + labels(fixed, true);
    want_ += sample + "{" + shown_ + "}";
    line += blanks(true) + number(value);
    want_ += " " + show_number(value);
    // The reference parser wants all samples of an info to have one or none.
    if (chance(40) && !(plain_ && type == "info")) {
      line += blanks(true) + time(last);
      want_ += shown_time_;
    }
    want_ += family_;
    if (exemplar && open_) {
      line += " # " + labels({}, false);
      want_ += " # {" + shown_ + "}";
      line += " " + number(value);
      want_ += " " + show_number(value);
    }
    page_ += line + blanks(false) + "\n";
    want_ += "\n";
  }

  bool open_;
  bool plain_;
  std::mt19937_64 random_;
  std::string page_;
  std::string want_;
  std::string family_;      ///< as shown
  std::string shown_;       ///< the labels that `labels` has written
  std::string shown_time_;  ///< the time that `time` has written
  std::size_t samples_ = 0;
};
