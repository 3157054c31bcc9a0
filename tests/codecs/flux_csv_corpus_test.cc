// Bodies of the tests of Flux and of the official clients, against what the JavaScript client makes of them.

#include <doctest/doctest.h>

#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>

#include "codecs/flux_csv.h"
#include "tests/codecs/corpora.h"
#include "tests/codecs/cpus.h"
#include "tests/codecs/differences/flux_csv.h"
#include "tests/codecs/flux_show.h"

using namespace codecs;
using nlohmann::json;

namespace {

/// A time's zeros at the end of its fraction say nothing.
std::string normal_time(std::string text) {
  if (text.find('.') == std::string::npos || !text.ends_with('Z')) return text;
  text.pop_back();
  while (text.back() == '0') text.pop_back();
  return text + "Z";
}

/// A cell as ShowFluxValue writes the value it stands for.
std::string show_cell(const std::string& type, const std::string& text) {
  if (text.empty()) return "null";
  if (type == "long") return text + "i";
  if (type == "unsignedLong") return text + "u";
  if (type == "double") return ShowFluxValue{}(std::strtod(text.c_str(), nullptr));
  if (type == "boolean") return text;
  if (type.starts_with("dateTime")) return normal_time(text);
  return "'" + text + "'";
}

/// All rows as lines; "error" where the client throws.
std::string want_of(const json& expected) {
  if (!expected.at("error").is_null()) return "error";
  std::string out;
  for (const json& table : expected.at("tables")) {
    for (const json& row : table.at("rows")) {
      std::size_t i = 0;
      for (const json& column : table.at("columns")) {
        const std::string type = column.value("dataType", "string");
        const std::string text = i < row.size() ? row.at(i).get<std::string>() : "";
        const std::string defaulted = text.empty() ? column.value("defaultValue", "") : text;
        out += column.at("label").get<std::string>() + ":" + type + (column.value("group", false) ? "*=" : "=") +
               show_cell(type, defaulted) + " ";
        ++i;
      }
      out += "\n";
    }
  }
  return out;
}

std::string decode(const std::string& body, Cpu cpu) {
  FluxDecoder decoder(cpu);
  decoder.reset();
  decoder.feed(body, true);
  std::string out;
  for (Step step = decoder.next(); step != Step::end; step = decoder.next()) {
    if (step == Step::error) return "error";
    const FluxRow& row = decoder.row();
    for (std::size_t i = 0; i < row.columns.size(); ++i) {
      const FluxColumn& column = row.columns[i];
      const std::string type(column.type_name.empty() ? "string" : column.type_name);
      out += std::string(column.name) + ":" + type + (column.group ? "*=" : "=") +
             std::visit(ShowFluxValue{}, row.values[i]) + " ";
    }
    out += "\n";
  }
  return out;
}

/// What the server said, "message|reference" a line.
std::string failures_of(const std::string& body) {
  FluxDecoder decoder;
  decoder.reset();
  decoder.feed(body, true);
  std::string out;
  for (Step step = decoder.next(); step != Step::end; step = decoder.next()) {
    if (step != Step::error || decoder.failure() == nullptr) continue;
    out += std::string(decoder.failure()->message) + "|" + std::string(decoder.failure()->reference) + "\n";
  }
  return out;
}

std::string want_failures_of(const json& expected) {
  std::string out;
  for (const json& table : expected.at("tables")) {
    if (table.at("columns").at(0).at("label") != "error") continue;
    for (const json& row : table.at("rows"))
      out += row.at(0).get<std::string>() + "|" + row.at(1).get<std::string>() + "\n";
  }
  return out;
}

}  // namespace

TEST_CASE("the bodies of the Flux clients' tests give what the JavaScript client reads, or an error") {
  const auto corpus = find_corpus("flux-csv");
  if (!corpus) return;
  const json inputs = json::parse(read_file(*corpus / "flux-csv-inputs.json"));
  const json expected = json::parse(read_file(*corpus / "expected-js-client-1.35.json"));
  REQUIRE(inputs.size() == expected.size());
  std::size_t agree = 0;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const std::string want = want_of(expected[i]);
    CHECK(failures_of(inputs[i].at("csv")) == want_failures_of(expected[i]));
    for (const Cpu cpu : cpus()) {
      const std::string got = decode(inputs[i].at("csv"), cpu);
      CAPTURE(i);
      CAPTURE(inputs[i].dump());
      CAPTURE(got);
      CAPTURE(want);
      CHECK((got == want) != flux_csv_differences.contains(i));
      if (cpu == best_cpu()) agree += got == want ? 1U : 0U;
    }
  }
  CHECK(inputs.size() == 98);
  std::printf("flux-csv: %zu of %zu, %zu deliberate differences\n", agree, inputs.size(), flux_csv_differences.size());
}
