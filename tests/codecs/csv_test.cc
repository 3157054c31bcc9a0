#include "codecs/csv.h"

#include <doctest/doctest.h>

#include <random>
#include <string>

#include "tests/codecs/allocations.h"
#include "tests/codecs/chunked.h"
#include "tests/codecs/cpus.h"

using namespace codecs;

namespace {

/// A record as [a|b], an error as its place and reason.
std::string show(const CsvDecoder& decoder, Step step) {
  if (step == Step::error) {
    const DecodeError& error = decoder.error();
    return std::to_string(error.line) + ":" + std::to_string(error.column) + "@" + std::to_string(error.offset) + " " +
           std::string(error.reason) + " in '" + std::string(error.text) + "'\n";
  }
  std::string out = "[";
  for (const std::string_view cell : decoder.cells()) {
    if (out.size() > 1 || cell.data() != decoder.cells().front().data()) out += "|";
    out += cell;
  }
  return out + "]\n";
}

std::string dump(std::string_view body, Cpu cpu = best_cpu()) {
  CsvDecoder decoder(cpu);
  return walk_in_pieces(decoder, body, body.size() + 1, show);
}

}  // namespace

TEST_CASE("records and their cells") {
  const auto check = [](std::string_view in, std::string_view want) {
    CAPTURE(in);
    for (const Cpu cpu : cpus()) CHECK(dump(in, cpu) == want);
  };
  check("", "");
  check("a", "[a]\n");
  check("a,b\n", "[a|b]\n");
  check("a,b\r\n", "[a|b]\n");
  check("a,b\nc,d", "[a|b]\n[c|d]\n");
  check(",\n,,", "[|]\n[||]\n");
  check("\n\r\n a \n", "[]\n[]\n[ a ]\n");
  check("a\rb,c\r\r\n", "[a\rb|c\r]\n");
  check("a\r", "[a]\n");
  check("\xef\xbb\xbfµ,b\n\xef\xbb\xbf", "[µ|b]\n[\xef\xbb\xbf]\n");
}

