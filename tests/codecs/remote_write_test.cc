#include "codecs/remote_write.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <string>

#include "codecs/remote_write_encode.h"
#include "codecs/snappy_block.h"
#include "tests/codecs/allocations.h"
#include "tests/codecs/protobuf.h"

using namespace codecs;
using namespace codecs::remote_write;
using proto::label;
using proto::sample;

namespace {

std::string show(std::span<const Label> labels) {
  std::string out = "{";
  for (const Label& one : labels)
    out += (out.size() > 1 ? "," : "") + std::string(one.name) + "=" + std::string(one.value);
  return out + "}";
}

std::string show(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%g", value);
  return is_stale(value) ? "stale" : text.data();
}

std::string show(const Metadata& metadata) {
  return std::to_string(static_cast<int>(metadata.type)) + "/" + std::string(metadata.family) + "/" +
         std::string(metadata.help) + "/" + std::string(metadata.unit);
}

std::string show(const Series& series) {
  std::string out = std::string(series.name) + show(series.labels);
  for (const Sample& one : series.samples) {
    out += " " + show(one.value) + "@" + std::to_string(one.time_ms);
    if (one.start_ms != 0) out += "<" + std::to_string(one.start_ms);
  }
  for (const NativeHistogram& one : series.histograms)
    out += " histogram(" + show(one.count()) + "," + show(one.sum) + ")@" + std::to_string(one.time_ms);
  for (const Exemplar& one : series.exemplars)
    out += " exemplar" + show(one.labels) + show(one.value) + "@" + std::to_string(one.time_ms);
  if (series.metadata != Metadata()) out += " " + show(series.metadata);
  if (series.empty_labels > 0) out += " empty:" + std::to_string(series.empty_labels);
  return out;
}

std::string dump(Version version, const std::string& body) {
  Decoder decoder;
  decoder.reset(version, body);
  std::string out;
  for (Step step = decoder.next(); step != Step::end; step = decoder.next()) {
    if (step == Step::error) {
      CHECK(decoder.error().line == 1);
      CHECK(decoder.error().column == decoder.error().offset + 1);
      out += std::string(decoder.error().reason) + " @" + std::to_string(decoder.error().offset);
    } else {
      out += decoder.is_metadata() ? "metadata " + show(decoder.metadata()) : show(decoder.series());
    }
    out += "\n";
  }
  CHECK(decoder.next() == Step::end);
  return out;
}

/// A v1 request of series with these contents.
template <class... Content>
std::string v1(const Content&... content) {
  return (proto::bytes(1, content) + ...);
}

/// A v2 request of series with these contents, and symbols "" __name__ up a 1 b 2.
template <class... Content>
std::string v2(const Content&... content) {
  std::string out;
  for (const char* const symbol : {"", "__name__", "up", "a", "1", "b", "2"}) out += proto::bytes(4, symbol);
  return out + (proto::bytes(5, content) + ...);
}
/// Where its first series' content starts.
constexpr std::size_t v2_first = 30;

std::string refs(std::initializer_list<std::uint64_t> numbers) {
  std::string packed;
  for (const std::uint64_t number : numbers) packed += proto::varint(number);
  return proto::bytes(1, packed);
}

const std::string up = label("__name__", "up");

std::string histogram(std::uint32_t field, const std::string& more = {}) {
  return proto::bytes(field, proto::number(1, 3) + proto::floating(3, 7.5) + proto::bytes(11, proto::number(2, 2)) +
                                 proto::bytes(12, proto::zigzag(2) + proto::zigzag(-1)) + proto::number(15, 9) + more);
}

}  // namespace

TEST_CASE("v1: a series has labels, samples, exemplars and histograms") {
  const auto check = [](const std::string& body, std::string_view want) { CHECK(dump(Version::v1, body) == want); };
  check("", "");
  check(v1(up + label("job", "n") + sample(1.5, 1000)), "up{__name__=up,job=n} 1.5@1000\n");
  check(v1(up + sample(1, 1) + sample(2, 2), up + sample(3, -3)), "up{__name__=up} 1@1 2@2\nup{__name__=up} 3@-3\n");
  check(v1(up + proto::bytes(2, "")), "up{__name__=up} 0@0\n");
  check(v1(up), "up{__name__=up}\n");
  check(v1(up + proto::bytes(3, label("trace_id", "x") + proto::floating(2, 4) + proto::number(3, 8)) +
           proto::bytes(3, "")),
        "up{__name__=up} exemplar{trace_id=x}4@8 exemplar{}0@0\n");
  check(v1(up + histogram(4)), "up{__name__=up} histogram(3,7.5)@9\n");
  check(v1(up + sample(1, 1) + histogram(4)), "up{__name__=up} 1@1 histogram(3,7.5)@9\n");
}

