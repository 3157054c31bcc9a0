#include "gateway/cli/recording.h"

#include <fmt/format.h>

#include <chrono>

#include "codecs/line_protocol.h"
#include "gateway/base/printable.h"
#include "gateway/config/units.h"

namespace gw::cli {
namespace {

/// As [router] has them.
constexpr Seconds interval_min{1};
constexpr Seconds interval_max = std::chrono::hours(24);

std::string number_of(std::uint64_t count, std::string_view what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

}  // namespace

std::optional<Seconds> parse_interval(std::string_view text) {
  const auto duration = config::parse_duration(text);
  if (!duration || *duration < interval_min || *duration > interval_max || *duration % Seconds(1) != Milliseconds(0))
    return std::nullopt;
  return std::chrono::duration_cast<Seconds>(*duration);
}

router::RouterOptions recording_options(Seconds interval) {
  router::RouterOptions options;
  options.aggregates.is_recording = true;
  options.aggregates.interval_ns = std::chrono::nanoseconds(interval).count();
  return options;
}

std::string shown(const router::Message& message, codecs::Precision precision) {
  std::string text;
  const auto written = codecs::append_message(text, message, codecs::Dialect::line_protocol_v2, precision);
  if (!written) return fmt::format("(no line: {})", written.error());
  text.pop_back();
  for (const auto& tag : message.meta)
    text += fmt::format("{}{}={}", &tag == message.meta.data() ? "   meta: " : ", ", tag.key, tag.value);
  return printable(text);
}

std::string shown(const router::RuleSet& rules, std::size_t rule) {
  const router::Rule& written = rules.rules[rule];
  return printable(fmt::format("{}:{}:{}: {}", rules.file, written.at.line, written.at.column, written.text));
}

std::vector<std::string> sentences(const router::AggregatorCounts& counts) {
  std::vector<std::string> all;
  if (counts.late > 0)
    all.push_back(number_of(counts.late, "value") + " came after their interval had ended: sort the lines by time");
  if (counts.left_out > 0)
    all.push_back(number_of(counts.left_out, "value") +
                  " for aggregates were left out, of series beyond the most that are kept");
  if (counts.partial > 0)
    all.push_back(number_of(counts.partial, "aggregate") + " not made: some of their values are of such series");
  if (counts.incomplete > 0)
    all.push_back(number_of(counts.incomplete, "aggregate") + " not made: a metric they name had no value");
  return all;
}

}  // namespace gw::cli
