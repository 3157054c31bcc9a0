#include "gateway/router/unit.h"

#include <doctest/doctest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "codecs/line_protocol.h"

using namespace gw::router;
using codecs::FieldValue;

namespace {

constexpr auto yobi_index = static_cast<std::size_t>(Prefix::yobi);
constexpr auto events_index = static_cast<std::size_t>(Measure::events);
constexpr std::int64_t int_max = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t int_min = std::numeric_limits<std::int64_t>::min();
constexpr std::uint64_t uint_max = std::numeric_limits<std::uint64_t>::max();
constexpr double infinity = std::numeric_limits<double>::infinity();

std::string dump(const std::optional<Unit>& unit) { return unit ? short_text(*unit) : "none"; }

std::string dump(const FieldValue& value) {
  std::string text;
  codecs::append_field_value(text, value);
  return text;
}

Prefix prefix(std::string_view text) {
  const auto read = parse_prefix(text);
  REQUIRE(read);
  return read.value_or(Prefix::base);
}

}  // namespace

TEST_CASE("units are read as they are spelled and written as cc-lib writes them") {
  const auto check = [](std::string_view text, std::string_view want) {
    CAPTURE(text);
    CHECK(dump(parse_unit(text)) == want);
  };
  check("B", "B");
  check("b", "B");
  check("byte", "B");
  check("Bytes", "B");
  check("BYtes", "B");
  check("kB", "KB");
  check("KByte", "KB");
  check("MbYtes", "MB");
  check("MByte/s", "MB/s");
  check("MBytes/sec", "MB/s");
  check("GiB", "GiB");
  check("gib/second", "GiB/s");
  check("kiB", "KiB");
  check("F", "Flops");
  check("Flop", "Flops");
  check("flops/s", "Flops/s");
  check("GF/s", "GFlops/s");
  check("MFLOPS/S", "MFlops/s");
  check("flop/byte", "Flops/B");
  check("%", "%");
  check("percent", "%");
  check("Percent", "%");
  check("percentage", "%");
  check("degC", "degC");
  check("degc", "degC");
  check("°C", "degC");
  check("°c", "degC");
  check("degF", "degF");
  check("°f", "degF");
  check("rpm", "RPM");
  check("rPm", "RPM");
  check("Hz", "Hz");
  check("hertz", "Hz");
  check("MHz", "MHz");
  check("kHz", "KHz");
  check("s", "s");
  check("sec", "s");
  check("secs", "s");
  check("Seconds", "s");
  check("ms", "ms");
  check("W", "W");
  check("Watt", "W");
  check("watts", "W");
  check("mW", "mW");
  check("MW", "MW");
  check("J", "J");
  check("Joule", "J");
  check("kJ", "KJ");
  check("cy", "cyc");
  check("cyc", "cyc");
  check("Cycles", "cyc");
  check("req", "requests");
  check("reqs", "requests");
  check("requests/s", "requests/s");
  check("pkt", "packets");
  check("packets", "packets");
  check("Packets/s", "packets/s");
  check("event", "events");
  check("EveNts", "events");
  check("kevents/s", "Kevents/s");
}

TEST_CASE("a letter is a prefix where it can be one") {
  const auto check = [](std::string_view text, std::string_view want) {
    CAPTURE(text);
    CHECK(dump(parse_unit(text)) == want);
  };
  // There are no thousandths of these, so m is M.
  check("mb", "MB");
  check("mflops", "MFlops");
  check("mpackets/s", "Mpackets/s");
  check("mevents", "Mevents");
  check("mcyc", "Mcyc");
  check("mrequests", "Mrequests");
  check("mHz", "mHz");
  check("mJ", "mJ");
  check("mdegC", "mdegC");
  // P and E begin measures too.
  check("Ppackets", "Ppackets");
  check("ppackets", "Ppackets");
  check("PB", "PB");
  check("pb", "PB");
  check("eB", "EB");
  check("Eevents", "Eevents");
  check("EiB", "EiB");
  check("PiB", "PiB");
  check("Ps", "Ps");
  check("us", "us");
  check("nW", "nW");
  check("usec/event", "us/events");
  check("ps", "none");  // picoseconds, zeptojoules and yoctowatts
  check("zJ", "none");
  check("yW", "none");
  check("ZB", "ZB");
  check("yB", "YB");
  // Percent has none.
  check("k%", "%");
  check("Mpercent", "%");
  check("x%", "none");
  check("mi%", "none");
}

