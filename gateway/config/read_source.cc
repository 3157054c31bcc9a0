#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "gateway/config/tables.h"
#include "gateway/config/types.h"

namespace gw::config {
namespace {

constexpr Seconds interval_min{1};
constexpr Seconds interval_max{24 * 3600};

struct HeaderRule {
  std::string_view name;  ///< in lower case
  bool secret;            ///< its value may come by ${ENV} only; else: the gateway sets it itself
};
constexpr std::array<HeaderRule, 7> header_rules{{{"authorization", true},
                                                  {"cookie", true},
                                                  {"proxy-authorization", true},
                                                  {"x-api-key", true},
                                                  {"content-length", false},
                                                  {"content-type", false},
                                                  {"transfer-encoding", false}}};

std::string lower(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

/// A name as RFC 9110 allows it.
bool is_header_name(std::string_view name) {
  return !name.empty() && name.find_first_not_of(
                              "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"
                              "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == std::string_view::npos;
}

/// A URL with the path of the API, from a browser or from curl; /api/v1/query itself is put up with.
bool names_api(std::string_view url) {
  if (url.ends_with("/api/v1/query")) return false;
  std::string_view path = url.substr(0, url.find_first_of("?#"));
  while (path.ends_with('/')) path.remove_suffix(1);
  return path.ends_with("/api/v1") || path.ends_with("/api/v1/query") || path.ends_with("/api/v1/query_range");
}

void read_headers(TableReader& table, bool has_login, std::map<std::string, std::string>& into) {
  Reading& reading = table.reading();
  for (auto& [name, text] : table.entries("headers")) {
    const std::string folded = lower(name.value);
    const auto* rule = std::find_if(header_rules.begin(), header_rules.end(),
                                    [&folded](const HeaderRule& row) { return row.name == folded; });
    if (!is_header_name(name.value)) {
      reading.error(name.where, fmt::format("{} is no name of an HTTP header", in_quotes(name.value)));
    } else if (std::any_of(text.value.begin(), text.value.end(),
                           [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; })) {
      reading.error(text.where, fmt::format("header '{}' holds a control character", name.value));
    } else if (rule != header_rules.end() && !rule->secret) {
      reading.error(name.where, fmt::format("header '{}' is set by the gateway itself, remove it", name.value));
    } else if (rule != header_rules.end() && text.value == text.shown) {
      reading.error(text.where, fmt::format("the secret in header '{}' must not stand in the file itself: use "
                                            "${{VARIABLE}} for it, or user and password_file, or bearer_token_file",
                                            name.value));
    } else if (folded == "authorization" && has_login) {
      reading.error(name.where,
                    fmt::format("header '{}' and a login stand both in {}, remove one", name.value, table.title()));
    } else {
      into.insert_or_assign(name.value, text.value);
    }
  }
}

void read_login(TableReader& table, Source& source) {
  if (const auto user = table.text("user")) source.user = user->value;
  source.password = table.secret("password");
  source.bearer_token = table.secret("bearer_token");
  const bool user = table.given("user");
  const bool password = table.given("password") || table.given("password_file");
  const bool bearer = table.given("bearer_token") || table.given("bearer_token_file");
  if (user && !password) table.missing("password_file", "password_file = \"/etc/cc-gateway/prometheus.password\"");
  if (password && !user) table.missing("user", "user = \"gateway\"");
  if ((user || password) && bearer) {
    table.reading().error(
        table.where(table.given("bearer_token") ? "bearer_token" : "bearer_token_file"),
        fmt::format("{} logs in both with a password and with a bearer token, remove one", table.title()));
  }
}

}  // namespace

Source read_source(TableReader& table) {
  Source source;
  source.where = table.where();
  Reading& reading = table.reading();
  source.name = table.name("name = \"prometheus\"");
  if (!table.has("type")) table.missing("type", "type = \"prometheus\"");
  if (const auto type = table.choice("type", source_types)) source.type = *type;
  if (const auto url = table.required("url", "url = \"http://127.0.0.1:9090\"")) {
    source.url = url->value;
    std::string problem = http::url_problem(source.url);
    if (problem.empty() && names_api(source.url))
      problem = "it is what stands before /api/v1/query, for example: \"http://127.0.0.1:9090\"";
    if (!problem.empty()) reading.error(url->where, fmt::format("'url' in {}: {}", table.title(), problem));
  }

  const bool interval_known =
      table.seconds("interval", interval_min, interval_max, source.interval) || !table.has("interval");
  table.duration("delay", Milliseconds{0}, interval_max, source.delay);
  if (interval_known && source.delay >= source.interval) {
    reading.error(table.where("delay"), "'delay' must be shorter than 'interval'");
  }
  // A dead host's last sample must not be stored as if it were new; one scrape may be late or fail.
  Seconds max_age = std::max(Seconds{120}, 2 * source.interval);
  table.seconds("max_age", Seconds{1}, 2 * interval_max, max_age);
  source.max_age = max_age;
  table.duration("timeout", Milliseconds{100}, Seconds{600}, source.timeout);

  read_login(table, source);
  const bool has_login = table.given("user") || !source.bearer_token.empty();
  read_headers(table, has_login, source.headers);
  if (const auto tls = table.tls("tls")) source.tls = *tls;
  table.size("response_bytes_max", 1 << 10, 1 << 30, source.response_bytes_max);
  table.count("samples_max", 1, 1'000'000'000, source.samples_max);

  HostnameRule rule;
  read_hostname(table, rule);
  read_queries(table, rule, source.queries);
  table.finish();
  return source;
}

}  // namespace gw::config