TEST_CASE("v1: metadata stands beside the series") {
  const std::string help =
      proto::number(1, 2) + proto::bytes(2, "fam") + proto::bytes(4, "what it is") + proto::bytes(5, "s");
  CHECK(dump(Version::v1, proto::bytes(3, help)) == "metadata 2/fam/what it is/s\n");
  CHECK(dump(Version::v1, v1(up + sample(1, 1)) + proto::bytes(3, help) + v1(up)) ==
        "up{__name__=up} 1@1\nmetadata 2/fam/what it is/s\nup{__name__=up}\n");
  CHECK(dump(Version::v1, proto::bytes(3, proto::number(1, 99))) == "metadata 0///\n");
  CHECK(dump(Version::v1, proto::bytes(3, proto::bytes(4, "a\xff")) + v1(up)) ==
        "text is not valid UTF-8 @5\nup{__name__=up}\n");
}

TEST_CASE("v2: labels are references to symbols") {
  const auto check = [](const std::string& body, std::string_view want) { CHECK(dump(Version::v2, body) == want); };
  check(v2(refs({1, 2, 3, 4}) + sample(1.5, 1000)), "up{__name__=up,a=1} 1.5@1000\n");
  check(v2(refs({1, 2}) + proto::bytes(2, proto::number(2, 5) + proto::number(3, 4))), "up{__name__=up} 0@5<4\n");
  check(v2(refs({1, 2}) + histogram(3)), "up{__name__=up} histogram(3,7.5)@9\n");
  check(v2(refs({1, 2}) + proto::bytes(4, refs({3, 4}) + proto::floating(2, 4) + proto::number(3, 8))),
        "up{__name__=up} exemplar{a=1}4@8\n");
  // Where they stand makes no difference, nor in how many pieces they come.
  check(proto::bytes(4, "") + proto::bytes(5, refs({1, 2}) + sample(1, 1)) + proto::bytes(4, "__name__") +
            proto::bytes(4, "x"),
        "x{__name__=x} 1@1\n");
  check(v2(proto::number(1, 1) + proto::number(1, 2) + sample(1, 1) + refs({3}) + refs({}) + refs({4})),
        "up{__name__=up,a=1} 1@1\n");
}

TEST_CASE("v2: metadata belongs to a series, and comes in pieces that add up") {
  const auto check = [](const std::string& metadata, std::string_view want) {
    CHECK(dump(Version::v2, v2(refs({1, 2}) + sample(1, 1) + metadata)) == want);
  };
  check(proto::bytes(5, ""), "up{__name__=up} 1@1\n");
  check(proto::bytes(5, proto::number(1, 1) + proto::number(3, 3) + proto::number(4, 5)),
        "up{__name__=up} 1@1 1//a/b\n");
  check(proto::bytes(5, proto::number(1, 1) + proto::number(3, 3)) + proto::bytes(5, proto::number(4, 5)),
        "up{__name__=up} 1@1 1//a/b\n");
  check(proto::bytes(5, proto::number(3, 99)), "reference to a symbol that is not there @49\n");
}

TEST_CASE("v2: what breaks the rules is told, and the next series goes on") {
  const auto check = [](const std::string& content, std::string_view reason, std::size_t at) {
    const std::string good = refs({1, 2}) + sample(2, 2);
    CHECK(dump(Version::v2, v2(content, good)) ==
          std::string(reason) + " @" + std::to_string(v2_first + at) + "\nup{__name__=up} 2@2\n");
  };
  check(refs({1, 7}) + sample(1, 1), "reference to a symbol that is not there", 2);
  check(refs({7, 1}) + sample(1, 1), "reference to a symbol that is not there", 2);
  check(proto::number(1, 1) + proto::number(1, 4294967295), "reference to a symbol that is not there", 0);
  check(refs({1, 2, 3}) + sample(1, 1), "label without a value: odd number of references", 0);
  check(refs({1, 2}) + proto::bytes(4, refs({3})), "label without a value: odd number of references", 6);
  check(refs({1, 2}) + sample(1, 1) + histogram(3), "series has both samples and histograms", 0);
  check(refs({1, 2}), "series has no samples", 0);
  check(refs({3, 4}) + sample(1, 1), "series without a metric name", 0);
  check(sample(1, 1), "series without a metric name", 0);
  check(proto::bytes(1, "\x80"), "protobuf: a number is cut off", 2);
  check(refs({1, 2}) + "\x12\x05", "protobuf: a field is longer than what holds it", 4);
}