TEST_CASE("quotes keep commas and newlines, doubled ones are one") {
  const auto check = [](std::string_view in, std::string_view want) {
    CAPTURE(in);
    for (const Cpu cpu : cpus()) CHECK(dump(in, cpu) == want);
  };
  check(R"("a","",b)", "[a||b]\n");
  check("\"a,b\",\"c\nd\"\n\"e\r\nf\"\r\ng", "[a,b|c\nd]\n[e\r\nf]\n[g]\n");
  check(R"("a""b","""","""""",c)", "[a\"b|\"|\"\"|c]\n");
  check("\"a\"\"b\"\r\n\"c\"\r", "[a\"b]\n[c]\n");
  check("\"\"\"\n", "1:1@0 unclosed quote in '\"\"\"'\n");
}

TEST_CASE("a bad record is told with its place, and its neighbours survive") {
  const auto check = [](std::string_view in, std::string_view want) {
    CAPTURE(in);
    for (const Cpu cpu : cpus()) CHECK(dump(in, cpu) == want);
  };
  check("a\nb,c\"d,e\nf\n", "[a]\n2:4@5 quote inside a cell in 'b,c\"d,e'\n[f]\n");
  check("a\nb,\"c\"d,e\r\nf\n", "[a]\n2:6@7 text after a closing quote in 'b,\"c\"d,e'\n[f]\n");
  check("a\n\"b\nc\" ,d\ne", "[a]\n3:3@7 text after a closing quote in '\"b\nc\" ,d'\n[e]\n");
  check("a,\"b\r\nc\nd", "1:3@2 unclosed quote in 'a,\"b'\n[c]\n[d]\n");
  check("\"a\r\"\nb", "[a\r]\n[b]\n");
  check("\"a\"\rb\nc", "1:4@3 text after a closing quote in '\"a\"\rb'\n[c]\n");
  check("\xef\xbb\xbf\"x", "1:1@3 unclosed quote in '\"x'\n");
}

TEST_CASE("lines are counted through quotes and errors") {
  CHECK(dump("\"a\nb\"\n\"c\nd\n\"e\nf\n\"g\"h\n") ==
        "[a\nb]\n5:2@12 text after a closing quote in '\"c\nd\n\"e'\n[f]\n7:4@19 text after a closing quote in "
        "'\"g\"h'\n");
}

TEST_CASE("a record may be refused by who reads it, at one of its cells") {
  CsvDecoder decoder;
  decoder.reset();
  decoder.feed("x\n\"a\nb\",\"c\",\"d\"\"\"\n", true);
  decoder.next();
  REQUIRE(decoder.next() == Step::record);
  const DecodeError error = decoder.refuse(decoder.cells()[1], "no c please");
  CHECK(error.line == 3);
  CHECK(error.column == 5);
  CHECK(error.offset == 9);
  CHECK(error.text == "\"a\nb\",\"c\",\"d\"\"\"");
  CHECK(decoder.refuse(decoder.cells()[2], "").offset == 2);
}

TEST_CASE("cut at every byte, a body gives what it gives as a whole") {
  const std::string body =
      "\xef\xbb\xbf"
      "a,b\r\n\r\n\"c\"\"d\",\"e\nf\",\"\"\r\n,\n\"g\"x\r\nh\"i\n\"j,k\r\n\"l\"\"\n" +
      std::string(70, 'm') + ",\"" + std::string(70, ',') + "\"\r\n\"unclosed\nn\no";
  for (const Cpu cpu : cpus()) {
    const std::string want = dump(body, cpu);
    CsvDecoder decoder(cpu);
    for (std::size_t cut = 0; cut <= body.size(); ++cut) {
      CAPTURE(cut);
      CHECK(walk_cut_at(decoder, body, cut, show) == want);
      if (cut > 0) CHECK(walk_in_pieces(decoder, body, cut, show) == want);
    }
  }
}

TEST_CASE("cells and records are bounded") {
  const auto commas = [](std::size_t count) { return dump(std::string(count, ',') + "\nx\n"); };
  CHECK(commas(csv_cells_max - 1) == "[" + std::string(csv_cells_max - 1, '|') + "]\n[x]\n");
  CHECK(commas(csv_cells_max).starts_with("1:4097@4096 too many cells in ',,,"));
  CHECK(commas(100'000).ends_with("\n[x]\n"));

  const std::string fits(csv_record_bytes_max, 'x');
  CHECK(dump(fits + "\ny") == "[" + fits + "]\n[y]\n");
  CHECK(dump(fits + "x\ny") == "1:1@0 record longer than 1 MiB in '" + fits + "x'\n[y]\n");
  // The quote is not followed beyond the limit, even where another chunk could close it.
  CsvDecoder decoder;
  decoder.reset();
  const std::string unclosed = "\"a\n" + fits + fits;
  decoder.feed(unclosed, false);
  REQUIRE(decoder.next() == Step::error);
  CHECK(decoder.error().reason == "unclosed quote");
  CHECK(decoder.error().text == "\"a");
}

TEST_CASE("a walk allocates nothing once its buffers have grown, and little on hostile bodies") {
  std::string body;
  for (int i = 0; i < 1000; ++i) body += "a,\"b\"\"c\",\"d\ne\",f\"g,\n,,,,,,,,\n";
  for (const Cpu cpu : cpus()) {
    CsvDecoder decoder(cpu);
    const auto walk = [&] {
      decoder.reset();
      decoder.feed(body, true);
      while (decoder.next() != Step::end) continue;
    };
    walk();
    const Allocations allocations;
    walk();
    CHECK(allocations.count() == 0);
  }
  for (const std::string& hostile : {std::string(1024, ','), std::string(1024, '"'), std::string(1024, '\n')}) {
    const Allocations allocations;
    CsvDecoder decoder;
    decoder.reset();
    decoder.feed(hostile, true);
    while (decoder.next() != Step::end) continue;
    CHECK(allocations.peak_bytes() < 64 << 10);
  }
}

TEST_CASE("all variants of the scan find the same in any bytes") {
  std::mt19937_64 random(7);
  for (int round = 0; round < 20'000; ++round) {
    std::string body;
    for (std::size_t size = random() % 200; size > 0; --size) body += ",,\"\"\n\rab"[random() % 8];
    CAPTURE(body);
    const std::string want = dump(body, Cpu::portable);
    for (const Cpu cpu : cpus()) CHECK(dump(body, cpu) == want);
    CsvDecoder decoder;
    CHECK(walk_in_pieces(decoder, body, 1 + random() % 100, show) == want);
  }
}
