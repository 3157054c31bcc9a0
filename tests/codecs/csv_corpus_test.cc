// csv-spectrum: each file as a table whose first row names the columns, against the JSON beside it.

#include <doctest/doctest.h>

#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "codecs/csv.h"
#include "tests/codecs/corpora.h"
#include "tests/codecs/cpus.h"

using namespace codecs;
using nlohmann::json;

namespace {

json decode(const std::string& body, Cpu cpu) {
  CsvDecoder decoder(cpu);
  decoder.reset();
  decoder.feed(body, true);
  std::vector<std::string> names;
  json rows = json::array();
  for (Step step = decoder.next(); step != Step::end; step = decoder.next()) {
    REQUIRE(step == Step::record);
    if (names.empty()) {
      names.assign(decoder.cells().begin(), decoder.cells().end());
      continue;
    }
    REQUIRE(decoder.cells().size() == names.size());
    json& row = rows.emplace_back();
    for (std::size_t i = 0; i < names.size(); ++i) row[names[i]] = decoder.cells()[i];
  }
  return rows;
}

}  // namespace

TEST_CASE("the files of csv-spectrum give the JSON beside them") {
  const auto corpus = find_corpus("csv-spectrum");
  if (!corpus) return;
  std::size_t agree = 0;
  std::size_t files = 0;
  for (const auto& file : std::filesystem::directory_iterator(*corpus / "csvs")) {
    const std::string name = file.path().stem();
    CAPTURE(name);
    const json want = json::parse(read_file(*corpus / "json" / (name + ".json")));
    bool same = true;
    for (const Cpu cpu : cpus()) same = same && decode(read_file(file.path()), cpu) == want;
    CHECK(same);
    agree += same ? 1 : 0;
    ++files;
  }
  std::printf("csv-spectrum: %zu of %zu, 0 deliberate differences\n", agree, files);
  CHECK(files == 11);
}