TEST_CASE("v2: the first symbol must be the empty text") {
  CHECK(dump(Version::v2, proto::bytes(4, "x") + v2(refs({1, 2}) + sample(1, 1))) ==
        "the first symbol is not the empty text @2\n");
  CHECK(dump(Version::v2, proto::bytes(5, refs({0, 0}) + sample(1, 1))) ==
        "reference to a symbol that is not there @4\n");
  CHECK(dump(Version::v2, "") == "");
}

TEST_CASE("v2: a symbol that is no UTF-8 makes those bad that use it") {
  const std::string body = proto::bytes(4, "") + proto::bytes(4, "__name__") + proto::bytes(4, "up") +
                           proto::bytes(4, "\xff") + proto::bytes(5, refs({1, 3}) + sample(1, 1)) +
                           proto::bytes(5, refs({1, 2}) + sample(1, 1));
  CHECK(dump(Version::v2, body) == "text is not valid UTF-8 @23\nup{__name__=up} 1@1\n");
}

TEST_CASE("labels: what is tolerated and what makes a series bad") {
  const auto check = [](const std::string& labels, std::string_view want) {
    CAPTURE(labels);
    CHECK(dump(Version::v1, v1(labels + sample(1, 1), up)) == std::string(want) + "\nup{__name__=up}\n");
  };
  check(label("b", "2") + up + label("a", "1"), "up{b=2,__name__=up,a=1} 1@1");
  check(up + label("empty", "") + label("x", "1"), "up{__name__=up,x=1} 1@1 empty:1");
  check(up + proto::bytes(1, proto::bytes(1, "x")), "up{__name__=up} 1@1 empty:1");
  check(up + label("", "1"), "label without a name @22");
  check(up + label("x", "1") + label("x", "2"), "two labels with the same name @30");
  check(label("x", "1") + up + label("x", "2"), "two labels with the same name @30");
  check(up + label("long_name_1", "1") + label("long_name_1", ""), "two labels with the same name @40");
  check(up + label("long_name_2", "1") + label("long_name_1", "1"), "up{__name__=up,long_name_2=1,long_name_1=1} 1@1");
  check(up + label("ab", "1") + label("abc", "1"), "up{__name__=up,ab=1,abc=1} 1@1");
  check(up + label(std::string("a\0", 2), "1") + label("a", "1"), std::string("up{__name__=up,a\0=1,a=1} 1@1", 28));
  check(label("__name__", ""), "series without a metric name @2");
  check(label("__name_", "up"), "series without a metric name @2");
  check("", "series without a metric name @2");
  check(label("__name__", "\xc3\xa4") + label("\xe2\x82\xac", "\xf0\x9f\x98\x80"),
        "\xc3\xa4{__name__=\xc3\xa4,\xe2\x82\xac=\xf0\x9f\x98\x80} 1@1");
  check(up + label("x", "a\xff"), "text is not valid UTF-8 @26");
  check(up + label("a\xed\xa0\x80", "x"), "text is not valid UTF-8 @23");
  // Long ones, odd ones: last wins, unknown fields are passed over, names may follow values.
  check(up + label(std::string(200, 'n'), std::string(300, 'v')),
        "up{__name__=up," + std::string(200, 'n') + "=" + std::string(300, 'v') + "} 1@1");
  check(up + proto::bytes(1, proto::bytes(2, "1") + proto::bytes(1, "no") + proto::number(9, 1) + proto::bytes(1, "x")),
        "up{__name__=up,x=1} 1@1");
}

