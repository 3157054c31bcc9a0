#include "gateway/cli/recording.h"

#include <fmt/format.h>

#include <chrono>

#include "codecs/line_protocol.h"
#include "gateway/base/counted.h"
#include "gateway/base/printable.h"

namespace gw::cli {
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
    all.push_back(counted(counts.late, "value") +
                  " too late for aggregates, the interval had ended: sort the lines by time");
  if (counts.left_out > 0)
    all.push_back(counted(counts.left_out, "value") +
                  " left out of aggregates: of series beyond the most that are kept");
  return all;
}

std::vector<std::string> sentences(const router::RuleCounts& counts) {
  std::vector<std::string> all;
  if (counts.incomplete > 0)
    all.push_back(fmt::format("gave no aggregate {}: the host had no value of '{}'", counted(counts.incomplete, "time"),
                              counts.lacking));
  if (counts.partial > 0)
    all.push_back(fmt::format("gave no aggregate {}: values were left out", counted(counts.partial, "time")));
  return all;
}

}  // namespace gw::cli
