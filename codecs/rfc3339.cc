// RFC 3339, section 5.6, as InfluxDB writes it (Go's time.RFC3339Nano):
//
//   time     = date ( "T" | "t" ) clock [ "." digit { digit } ] [ zone ] .      at most nine digits of a second
//   date     = year "-" month "-" day .                                         four, two and two digits
//   clock    = hour ":" minute ":" second .                                     two digits each, at most 23:59:59
//   zone     = "Z" | "z" | ( "+" | "-" ) hour ":" minute .
//
// A leap second is refused, as Go does: it has no nanosecond of its own.

#include "codecs/rfc3339.h"

#include <array>
#include <chrono>
#include <cstddef>

namespace codecs {
namespace {

constexpr std::int64_t second_ns = 1'000'000'000;
constexpr std::size_t clock_end = 19;  // of 2024-08-06T12:05:45
constexpr std::size_t decimals_max = 9;

/// Reads numbers at fixed places; remembers whether any of them was none.
class Digits {
 public:
  explicit Digits(std::string_view text) : text_(text) {}

  int two(std::size_t at) { return 10 * one(at) + one(at + 1); }
  int four(std::size_t at) { return 100 * two(at) + two(at + 2); }
  bool good() const { return good_; }

 private:
  int one(std::size_t at) {
    const auto digit = static_cast<unsigned>(text_[at]) - '0';
    good_ = good_ && digit <= 9;
    return static_cast<int>(digit & 0xf);
  }

  std::string_view text_;
  bool good_ = true;
};

/// Takes ".123" from the front of `rest`; false where that is no fraction of at most nine digits.
bool take_fraction(std::string_view& rest, std::int64_t& nanoseconds) {
  nanoseconds = 0;
  if (rest.empty() || rest.front() != '.') return true;
  std::size_t digits = 0;
  while (digits + 1 < rest.size() && rest[digits + 1] >= '0' && rest[digits + 1] <= '9') {
    if (++digits > decimals_max) return false;
    nanoseconds = 10 * nanoseconds + (rest[digits] - '0');
  }
  if (digits == 0) return false;
  constexpr std::array<std::int64_t, decimals_max + 1> scale = {second_ns, 100'000'000, 10'000'000, 1'000'000, 100'000,
                                                                10'000,    1'000,       100,        10,        1};
  nanoseconds *= scale[digits];
  rest.remove_prefix(digits + 1);
  return true;
}

/// Reads all of `zone` as seconds to the east of UTC.
bool read_zone(std::string_view zone, Zoneless zoneless, std::int64_t& seconds) {
  seconds = 0;
  if (zone.empty()) return zoneless == Zoneless::utc;
  if (zone == "Z" || zone == "z") return true;
  if (zone.size() != 6 || (zone[0] != '+' && zone[0] != '-') || zone[3] != ':') return false;
  Digits digits(zone);
  const int hour = digits.two(1);
  const int minute = digits.two(4);
  seconds = (zone[0] == '-' ? -60 : 60) * std::int64_t{60 * hour + minute};
  return digits.good() && hour <= 23 && minute <= 59;
}

}  // namespace

std::expected<std::int64_t, TimeProblem> parse_rfc3339(std::string_view text, Zoneless zoneless) {
  if (text.size() < clock_end) return std::unexpected(TimeProblem::malformed);
  Digits digits(text);
  const std::chrono::year_month_day date(std::chrono::year(digits.four(0)),
                                         std::chrono::month(static_cast<unsigned>(digits.two(5))),
                                         std::chrono::day(static_cast<unsigned>(digits.two(8))));
  const int hour = digits.two(11);
  const int minute = digits.two(14);
  const int second = digits.two(17);
  const bool marks = text[4] == '-' && text[7] == '-' && (text[10] | 0x20) == 't' && text[13] == ':' && text[16] == ':';
  if (!digits.good() || !marks || !date.ok() || hour > 23 || minute > 59 || second > 59) {
    return std::unexpected(TimeProblem::malformed);
  }

  std::string_view rest = text.substr(clock_end);
  std::int64_t nanoseconds = 0;
  std::int64_t east = 0;
  if (!take_fraction(rest, nanoseconds) || !read_zone(rest, zoneless, east)) {
    return std::unexpected(TimeProblem::malformed);
  }

  const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  std::int64_t seconds = ((days * 24 + hour) * 60 + minute) * 60 + second - east;
  // The first second that fits does so only from its middle on: both parts have to be negative there.
  if (seconds < 0 && nanoseconds > 0) {
    ++seconds;
    nanoseconds -= second_ns;
  }
  std::int64_t time_ns = 0;
  if (__builtin_mul_overflow(seconds, second_ns, &time_ns) || __builtin_add_overflow(time_ns, nanoseconds, &time_ns)) {
    return std::unexpected(TimeProblem::out_of_range);
  }
  return time_ns;
}

void append_rfc3339(std::string& out, std::int64_t time_ns) {
  const auto append = [&out](std::int64_t number, std::int64_t power) {
    for (; power > 0; power /= 10) out += static_cast<char>('0' + number / power % 10);
  };
  // The start of the first day does not fit 64 bits of nanoseconds.
  const std::chrono::nanoseconds since_1970(time_ns);
  const auto days = std::chrono::floor<std::chrono::days>(since_1970);
  const auto second = std::chrono::floor<std::chrono::seconds>(since_1970);
  const std::chrono::year_month_day date{std::chrono::sys_days(days)};
  const std::int64_t of_day = (second - days).count();
  const std::int64_t fraction = (time_ns % second_ns + second_ns) % second_ns;
  append(static_cast<int>(date.year()), 1000);
  out += '-';
  append(static_cast<unsigned>(date.month()), 10);
  out += '-';
  append(static_cast<unsigned>(date.day()), 10);
  out += 'T';
  append(of_day / 3600, 10);
  out += ':';
  append(of_day / 60 % 60, 10);
  out += ':';
  append(of_day % 60, 10);
  if (fraction != 0) {
    out += '.';
    append(fraction, second_ns / 10);
    while (out.back() == '0') out.pop_back();
  }
  out += 'Z';
}

}  // namespace codecs