TEST_CASE("a label is read alike in its short form and by the general reader, whatever its lengths") {
  for (std::size_t name = 1; name < 130; ++name) {
    for (std::size_t value = 1; value < 130; ++value) {
      // An unknown field behind it keeps the label from having the short form.
      const std::string n(name, 'n');
      const std::string v(value, 'v');
      const std::string short_form = v1(up + label(n, v));
      const std::string long_form =
          v1(up + proto::bytes(1, proto::bytes(1, n) + proto::bytes(2, v) + proto::number(9, 1)));
      if (dump(Version::v1, short_form) != dump(Version::v1, long_form)) FAIL(name << " " << value);
    }
  }
}

TEST_CASE("unknown fields are skipped, and known ones of another wire type are unknown") {
  const std::string unknown = proto::number(99, 1) + proto::bytes(98, "x") + proto::floating(97, 1) +
                              proto::tag(96, 5) + "abcd" + proto::tag(95, 3) + proto::number(1, 1) + proto::tag(95, 4);
  CHECK(dump(Version::v1, unknown + v1(unknown + up + unknown +
                                       proto::bytes(2, unknown + proto::floating(1, 1) + unknown) + unknown)) ==
        "up{__name__=up} 1@0\n");
  CHECK(dump(Version::v2, unknown + v2(unknown + refs({1, 2}) + unknown + sample(1, 1))) == "up{__name__=up} 1@1\n");
  const std::string other = proto::number(1, 1) + proto::number(2, 1) + proto::number(3, 1) + proto::number(4, 1);
  CHECK(dump(Version::v1, other + v1(other + up + proto::bytes(2, proto::number(1, 1) + proto::floating(2, 1)))) ==
        "up{__name__=up} 0@0\n");
  CHECK(dump(Version::v1, v1(up + proto::bytes(4, proto::bytes(1, "") + proto::number(2, 1) + proto::bytes(3, "") +
                                                      proto::number(8, 1) + proto::floating(9, 1) +
                                                      proto::number(10, 1)))) == "up{__name__=up} histogram(0,0)@0\n");
  // Fields that only v2 has.
  CHECK(dump(Version::v1, v1(up + proto::bytes(2, proto::number(2, 5) + proto::number(3, 4)))) ==
        "up{__name__=up} 0@5\n");
  CHECK(dump(Version::v2, v2(refs({1, 2}) + sample(1, 1) + proto::number(6, 77))) == "up{__name__=up} 1@1\n");
}

TEST_CASE("the other version's request is an empty one, as the schemas want it, but told from one that is empty") {
  const auto check = [](Version version, const std::string& body, bool all_unknown) {
    Decoder decoder;
    decoder.reset(version, body);
    CHECK(decoder.next() == Step::end);
    CHECK(decoder.errors() == 0);
    CHECK(decoder.all_unknown() == all_unknown);
  };
  check(Version::v2, v1(up + sample(1, 1)), true);
  check(Version::v1, v2(refs({1, 2}) + sample(1, 1)), true);
  check(Version::v2, proto::bytes(3, proto::bytes(2, "up")), true);
  check(Version::v1, proto::number(1, 1), true);
  check(Version::v1, "", false);
  check(Version::v2, "", false);
  check(Version::v2, proto::bytes(4, ""), false);

  const auto known = [](Version version, const std::string& body) {
    Decoder decoder;
    decoder.reset(version, body);
    while (decoder.next() != Step::end) continue;
    return !decoder.all_unknown();
  };
  CHECK(known(Version::v1, proto::bytes(3, proto::bytes(2, "up"))));
  CHECK(known(Version::v1, v1("") + proto::bytes(4, "")));
  CHECK(known(Version::v2, proto::bytes(4, "x")));
  CHECK(known(Version::v2, proto::bytes(5, "")));
  CHECK(known(Version::v1, "\x22\x7f"));
}

