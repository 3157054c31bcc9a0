#include "codecs/timestamp.h"

namespace codecs {
namespace {

constexpr std::int64_t per_second(Precision precision) {
  switch (precision) {
    case Precision::seconds:
      return 1;
    case Precision::milliseconds:
      return 1'000;
    case Precision::microseconds:
      return 1'000'000;
    case Precision::nanoseconds:
      break;
  }
  return 1'000'000'000;
}

/// Division rounds towards zero: times before 1970 would round up.
std::int64_t floor_divide(std::int64_t dividend, std::int64_t divisor) {
  const std::int64_t quotient = dividend / divisor;
  return dividend % divisor < 0 ? quotient - 1 : quotient;
}

}  // namespace

Precision precision_of(std::int64_t timestamp) {
  const auto within = [timestamp](std::int64_t limit) { return timestamp > -limit && timestamp < limit; };
  if (within(5'000'000'000)) return Precision::seconds;
  if (within(5'000'000'000'000)) return Precision::milliseconds;
  if (within(5'000'000'000'000'000)) return Precision::microseconds;
  return Precision::nanoseconds;
}

std::int64_t to_seconds(std::int64_t timestamp, Precision precision) {
  return floor_divide(timestamp, per_second(precision));
}

std::optional<std::int64_t> to_nanoseconds(std::int64_t timestamp, Precision precision) {
  std::int64_t nanoseconds = 0;
  const std::int64_t factor = per_second(Precision::nanoseconds) / per_second(precision);
  if (__builtin_mul_overflow(timestamp, factor, &nanoseconds)) return std::nullopt;
  return nanoseconds;
}

std::int64_t from_nanoseconds(std::int64_t nanoseconds, Precision precision) {
  return floor_divide(nanoseconds, per_second(Precision::nanoseconds) / per_second(precision));
}

}  // namespace codecs
