#pragma once
// What the tests of the configuration share.

#include <fmt/core.h>

#include <optional>
#include <string>
#include <string_view>

#include "gateway/config/load.h"

namespace config_test {

using gw::config::Loaded;

/// The environment of the tests.
inline std::optional<std::string> variable(std::string_view name) {
  if (name == "SET") return "value";
  if (name == "SECRET") return "hunter2";
  if (name == "EMPTY") return "";
  if (name == "LINES") return "a\nb";
  if (name == "BAD_TOKEN") return "a.hunter2";
  if (name == "BAD_URL") return "http://user:hunter2@host";
  return std::nullopt;
}

inline Loaded load(std::string_view text) { return gw::config::load_text(text, "g.toml", variable); }
inline std::string report(std::string_view text) { return load(text).report(); }

/// A file that is right but for the lines in the table of the test.
struct Table {
  std::string_view before;
  std::string_view after;
};
/// The lines begin at line 2.
inline constexpr Table gateway_table{"[gateway]\n", "\n[router]\n[[sink]]\nname='s'\ntype='stdout'\n"};
/// The lines begin at line 8.
inline constexpr Table nats_table{"[gateway]\ncluster='c'\n[router]\n[[sink]]\nname='s'\ntype='stdout'\n[nats]\n",
                                  "\n"};
/// The lines begin at line 7.
inline constexpr Table source_table{"[gateway]\ncluster='c'\n[[source]]\nname='s'\ntype='prometheus'\nurl='http://h'\n",
                                    "\n[[source.query]]\nmetric='m'\nquery='q'\n"};
/// The lines begin at line 10.
inline constexpr Table query_table{
    "[gateway]\ncluster='c'\n[[source]]\nname='s'\ntype='prometheus'\nurl='http://"
    "h'\n[[source.query]]\nmetric='m'\nquery='q'\n",
    "\n"};
/// The lines begin at line 8.
inline constexpr Table bare_query_table{
    "[gateway]\ncluster='c'\n[[source]]\nname='s'\ntype='prometheus'\nurl='http://h'\n[[source.query]]\n", "\n"};
/// The lines begin at line 4.
inline constexpr Table bare_source_table{"[gateway]\ncluster='c'\n[[source]]\n",
                                         "\n[[source.query]]\nmetric='m'\nquery='q'\n"};
/// The lines begin at line 7.
inline constexpr Table router_table{"[gateway]\ncluster='c'\n[[sink]]\nname='s'\ntype='stdout'\n[router]\n", "\n"};
/// The lines begin at line 8.
inline constexpr Table store_table{
    "[gateway]\ncluster='c'\n[router]\n[[sink]]\nname='s'\ntype='cc_metric_store'\nurl='http://h'\n", "\n"};
/// The lines begin at line 5.
inline constexpr Table sink_table{"[gateway]\ncluster='c'\n[router]\n[[sink]]\n", "\n"};

inline std::string with(const Table& table, std::string_view lines) {
  return fmt::format("{}{}{}", table.before, lines, table.after);
}
inline std::string report_in(const Table& table, std::string_view lines) { return report(with(table, lines)); }

/// A list of `count` strings that begin with `start`, as the value of `key`.
inline std::string list(std::string_view key, std::string_view start, int count) {
  std::string text = fmt::format("{}=[", key);
  for (int i = 0; i < count; ++i) text += fmt::format("'{}{}',", start, i);
  return text + "]";
}

}  // namespace config_test