TEST_CASE("broken protobuf within a series is that series' error; in the request it is the last") {
  const std::string good = v1(up + sample(1, 1));
  CHECK(dump(Version::v1, good + v1(up + "\x12\x7f") + good) ==
        "up{__name__=up} 1@1\nprotobuf: a field is longer than what holds it @49\nup{__name__=up} 1@1\n");
  CHECK(dump(Version::v1, good + "\x0a\x7f" + good) ==
        "up{__name__=up} 1@1\nprotobuf: a field is longer than what holds it @31\n");
  CHECK(dump(Version::v1, good + proto::tag(0, 2) + good) ==
        "up{__name__=up} 1@1\nprotobuf: no field starts here @31\n");
  CHECK(dump(Version::v1, v1(up + proto::bytes(2, "\x09")) + good) ==
        "protobuf: a field is longer than what holds it @20\nup{__name__=up} 1@1\n");
  const std::string two = v2(refs({1, 2}) + sample(1, 1));
  CHECK(dump(Version::v2, two + "\x0f" + two) ==
        "up{__name__=up} 1@1\nprotobuf: no such wire type @" + std::to_string(two.size()) + "\n");
  for (std::size_t size = 0; size < two.size(); ++size) dump(Version::v2, two.substr(0, size));
  for (std::size_t size = 0; size < good.size(); ++size) dump(Version::v1, good.substr(0, size));
}

TEST_CASE("nothing of a good series is left in a nameless one behind it") {
  const std::string named = up + sample(1, 1);
  CHECK(dump(Version::v1, v1(named, sample(2, 2)))
            .ends_with("series without a metric name @" + std::to_string(named.size() + 4) + "\n"));
  CHECK(dump(Version::v2, v2(refs({1, 2}) + sample(1, 1), sample(2, 2))).contains("series without a metric name"));
}

TEST_CASE("nothing of a bad series is left in the next one") {
  const std::string half = proto::bytes(3, label("left", "over") + "\x12");
  const std::string exemplar = proto::bytes(3, label("trace_id", "x"));
  CHECK(dump(Version::v1, v1(up + half, up + exemplar)) ==
        "protobuf: a field is longer than what holds it @34\nup{__name__=up} exemplar{trace_id=x}0@0\n");
  CHECK(dump(Version::v1, v1(up + sample(1, 1) + histogram(4) + label("x", "") + "\x12", up)) ==
        "protobuf: a field is longer than what holds it @61\nup{__name__=up}\n");
  CHECK(dump(Version::v2, v2(proto::number(1, 1), refs({1, 2}) + sample(1, 1))) ==
        "label without a value: odd number of references @30\nup{__name__=up} 1@1\n");
}

TEST_CASE("a stale marker is told from an ordinary NaN by its bits") {
  const double stale = std::bit_cast<double>(stale_bits);
  const double ordinary = std::bit_cast<double>(std::uint64_t{0x7ff8000000000001});
  CHECK(dump(Version::v1, v1(up + sample(stale, 1) + sample(ordinary, 2))) == "up{__name__=up} stale@1 nan@2\n");
  const std::string ended = proto::bytes(4, proto::number(1, 0) + proto::floating(3, stale) + proto::number(15, 9));
  CHECK(dump(Version::v1, v1(up + ended)) == "up{__name__=up} histogram(0,stale)@9\n");
}

TEST_CASE("a histogram is read with all its fields") {
  using proto::bytes;
  using proto::floating;
  using proto::number;
  using proto::zigzag;
  const std::string content = number(1, 99) + floating(2, 20.5) + floating(3, -1.5) + proto::tag(4, 0) + zigzag(-2) +
                              floating(5, 0.25) + number(6, 1) + floating(7, 2) +
                              bytes(8, proto::tag(1, 0) + zigzag(-7) + number(2, 1)) + bytes(10, proto::raw_double(4)) +
                              bytes(11, number(2, 1)) + bytes(11, number(1, 4) + number(2, 2)) + floating(13, 1) +
                              bytes(13, proto::raw_double(2) + proto::raw_double(3)) + number(14, 3) +
                              number(15, 1000) + number(17, 500);
  NativeHistogram want;
  want.is_float = true;
  want.count_float = 20.5;
  want.zero_count_float = 2;
  want.sum = -1.5;
  want.schema = -2;
  want.zero_threshold = 0.25;
  want.reset_hint = NativeHistogram::ResetHint::gauge;
  want.negative = {{{-7, 1}}, {}, {4}};
  want.positive = {{{0, 1}, {2, 2}}, {}, {1, 2, 3}};
  want.time_ms = 1000;
  want.start_ms = 500;
  const auto read = [](Version version, const std::string& body) {
    Decoder decoder;
    decoder.reset(version, body);
    REQUIRE(decoder.next() == Step::record);
    REQUIRE(decoder.series().histograms.size() == 1);
    return decoder.series().histograms[0];
  };
  CHECK(read(Version::v2, v2(refs({1, 2}) + bytes(3, content))) == want);
  want.start_ms = 0;
  CHECK(read(Version::v1, v1(up + bytes(4, content))) == want);

  const std::string custom = number(1, 6) + proto::tag(4, 0) + zigzag(-53) + bytes(11, number(2, 2)) +
                             proto::tag(12, 0) + zigzag(2) + bytes(12, zigzag(-1)) + bytes(16, proto::raw_double(1)) +
                             floating(16, 2);
  want = {};
  want.count_int = 6;
  want.schema = NativeHistogram::custom_buckets;
  want.positive = {{{0, 2}}, {2, -1}, {}};
  want.custom_values = {1, 2};
  CHECK(read(Version::v1, v1(up + bytes(4, custom))) == want);
}

