#include "gateway/cli/arguments.h"

#include <fmt/format.h>

#include <algorithm>

#include "gateway/base/suggest.h"

namespace gw::cli {

std::expected<Options, std::string> Options::parse(Arguments arguments, std::span<const Option> known,
                                                   std::vector<std::string>* files) {
  Options options;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    std::string_view argument = arguments[i] == "-h" ? "--help" : arguments[i];
    std::optional<std::string_view> attached;  // --config=FILE
    if (const std::size_t equals = argument.find('='); argument.starts_with("--") && equals != std::string_view::npos) {
      attached = argument.substr(equals + 1);
      argument = argument.substr(0, equals);
    }
    const auto found = std::find_if(known.begin(), known.end(), [&](const Option& o) { return o.name == argument; });
    if (found == known.end()) {
      if (files != nullptr && !argument.starts_with('-')) {
        files->emplace_back(argument);
        continue;
      }
      if (!argument.starts_with('-')) return std::unexpected(fmt::format("unexpected argument '{}'", argument));
      std::vector<std::string_view> names;
      for (const Option& option : known) names.push_back(option.name);
      const std::string_view near = nearest(argument, names);
      return std::unexpected(near.empty() ? fmt::format("unknown option '{}'", argument)
                                          : fmt::format("unknown option '{}', did you mean '{}'?", argument, near));
    }
    if (found->value.empty()) {
      if (attached) return std::unexpected(fmt::format("option '{}' takes no value", argument));
      options.values_.emplace(argument, "");
      continue;
    }
    if (!attached && i + 1 == arguments.size())
      return std::unexpected(fmt::format("option '{}' needs a value: {} {}", argument, argument, found->value));
    const std::string value(attached ? *attached : arguments[++i]);
    if (!options.values_.emplace(argument, value).second)
      return std::unexpected(fmt::format("option '{}' is given twice", argument));
  }
  return options;
}

std::optional<std::string> Options::value(std::string_view name) const {
  const auto found = values_.find(name);
  if (found == values_.end()) return std::nullopt;
  return found->second;
}

}  // namespace gw::cli
