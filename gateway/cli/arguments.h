#pragma once
#include <expected>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/cli/commands.h"

namespace gw::cli {

/// An option that a command knows.
struct Option {
  std::string_view name;   ///< "--config"
  std::string_view value;  ///< "FILE" in --help; empty for a flag
};

/// A command's arguments, read against the options it knows. -h stands for --help.
class Options {
 public:
  /// The error is the whole text for the user, e.g. "unknown option '--confg', did you mean '--config'?".
  /// What is no option goes to `files`; where that is null, it is an error.
  static std::expected<Options, std::string> parse(Arguments arguments, std::span<const Option> known,
                                                   std::vector<std::string>* files = nullptr);

  bool has(std::string_view name) const { return values_.contains(name); }
  std::optional<std::string> value(std::string_view name) const;

 private:
  std::map<std::string, std::string, std::less<>> values_;
};

}  // namespace gw::cli