TEST_CASE("of two forms of a count the last one stands, and the zero count follows the count") {
  const auto read = [](const std::string& content) {
    const std::string body = v1(up + proto::bytes(4, content));
    Decoder decoder;
    decoder.reset(Version::v1, body);
    REQUIRE(decoder.next() == Step::record);
    return decoder.series().histograms[0];
  };
  CHECK(read(proto::floating(2, 2) + proto::number(1, 3)).count() == 3);
  CHECK(read(proto::number(1, 3) + proto::floating(2, 2)).count() == 2);
  CHECK(read(proto::number(1, 3) + proto::floating(7, 2) + proto::number(6, 1)).zero_count() == 1);
  CHECK(read(proto::floating(2, 3) + proto::number(6, 1) + proto::floating(7, 2)).zero_count() == 2);
  CHECK(read(proto::floating(2, 3) + proto::number(6, 1)).zero_count() == 0);
  CHECK(read(proto::floating(7, 2) + proto::number(1, 3)) == read(proto::number(1, 3)));
  CHECK(read("") == NativeHistogram());
}

TEST_CASE("a bad histogram makes its series bad") {
  const auto check = [](const std::string& content, std::string_view reason) {
    CHECK(dump(Version::v1, v1(up + proto::bytes(4, content), up)) == std::string(reason) + " @20\nup{__name__=up}\n");
  };
  check(proto::tag(4, 0) + proto::zigzag(20), "histogram: unknown schema");
  check(proto::bytes(11, proto::number(2, 5)), "histogram: the spans are for another number of buckets");
  check(proto::bytes(12, "\x80"), "protobuf: a number is cut off");
  check(proto::bytes(13, "1234"), "protobuf: a number is cut off");
  check(proto::bytes(11, "\x08"), "protobuf: a field is longer than what holds it");
  check("\x08", "protobuf: a field is longer than what holds it");
}

TEST_CASE("what good series held is counted") {
  const std::string bad = sample(1, 1) + histogram(3) + proto::bytes(4, "");
  Decoder decoder;
  const std::string body = v2(refs({1, 2}) + sample(1, 1) + sample(2, 2) + proto::bytes(4, ""), bad,
                              refs({1, 2}) + histogram(3) + histogram(3) + histogram(3));
  decoder.reset(Version::v2, body);
  while (decoder.next() != Step::end) continue;
  CHECK(decoder.written() == Written{.samples = 2, .histograms = 3, .exemplars = 1});
  CHECK(decoder.errors() == 1);
  decoder.reset(Version::v2, "");
  CHECK(decoder.written() == Written());
  CHECK(decoder.errors() == 0);
}

