// OpenMetrics against the reference parser, on good pages and on pages with a mistake in them.

#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "codecs/exposition.h"
#include "codecs/utf8.h"
#include "tests/codecs/corpora.h"
#include "tests/codecs/exposition_generate.h"

using namespace codecs;
using nlohmann::json;

namespace {

/// The pages' readings; null where there is no reference parser here.
json ask_reference(const std::vector<std::string>& pages) {
  const std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("openmetrics_reference." + std::to_string(::getpid()));
  std::filesystem::create_directory(folder);
  std::ofstream(folder / "pages") << json(pages);
  const std::string command = "/usr/bin/python3 " CC_GATEWAY_SOURCE_DIR "/tests/codecs/openmetrics_reference.py <" +
                              (folder / "pages").string() + " >" + (folder / "readings").string() + " 2>/dev/null";
  const int status = std::system(command.c_str());
  const json readings = status == 0 ? json::parse(read_file(folder / "readings")) : json();
  std::filesystem::remove_all(folder);
  return readings;
}

/// A small page of what OpenMetrics is made of, good or with one byte, line or value changed.
class PageMaker {
 public:
  std::string page() {
    std::string page = PageGenerator(Exposition::openmetrics_1_0, random_(), Pages::plain).page(1 + random_() % 3);
    if (random_() % 3 == 0) return page;
    const std::size_t at = random_() % page.size();
    switch (random_() % 4) {
      case 0:
        page.erase(at, 1 + random_() % 3);
        break;
      case 1:
        page.insert(at, one_of());
        break;
      case 2:
        page.replace(at, 1, one_of());
        break;
      default: {
        const std::size_t start = page.rfind('\n', at) + 1;
        page.insert(random_() % 2 == 0 ? start : 0, page.substr(start, page.find('\n', start) + 1 - start));
      }
    }
    return page;
  }

 private:
  std::string one_of() {
    static const std::vector<std::string> parts = {" ",    "\n", "\"", "{",   "}",       ",",  "=",
                                                   "#",    "\\", "1",  "-",   ".",       "e",  "_total",
                                                   "_sum", "a",  "_",  "NaN", "# EOF\n", "le", "\t"};
    return parts[random_() % parts.size()];
  }
  std::mt19937_64 random_{7};
};

std::vector<std::string> make_pages(std::size_t count) {
  PageMaker maker;
  std::vector<std::string> pages;
  while (pages.size() < count) {
    std::string page = maker.page();
    // JSON carries no other text, and Python would refuse it before it is parsed.
    if (valid_utf8_prefix(page) == page.size()) pages.push_back(std::move(page));
  }
  return pages;
}

struct Reading {
  json samples = json::array();
  std::string_view reason;  ///< of the first error
};

Reading read_page(std::string_view page) {
  Reading reading;
  ExpositionDecoder decoder(Exposition::openmetrics_1_0);
  decoder.reset();
  decoder.feed(page, true);
  for (Step step = decoder.next(); step != Step::end; step = decoder.next()) {
    if (step == Step::error) {
      if (reading.reason.empty()) reading.reason = decoder.error().reason;
      continue;
    }
    const ExpositionSample& sample = decoder.sample();
    json labels = json::array();
    for (const Label& label : sample.labels) labels.push_back({label.name, label.value});
    std::sort(labels.begin(), labels.end());
    const auto time = sample.time.nanoseconds;
    json read = {sample.name, labels, show_number(sample.value), time ? json(*time) : json()};
    // The reference parser drops what has the name, labels and time of the sample before it.
    const json& before = reading.samples.empty() ? json::array({"", "", "", ""}) : reading.samples.back();
    if (before[0] != read[0] || before[1] != read[1] || before[3] != read[3]) reading.samples.push_back(read);
  }
  return reading;
}

/// Python writes a number otherwise.
bool same_samples(json ours, json theirs) {
  if (ours.size() != theirs.size()) return false;
  for (std::size_t i = 0; i < ours.size(); ++i) {
    const std::string a = ours[i][2];
    const std::string b = theirs[i][2];
    const double x = std::strtod(a.c_str(), nullptr);
    const double y = std::strtod(b.c_str(), nullptr);
    if (!(x == y || (std::isnan(x) && std::isnan(y)))) return false;
    ours[i][2] = theirs[i][2] = nullptr;
  }
  return ours == theirs;
}

}  // namespace

TEST_CASE("OpenMetrics pages are read as the reference parser reads them") {
  // "This is a laxer parser than the main Go parser" (its documentation): it takes a value directly behind '}', a
  // byte behind a timestamp, a quote that a backslash escapes as the closing one, and "#x HELP".
  constexpr std::array lax_there = {"no value", "invalid timestamp", "unclosed quote",
                                    "neither HELP, TYPE, UNIT nor EOF behind '#'"};
  // What we do not judge, as differences/exposition.h says.
  constexpr std::array lax_here = {"ValueError: Exemplar labels are too long",
                                   "ValueError: Info samples can only",
                                   "ValueError: Stateset samples can only",
                                   "ValueError: Mix of timestamp presence",
                                   "ValueError: Counter-like samples",
                                   "ValueError: Quantile values cannot",
                                   "ValueError: Invalid timestamp"};
  const std::vector<std::string> pages = make_pages(3000);
  const json readings = ask_reference(pages);
  if (readings.is_null()) {
    MESSAGE("skipped: no python3-prometheus-client");
    return;
  }
  std::size_t same = 0;
  std::size_t both_refuse = 0;
  for (std::size_t i = 0; i < pages.size(); ++i) {
    const std::string& page = pages[i];
    const json& theirs = readings[i];
    const Reading ours = read_page(page);
    CAPTURE(page);
    CAPTURE(theirs.dump());
    CAPTURE(ours.samples.dump());
    CAPTURE(ours.reason);
    if (theirs.is_string()) {
      const auto is_reason = [&](std::string_view reason) { return theirs.get<std::string>().starts_with(reason); };
      CHECK((!ours.reason.empty() || std::ranges::any_of(lax_here, is_reason)));
      both_refuse += ours.reason.empty() ? 0u : 1u;
    } else if (!ours.reason.empty()) {
      CHECK(std::ranges::find(lax_there, ours.reason) != lax_there.end());
    } else {
      CHECK(same_samples(ours.samples, theirs));
      ++same;
    }
  }
  CHECK(same + both_refuse > pages.size() * 9 / 10);
  std::printf("pages read as by the reference parser: %zu alike, %zu refused by both, of %zu\n", same, both_refuse,
              pages.size());
}
