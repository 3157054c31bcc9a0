#pragma once
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/clock.h"
#include "gateway/config/input_file.h"
#include "gateway/config/problem.h"
#include "gateway/router/rule_set.h"
#include "gateway/router/rules/document.h"

namespace gw::rules {

/// A file that was read, and all that is wrong with it.
struct LoadedFile {
  std::string file;    ///< as it was named
  std::string source;  ///< its text
  std::vector<config::Problem> problems;

  /// Each problem as `file:line:column: text`, with the line of the file and a caret below it, but of very many only
  /// the first (see diagnoses()). Empty where there is none.
  std::string report() const;
};

struct LoadedRules : LoadedFile {
  std::shared_ptr<const router::RuleSet> rules;  ///< null where a problem is an error
  Seconds interval{60};                          ///< what they count in
};

/// Keys of [router] in a configuration that are no rules.
inline constexpr std::string_view router_settings[] = {"future_max", "grace", "interval",  "max_series",
                                                       "queue",      "rules", "subscribe", "topology"};

/// Whether the name says TOML: it ends in .toml, in small or capital letters. All else is JSON.
bool is_toml(std::string_view file);
/// JSON or TOML. There all rules may stand in a table [router], as in a configuration, whose other tables and settings
/// are passed over; but where `interval` is not given, its own is taken, else a minute. Without `topology`, rules that
/// ask for it are refused.
LoadedRules load_rules(const std::string& file, std::optional<Seconds> interval,
                       std::shared_ptr<const router::Topology> topology = nullptr,
                       config::Pipes pipes = config::Pipes::refused);
/// The same for `source`, the text of `file`.
LoadedRules read_rules_text(std::string source, std::string file, std::optional<Seconds> interval,
                            std::shared_ptr<const router::Topology> topology = nullptr);
/// The same for a document that was parsed, or the reason why not.
LoadedRules read_rules_parsed(Parsed parsed, std::string source, std::string file, std::optional<Seconds> interval,
                              std::shared_ptr<const router::Topology> topology = nullptr);
/// The text of a file, or why there is none.
std::expected<std::string, config::Problem> read_source(const std::string& file, config::Pipes pipes);

}  // namespace gw::rules