TEST_CASE("what is no unit, or not surely the one it begins like, is none") {
  for (const std::string_view text :
       {"",          "1",     "none",    "ratio",    "count",    "ops",      "IOPS",        "min",     "h",
        "V",         "A",     "T",       "P",        "E",        "k",        "Ki",          "i",       "/",
        "/s",        "B/",    "B//s",    "B/s/s",    "GB/min",   "B/op",     "kB/ms",       "MT/s",    "µs",
        "us/ms",     "nm",    "miB",     "iB",       "kilobyte", "Megabyte", "celsius",     "C",       "Celsius",
        "DegC",      "DEGF",  "PERCENT", "pct",      "bit",      "bits",     "bps",         "Mbit/s",  "Mbps",
        "Gbit/s",    "kWh",   "Wh",      "VA",       "state",    "status",   "socket",      "sockets", "foobar",
        "fan",       "fps",   "fs",      "Java",     "jobs",     "joules!",  "watts per",   "by",      "bytess",
        " B",        "B ",    "kB\n",    "B\xff",    "rpms",     "herz",     "Hzz",         "ent",     "requestz",
        "packets s", "degCx", "°",       "\xb0\x43", "s/",       "W/h",      "Joules/op",   "MB/s,",   "kkB",
        "KKiB",      "Kib/i", "mm",      "Bytes/s²", "B.s",      "s^2",      "requests/min"}) {
    CAPTURE(text);
    CHECK(dump(parse_unit(text)) == "none");
  }
  CHECK(!parse_unit(std::string_view("B\0", 2)));
}

TEST_CASE("prefixes are read by their letters") {
  const auto check = [](std::string_view text, double want) {
    CAPTURE(text);
    const auto read = parse_prefix(text);
    REQUIRE(read);
    CHECK(convert(1.0, *read, Prefix::base) == FieldValue(want));
  };
  check("", 1);
  check("k", 1e3);
  check("K", 1e3);
  check("M", 1e6);
  check("g", 1e9);
  check("G", 1e9);
  check("T", 1e12);
  check("P", 1e15);
  check("E", 1e18);
  check("Z", 1e21);
  check("Y", 1e24);
  check("m", 1e-3);
  check("u", 1e-6);
  check("n", 1e-9);
  check("Ki", 1024);
  check("ki", 1024);
  check("Mi", 1048576);
  check("Gi", 1073741824);
  check("Ti", 1099511627776);
  check("Pi", 1125899906842624);
  check("Ei", 0x1p60);
  check("Zi", 0x1p70);
  check("Yi", 0x1p80);
  for (const std::string_view text : {"mi", "i", "kilo", "Mega", "KI", "U", "µ", "x", " ", "kk", "KB"}) {
    CAPTURE(text);
    CHECK(!parse_prefix(text));
  }
}

TEST_CASE("what is written is read as the same unit") {
  std::size_t same = 0;
  std::size_t refused = 0;
  for (std::size_t p = 0; p <= yobi_index; ++p) {
    for (std::size_t m = 0; m <= events_index; ++m) {
      for (std::size_t d = 0; d <= events_index + 1; ++d) {
        Unit unit{.measure = static_cast<Measure>(m)};
        if (d <= events_index) unit.denominator = static_cast<Measure>(d);
        const auto changed = with_prefix(unit, static_cast<Prefix>(p));
        if (!changed) {
          ++refused;
          continue;
        }
        CAPTURE(short_text(*changed));
        CHECK(parse_unit(short_text(*changed)) == changed);
        ++same;
      }
    }
  }
  constexpr std::size_t denominators = events_index + 2;
  CHECK(refused == (yobi_index + 6) * denominators);  // percent with all but none; m of six
  CHECK(same == (yobi_index + 1) * (events_index + 1) * denominators - refused);
}

TEST_CASE("a unit changes its prefix but not to one that says something else") {
  const auto check = [](std::string_view text, std::string_view to, std::string_view want) {
    CAPTURE(text);
    CAPTURE(to);
    const auto unit = parse_unit(text);
    REQUIRE(unit);
    CHECK(dump(with_prefix(*unit, prefix(to))) == want);
  };
  check("kB", "M", "MB");
  check("MByte/s", "", "B/s");
  check("Flops/s", "G", "GFlops/s");
  check("s", "m", "ms");
  check("s", "u", "us");
  check("us", "", "s");
  check("nJ", "u", "uJ");
  check("W", "m", "mW");
  check("degC", "k", "KdegC");
  check("packets", "P", "Ppackets");
  check("B", "m", "none");
  check("events", "m", "none");
  check("%", "k", "none");
  check("%", "", "%");
}