TEST_CASE("every list has its limit") {
  const auto many = [](std::size_t count, auto one) {
    std::string out;
    for (std::size_t i = 0; i < count; ++i) out += one(i);
    return out;
  };
  const auto check = [](const std::string& within, const std::string& beyond, std::string_view reason) {
    CHECK(dump(Version::v1, v1(up + within)).starts_with("up{"));
    CHECK(dump(Version::v1, v1(up + beyond, up)).starts_with(reason));
    CHECK(dump(Version::v1, v1(up + beyond, up)).ends_with("\nup{__name__=up}\n"));
  };
  const auto labels = [&](std::size_t count) {
    return many(count, [](std::size_t i) { return label("l" + std::to_string(i), "v"); });
  };
  check(labels(labels_max - 1), labels(labels_max), "series with too many labels");
  check(proto::bytes(3, labels(labels_max)), proto::bytes(3, labels(labels_max + 1)), "series with too many labels");
  const auto samples = [&](std::size_t count) {
    return many(count, [](std::size_t) { return "\x12" + std::string(1, '\0'); });
  };
  check(samples(3), samples(samples_max + 1), "series with too many samples");
  const auto empties = [&](std::uint32_t field, std::size_t count) {
    return many(count, [&](std::size_t) { return proto::bytes(field, ""); });
  };
  check(empties(3, exemplars_max), empties(3, exemplars_max + 1), "series with too many exemplars");
  check(empties(4, histograms_max), empties(4, histograms_max + 1), "series with too many histograms");
  const auto spans = [&](std::size_t bytes) { return proto::bytes(4, proto::bytes(9, std::string(bytes, '\0'))); };
  check("", spans(histogram_list_bytes_max), "histograms with too many buckets");
  CHECK(dump(Version::v2, empties(4, symbols_max + 1)).starts_with("too many symbols"));
  std::string too_many_refs;
  for (std::size_t i = 0; i < 2 * labels_max + 2; ++i) too_many_refs += '\1';
  CHECK(dump(Version::v2, v2(proto::bytes(1, too_many_refs))).starts_with("series with too many labels"));
}

TEST_CASE("once its arrays have grown, decoding allocates nothing") {
  for (const Version version : {Version::v1, Version::v2}) {
    Encoder encoder(version);
    NativeHistogram one;
    one.count_int = 10;
    one.positive = {{{0, 2}}, {2, 1}, {}};
    const std::vector<Sample> samples{{1, 1000, 0}, {2, 2000, 0}};
    for (int i = 0; i < 100; ++i) {
      const std::string instance = "node" + std::to_string(i);
      const std::vector<Label> labels{{"__name__", "up"}, {"instance", instance}};
      const Exemplar exemplar{labels, 1, 1};
      Series series;
      series.labels = labels;
      if (i % 2 == 0) series.samples = samples;
      if (i % 2 == 1) series.histograms = std::span(&one, 1);
      series.exemplars = std::span(&exemplar, 1);
      REQUIRE(encoder.add(series).has_value());
    }
    const std::string body = encoder.take();
    Decoder decoder;
    const auto walk = [&] {
      decoder.reset(version, body);
      while (decoder.next() != Step::end) continue;
      return decoder.written();
    };
    const Written want{.samples = 100, .histograms = 50, .exemplars = 100};
    CHECK(walk() == want);
    const Allocations allocations;
    CHECK(walk() == want);
    CHECK(allocations.count() == 0);
  }
}

TEST_CASE("a hostile body of 1 KB costs at most 1 MB of memory, decompressed") {
  const auto check = [](Version version, std::string_view start, const std::string& unit, bool one_series) {
    CAPTURE(unit);
    std::string content(start);
    const std::size_t bytes = 21'000;  // of which snappy makes 1 KB
    while (content.size() + unit.size() <= bytes) content += unit;
    const std::string plain = one_series ? proto::bytes(version == Version::v1 ? 1 : 5, content) : content;
    Decoder decoder;
    const Allocations allocations;
    decoder.reset(version, plain);
    while (decoder.next() != Step::end) continue;
    CHECK(allocations.peak_bytes() <= 1'000'000);
  };
  using proto::bytes;
  for (std::uint32_t field = 1; field < 6; ++field) {
    for (const Version version : {Version::v1, Version::v2}) {
      check(version, "", bytes(field, ""), false);
      check(version, "", bytes(field, ""), true);
      check(version, "", proto::tag(field, 3), false);
      check(version, "", proto::tag(field, 3), true);
      check(version, "", bytes(field, bytes(1, "")), false);
      check(version, "", bytes(field, bytes(1, "")), true);
    }
  }
  check(Version::v1, "", bytes(4, bytes(8, "") + bytes(11, "")), true);
  check(Version::v1, "", bytes(4, bytes(12, std::string(100, '\0'))), true);
  check(Version::v1, "", bytes(4, bytes(16, proto::raw_double(0))), true);
  check(Version::v1, "", bytes(4, bytes(11, proto::number(2, 4294967295))), true);
  // Labels that go down: they are sorted to find doubles.
  std::string down;
  for (int i = 2000; i > 1000; --i) down += label(std::to_string(i), "");
  check(Version::v1, down, bytes(1, ""), true);
}
