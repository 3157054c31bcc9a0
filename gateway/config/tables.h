#pragma once
// The tables of the file, read by the read_*.cc. What is wrong goes to the reader's problems.

#include <string>
#include <string_view>
#include <vector>

#include "gateway/config/config.h"
#include "gateway/config/reader.h"

namespace gw::config {

/// Reports what keeps `token` from being one token of a subject. `shown` is how it stands in the file.
void check_token(Reading& reading, Position where, std::string_view key, std::string_view token,
                 std::string_view shown);

/// [gateway]
Gateway read_gateway(TableReader& table);
/// [nats]
Nats read_nats(TableReader& table);
/// Why `url` is not nats://host[:port] or tls://host[:port] (static text, never a part of the URL), or "".
std::string_view nats_url_problem(std::string_view url);
/// [[source]]
Source read_source(TableReader& table);
/// The [[source.query]] of a source. `rule` is how they read the host name where they do not say.
void read_queries(TableReader& source, const HostnameRule& rule, std::vector<Query>& into);
/// The keys of the host name, in [[source]] and in [[source.query]].
void read_hostname(TableReader& table, HostnameRule& rule);
/// [router]. `metrics` is what it subscribes to where it does not say. What is wrong with its rules goes to `rules`.
Router read_router(TableReader& table, const std::string& metrics, rules::LoadedRules& rules);
/// [[sink]]
Sink read_sink(TableReader& table);

}  // namespace gw::config