TEST_CASE("integers stay exact or become doubles") {
  const auto check = [](FieldValue value, std::string_view from, std::string_view to, std::string_view want) {
    CAPTURE(dump(value));
    CAPTURE(from);
    CAPTURE(to);
    CHECK(dump(convert(value, prefix(from), prefix(to))) == want);
  };
  constexpr auto i = [](std::int64_t value) { return value; };
  constexpr auto u = [](std::uint64_t value) { return value; };
  check(i(1500), "", "k", "1.5");
  check(i(2000), "", "k", "2i");
  check(i(-2000), "", "k", "-2i");
  check(i(-1500), "", "k", "-1.5");
  check(i(500), "M", "G", "0.5");
  check(u(1500), "", "k", "1.5");
  check(u(2000), "", "k", "2u");
  check(i(3), "k", "", "3000i");
  check(u(3), "G", "M", "3000u");
  check(i(0), "", "Y", "0i");
  check(u(0), "Y", "n", "0u");
  check(i(7), "", "", "7i");
  check(i(1), "", "k", "0.001");
  check(i(999), "m", "", "0.999");
  check(i(1000), "m", "", "1i");
  check(u(7), "", "n", "7000000000u");
  check(u(4), "Ki", "", "4096u");
  check(u(4096), "", "Ki", "4u");
  check(u(1), "Ki", "M", "0.001024");
  check(u(1000000), "Ki", "M", "1024u");
  check(u(15625), "Ki", "M", "16u");  // 15625 * 1024 / 10^6
  check(u(1), "M", "Ki", "976.5625");
  check(u(16), "M", "Ki", "15625u");
  check(u(1), "Gi", "G", "1.073741824");
}

TEST_CASE("conversions at the limits of 64 bits") {
  const auto check = [](FieldValue value, std::string_view from, std::string_view to, FieldValue want) {
    CAPTURE(dump(value));
    CAPTURE(from);
    CAPTURE(to);
    const FieldValue converted = convert(value, prefix(from), prefix(to));
    CAPTURE(dump(converted));
    CHECK(converted == want);
  };
  check(int_max, "", "", int_max);
  check(int_min, "", "", int_min);
  check(uint_max, "", "", uint_max);
  check(int_max, "k", "", 9223372036854775807e3);
  check(int_min, "k", "", -9223372036854775808e3);
  check(uint_max, "k", "", 18446744073709551615e3);
  check(int_max, "", "k", 9223372036854775.807);
  check(int_min, "", "k", -9223372036854775.808);
  check(std::int64_t{9223372036854775}, "k", "", std::int64_t{9223372036854775000});
  check(std::int64_t{9223372036854776}, "k", "", 9223372036854776000.0);
  check(std::int64_t{-9223372036854775}, "k", "", std::int64_t{-9223372036854775000});
  check(std::uint64_t{18446744073709551}, "k", "", std::uint64_t{18446744073709551000U});
  check(std::uint64_t{18446744073709552}, "k", "", 18446744073709552000.0);
  check(int_min, "", "Ki", std::int64_t{-9007199254740992});
  check(std::int64_t{-9007199254740992}, "Ki", "", int_min);  // as far as int64 goes
  check(std::int64_t{9007199254740992}, "Ki", "", 0x1p63);
  check(std::int64_t{9007199254740991}, "Ki", "", std::int64_t{9223372036854774784});
  check(std::uint64_t{9007199254740992}, "Ki", "", std::uint64_t{1} << 63);
  check(std::uint64_t{1} << 63, "", "Ei", std::uint64_t{8});
  check(std::uint64_t{18000000000000000000U}, "", "E", std::uint64_t{18});
  check(std::uint64_t{18000000000000000001U}, "", "E", 18.0);
  // What is taken goes first, so that what stays fits.
  check(std::uint64_t{18446744073709551600U}, "M", "Ki", 18446744073709551600e6 / 1024);
  check(std::uint64_t{16000000000000000U}, "M", "Ki", std::uint64_t{15625000000000000000U});
  check(std::uint64_t{5} << 40, "n", "", 5497.55813888);
  check(std::int64_t{1}, "Yi", "n", 0x1p80 * 1e9);
  check(std::int64_t{1}, "n", "Y", 1e-33);
}

TEST_CASE("doubles are rounded once and other kinds stay") {
  const auto check = [](FieldValue value, std::string_view from, std::string_view to, FieldValue want) {
    CAPTURE(dump(value));
    CAPTURE(from);
    CAPTURE(to);
    CHECK(convert(value, prefix(from), prefix(to)) == want);
  };
  check(1500.0, "", "k", 1.5);
  check(1234.0, "", "M", 0.001234);  // 1234 * 1e-6 is 0.0012339999999999999
  check(4.35, "", "", 4.35);
  check(-2.5, "G", "M", -2500.0);
  check(1.0, "Ki", "M", 0.001024);
  check(1e308, "k", "", infinity);
  check(-infinity, "", "k", -infinity);
  check(1e303, "M", "Gi", 1e303 * 15625 / 0x1p24);
  check(5e-324, "", "k", 0.0);
  check(true, "", "k", true);
  check(codecs::StringValue{"1000"}, "", "k", codecs::StringValue{"1000"});
}
