#pragma once
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/config/config.h"
#include "gateway/config/input_file.h"
#include "gateway/config/problem.h"
#include "gateway/router/rules/load_rules.h"

namespace gw::config {

struct Loaded {
  std::string file;
  Config config;                  ///< usable only where ok()
  std::vector<Problem> problems;  ///< by position, but for those of rules
  rules::LoadedRules rules;       ///< of [router]: the file that it names, or the keys of its own
  /// Every key that the tables of this file may hold, as "source.query.metric". The tests compare the manual with it.
  std::vector<std::string> known_keys;
  bool ok() const { return count(Problem::Severity::error) == 0; }
  std::size_t count(Problem::Severity severity) const;
  /// How many there are: "gateway.toml: 1 error; router.json: 2 errors, 1 warning".
  std::string totals() const;
  /// Each problem of that kind as file:line:column: [warning: ]text
  std::vector<std::string> lines(Problem::Severity severity) const;
  /// All of them, a line each; below those of rules stands where with a caret.
  std::string report() const;
};

/// The environment, as an argument.
using Environment = std::function<std::optional<std::string>(std::string_view name)>;
Environment process_environment();

/// Reads the file and reports every problem in one pass. Touches no network; secret files are looked at (are they
/// there, who may read them), not read.
Loaded load_file(const std::string& path, const Environment& environment, Pipes pipes = Pipes::refused);
/// The same for text; `name` stands for the file in the report, relative paths are taken from its folder.
Loaded load_text(std::string_view text, const std::string& name, const Environment& environment);

}  // namespace gw::config
