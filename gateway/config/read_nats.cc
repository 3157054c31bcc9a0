#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

#include "gateway/config/tables.h"
#include "subjects/subject.h"

namespace gw::config {
namespace {

constexpr std::size_t urls_max = 16;

/// Why `port` is no ":4222", or "".
std::string_view port_problem(std::string_view port) {
  if (port.empty()) return {};
  std::uint16_t number = 0;
  const char* end = port.data() + port.size();
  const auto [stop, error] = std::from_chars(port.data() + 1, end, number);
  if (port.front() != ':' || error != std::errc{} || stop != end || number == 0) return "its port is not 1 to 65535";
  return {};
}

void read_urls(TableReader& table, Nats& nats) {
  const auto urls = table.texts("url");
  if (!urls) return;
  Reading& reading = table.reading();
  nats.url.clear();
  for (const Text& url : *urls) {
    nats.url.push_back(url.value);
    const std::string_view problem = nats_url_problem(url.value);
    if (!problem.empty()) {
      reading.error(url.where, fmt::format("'url' in [nats]: {}, for example: \"nats://127.0.0.1:4222\"", problem));
    }
  }
  if (urls->size() > urls_max) {
    reading.error(table.where("url"), fmt::format("'url' in [nats] names more than {} servers", urls_max));
  }
}

/// A way to log in, and the keys that choose it.
struct Login {
  std::string_view name;
  std::array<std::string_view, 3> keys;
};
constexpr std::array<Login, 4> logins{{{"credentials_file", {"credentials_file"}},
                                       {"user and password", {"user", "password_file", "password"}},
                                       {"token", {"token_file", "token"}},
                                       {"nkey_seed_file", {"nkey_seed_file"}}}};

/// The first key of `login` that is given; "" where none is.
std::string_view key_given(const TableReader& table, const Login& login) {
  const auto* key = std::find_if(login.keys.begin(), login.keys.end(),
                                 [&](std::string_view k) { return !k.empty() && table.given(k); });
  return key == login.keys.end() ? std::string_view{} : *key;
}

void read_login(TableReader& table, Nats& nats) {
  nats.credentials_file = table.file("credentials_file", true);
  if (const auto user = table.text("user")) nats.user = user->value;
  nats.password = table.secret("password");
  nats.token = table.secret("token");
  nats.nkey_seed_file = table.file("nkey_seed_file", true);

  const bool password = table.given("password") || table.given("password_file");
  if (table.given("user") && !password) {
    table.missing("password_file", "password_file = \"/etc/cc-gateway/nats.password\"");
  }
  if (password && !table.given("user")) table.missing("user", "user = \"gateway\"");
  const Login* first = nullptr;
  for (const Login& login : logins) {
    const std::string_view key = key_given(table, login);
    if (key.empty()) continue;
    if (first != nullptr) {
      table.reading().error(table.where(key),
                            fmt::format("[nats] logs in both by {} and by {}, remove one", first->name, login.name));
    }
    if (first == nullptr) first = &login;
  }
}

/// An embedded server makes its own address and login.
void check_embedded(const TableReader& table) {
  constexpr std::array<std::string_view, 9> own{
      "url", "credentials_file", "user", "password_file", "password", "token", "token_file", "nkey_seed_file", "tls"};
  for (const std::string_view key : own) {
    if (table.given(key)) {
      table.reading().error(table.where(key), fmt::format("'{}' in [nats] does not fit embedded = true, which makes a "
                                                          "server and login of its own: remove one of them",
                                                          key));
    }
  }
}

}  // namespace

std::string_view nats_url_problem(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos || (url.substr(0, scheme) != "nats" && url.substr(0, scheme) != "tls")) {
    return "it must begin with nats:// or tls://";
  }
  std::string_view host = url.substr(scheme + 3);
  if (host.find('@') != std::string_view::npos) {
    return "a login in it would be logged: use 'user' and 'password_file', or 'token_file'";
  }
  if (host.ends_with('/')) host.remove_suffix(1);
  if (host.find_first_of("/?# \t\r\n\",") != std::string_view::npos) return "nothing may follow host and port";
  const std::size_t name_end =
      host.starts_with('[') ? std::min(host.find(']'), host.size() - 1) + 1 : std::min(host.find(':'), host.size());
  const std::string_view name = host.substr(0, name_end);
  if (name.empty() || name == "[]" || (name.front() == '[' && name.back() != ']')) return "it has no host";
  return port_problem(host.substr(name_end));
}

Nats read_nats(TableReader& table) {
  Nats nats;
  nats.where = table.where();
  read_urls(table, nats);
  table.flag("embedded", nats.embedded);
  if (const auto server = table.text("server"); server && !server->value.empty()) nats.server = server->value;
  if (const auto prefix = table.text("prefix"); prefix && !prefix->value.empty()) {
    nats.prefix = prefix->value;
    const std::string_view problem = subjects::subject_problem(nats.prefix);
    if (!problem.empty()) {
      table.reading().error(prefix->where,
                            fmt::format("prefix {} cannot begin a subject: it {}", in_quotes(prefix->shown), problem));
    }
  }
  read_login(table, nats);
  nats.tls = table.tls("tls");
  if (nats.embedded) check_embedded(table);
  table.finish();
  return nats;
}

}  // namespace gw::config
