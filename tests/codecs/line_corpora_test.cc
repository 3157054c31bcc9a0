// Lines of other programs, and what those programs say to them.

#include <doctest/doctest.h>

#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "codecs/gzip.h"
#include "codecs/line_protocol.h"
#include "tests/codecs/corpora.h"
#include "tests/codecs/differences/line_protocol.h"
#include "tests/codecs/line_tools.h"

using namespace codecs;
using namespace line_tools;
using nlohmann::json;

namespace {

/// How far we agree with a corpus but for a table of differences.
class Agreement {
 public:
  explicit Agreement(const line_differences::Table& differences) : differences_(differences) {}

  void judge(const std::string& key, bool same) {
    agree_ += same ? 1 : 0;
    ++cases_;
    if (!same) differ_.insert(key);
    CAPTURE(key);
    CHECK((same || differences_.contains(key)));
  }
  void print(const char* corpus, std::size_t cases) const {
    CHECK(cases_ == cases);
    for (const auto& [key, reason] : differences_) {
      CAPTURE(key);
      CHECK(differ_.contains(key));
    }
    std::printf("%s: %zu of %zu, %zu deliberate differences\n", corpus, agree_, cases_, differences_.size());
  }

 private:
  const line_differences::Table& differences_;
  std::set<std::string> differ_;
  std::size_t agree_ = 0;
  std::size_t cases_ = 0;
};

/// Good lines of a body survive being written and read again; answers how many there are and counts the bad ones.
std::size_t check_round_trip(std::string_view body, std::size_t& bad, Dialect dialect = Dialect::line_protocol_v2) {
  LineDecoder decoder({.dialect = dialect});
  decoder.reset(body);
  std::size_t good = 0;
  for (Step step; (step = decoder.next()) != Step::end;) {
    if (step == Step::error) {
      ++bad;
      continue;
    }
    ++good;
    CAPTURE(decoder.line().text);
    const auto message = to_message(decoder.line(), dialect, Precision::nanoseconds);
    REQUIRE(message);
    std::string again;
    REQUIRE(append_message(again, *message, dialect));
    LineDecoder second({.dialect = dialect});
    second.reset(again);
    REQUIRE(second.next() == Step::record);
    CHECK(to_message(second.line(), dialect, Precision::nanoseconds) == message);
  }
  return good;
}

/// True where no line of `body` is bad.
bool all_good(std::string_view body, Dialect dialect) {
  std::size_t bad = 0;
  LineDecoder decoder({.dialect = dialect});
  decoder.reset(body);
  for (Step step; (step = decoder.next()) != Step::end;) bad += step == Step::error ? 1 : 0;
  return bad == 0;
}

/// Each code point of the text is a byte of what was sent.
std::string from_latin_1(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x80) {
      out += text[i];
    } else {
      out += static_cast<char>((byte & 0x03) << 6 | (static_cast<unsigned char>(text[++i]) & 0x3f));
    }
  }
  return out;
}

}  // namespace

TEST_CASE("what Telegraf and VictoriaMetrics say to their test lines") {
  const auto corpus = find_corpus("lineprotocol-extracted");
  if (!corpus) return;
  for (const auto& [name, inputs, differences] :
       {std::tuple("telegraf", 174U, line_differences::telegraf),
        std::tuple("victoriametrics", 79U, line_differences::victoriametrics)}) {
    Agreement agreement(differences);
    std::size_t without_verdict = 0;
    for (const json& entry : json::parse(read_file(*corpus / (std::string(name) + ".json")))) {
      const std::string input = entry.at("Input");
      std::size_t bad = 0;
      for (const Dialect dialect : {Dialect::line_protocol_v2, Dialect::influxdb_1}) {
        check_round_trip(input, bad, dialect);
      }
      const std::string function = entry.at("Func");
      const bool helper = function == "TestNextUnquotedChar" || function == "TestNextUnescapedChar" ||
                          function == "TestUnescapeTagValue";
      if (helper || !entry.contains("ExpectError")) {
        ++without_verdict;
      } else {
        agreement.judge(input, all_good(input, Dialect::line_protocol_v2) != entry.at("ExpectError").get<bool>());
      }
    }
    agreement.print((std::string("lineprotocol-extracted ") + name).c_str(), inputs - without_verdict);
    std::printf("  and %zu without a verdict: walked, good lines written and read again\n", without_verdict);
  }
}

TEST_CASE("lines of Telegraf's plug-ins and of influxdb_iox decode and survive being written again") {
  for (const auto& [name, lines] : {std::pair("telegraf-lineprotocol", 2131U), std::pair("influx-iox-lp", 2072U)}) {
    const auto corpus = find_corpus(name);
    if (!corpus) return;
    std::size_t good = 0;
    std::size_t bad = 0;
    for (const auto& file : std::filesystem::directory_iterator(*corpus)) {
      const std::string file_name = file.path().filename();
      if (!file_name.ends_with(".out") && !file_name.ends_with(".lp")) continue;
      // Other formats: what outputs send, and the count of devices that smartctl finds.
      if (file_name.starts_with("outputs_") || file_name.starts_with("inputs_smartctl_testcases_scan_")) continue;
      CAPTURE(file_name);
      good += check_round_trip(read_file(file.path()), bad);
    }
    CHECK(bad == 0);
    std::printf("%s: %zu of %zu lines, 0 deliberate differences\n", name, good, good + bad);
    CHECK(good == lines);
  }
}

TEST_CASE("lines of QuestDB's clients") {
  const auto corpus = find_corpus("questdb-ilp");
  if (!corpus) return;
  Agreement agreement(line_differences::questdb);
  for (const json& entry : json::parse(read_file(*corpus / "ilp-client-interop-test.json"))) {
    const json& result = entry.at("result");
    if (result.at("status") != "SUCCESS") continue;
    const std::vector<std::string> lines = result.contains("line")
                                               ? std::vector<std::string>{result.at("line")}
                                               : result.at("anyLines").get<std::vector<std::string>>();
    for (const std::string& line : lines) agreement.judge(line, all_good(line, Dialect::line_protocol_v2));
  }
  agreement.print("questdb-ilp", 10);
}

TEST_CASE("bodies for Telegraf's listener, one of them compressed") {
  const auto corpus = find_corpus("telegraf-parsers");
  if (!corpus) return;
  std::size_t bad = 0;
  const auto body = gunzip(read_file(*corpus / "influx_listener/testmsgs.gz"), 1 << 20);
  REQUIRE(body);
  CHECK(check_round_trip(*body, bad) == 5);
  CHECK(check_round_trip(read_file(*corpus / "influx_listener/huge_metric"), bad) == 1);
  CHECK(bad == 0);
  std::puts("telegraf-parsers/influx_listener: 2 of 2, 0 deliberate differences");
}

TEST_CASE("what InfluxDB 1.6.7 answered to odd bodies") {
  const auto corpus = find_corpus("captured-influxdb1");
  if (!corpus) return;
  Agreement agreement(line_differences::influxdb_1);
  for (const json& exchange : json::parse(read_file(*corpus / "influxdb-1.6.7/INDEX.json"))) {
    const std::string name = exchange.at("name");
    if (!name.starts_with("w_")) continue;
    const json& body = exchange.at("request_body");
    const std::string lines = body.is_string() ? from_latin_1(body) : "";
    agreement.judge(name, all_good(lines, Dialect::influxdb_1) == (exchange.at("status") == 204));
  }
  agreement.print("captured-influxdb1 w_*", 52);
}
