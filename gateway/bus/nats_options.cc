#include "gateway/bus/nats_options.h"

#include <fmt/core.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <vector>

#include "gateway/bus/nats_watch.h"
#include "gateway/bus/nkey.h"

namespace gw {
namespace {

// Milliseconds. The server is looked for twice a second, and many gateways do not come back at the same moment.
constexpr int reconnect_wait = 500;
constexpr int reconnect_jitter = 200;
// For one server; all of the list are tried in 6 s, so that a stop never waits longer for an attempt that has begun.
constexpr int connect_timeout_max = 2'000;
constexpr int connect_all_timeout = 6'000;
// A server that has frozen is noticed after about 10 s even where nothing is sent.
constexpr int ping_interval = 5'000;
constexpr int pings_out_max = 2;
// Without it a publish hangs for as long as the server does not read, and with it everybody who asks the connection.
constexpr int write_deadline = 2'000;

Result<void> done(natsStatus status, std::string_view what) {
  if (status == NATS_OK) return {};
  return invalid(fmt::format("[nats] {}: {}", what, last_error_text(status)));
}

/// cnats opens most files only while it connects, and then says no more than "Not found".
Result<void> readable(const std::filesystem::path& file, std::string_view what) {
  const std::ifstream in(file);
  if (in && std::filesystem::is_regular_file(file)) return {};
  return invalid(
      fmt::format("[nats] {}: cannot read {}: {}", what, file.string(), in ? "it is no file" : std::strerror(errno)));
}

Result<void> set_servers(natsOptions* options, const config::Nats& nats) {
  std::vector<const char*> urls;
  urls.reserve(nats.url.size());
  for (const std::string& url : nats.url) urls.push_back(url.c_str());
  return done(natsOptions_SetServers(options, urls.data(), static_cast<int>(urls.size())), "url");
}

/// Never gives up, never waits for long, keeps nothing of its own: what could not be sent is the publisher's to keep.
Result<void> set_behaviour(natsOptions* options, const std::string& name, std::size_t servers) {
  // cnats' manual says that a buffer of 0 means its default of 8 MiB; at 3.4.1 it means none: publish fails at once
  // while the server is away, and nothing old is sent before the peers have subscribed again.
  for (const natsStatus status :
       {natsOptions_SetName(options, name.c_str()), natsOptions_SetMaxReconnect(options, -1),
        natsOptions_SetReconnectWait(options, reconnect_wait),
        natsOptions_SetReconnectJitter(options, reconnect_jitter, reconnect_jitter),
        natsOptions_SetTimeout(options, std::min(connect_timeout_max, connect_all_timeout / static_cast<int>(servers))),
        natsOptions_SetPingInterval(options, ping_interval), natsOptions_SetMaxPingsOut(options, pings_out_max),
        natsOptions_SetWriteDeadline(options, write_deadline), natsOptions_SetReconnectBufSize(options, 0),
        natsOptions_SetFailRequestsOnDisconnect(options, true), natsOptions_SetSendAsap(options, true)}) {
    if (auto ok = done(status, "options"); !ok) return ok;
  }
  return {};
}

Result<void> set_login(natsOptions* options, config::Nats& nats) {
  if (!nats.user.empty()) {
    std::string password;
    if (!nats.password.empty()) {
      GW_TRY(password, nats.password.read());
    }
    return done(natsOptions_SetUserInfo(options, nats.user.c_str(), password.c_str()), "user");
  }
  if (!nats.token.empty()) {
    GW_TRY(const std::string token, nats.token.read());
    return done(natsOptions_SetToken(options, token.c_str()), "token");
  }
  if (!nats.credentials_file.empty()) {
    if (auto ok = readable(nats.credentials_file, "credentials_file"); !ok) return ok;
    return done(natsOptions_SetUserCredentialsFromFiles(options, nats.credentials_file.c_str(), nullptr),
                "credentials_file");
  }
  if (!nats.nkey_seed_file.empty()) {
    const auto key = nkey_public_key_of_file(nats.nkey_seed_file);
    if (!key) return invalid("[nats] nkey_seed_file: " + key.error().text);
    return done(natsOptions_SetNKeyFromSeed(options, key->c_str(), nats.nkey_seed_file.c_str()), "nkey_seed_file");
  }
  return {};
}

Result<void> set_tls(natsOptions* options, const http::Tls& tls) {
  if (auto ok = done(natsOptions_SetSecure(options, true), "tls"); !ok) return ok;
  if (!tls.ca_file.empty()) {
    if (auto ok = readable(tls.ca_file, "tls.ca"); !ok) return ok;
    if (auto ok = done(natsOptions_LoadCATrustedCertificates(options, tls.ca_file.c_str()), "tls.ca"); !ok) return ok;
  }
  if (!tls.cert_file.empty()) {
    if (auto ok = readable(tls.cert_file, "tls.cert"); !ok) return ok;
    if (auto ok = readable(tls.key_file, "tls.key"); !ok) return ok;
    const natsStatus status = natsOptions_LoadCertificatesChain(options, tls.cert_file.c_str(), tls.key_file.c_str());
    if (auto ok = done(status, "tls.cert, tls.key"); !ok) return ok;
  }
  return done(natsOptions_SkipServerVerification(options, !tls.verify), "tls.verify");
}

}  // namespace

Result<NatsOptions> nats_options(config::Nats& nats, const std::string& name) {
  natsOptions* raw = nullptr;
  if (auto ok = done(natsOptions_Create(&raw), "options"); !ok) return std::unexpected(ok.error());
  NatsOptions options(raw);
  if (auto ok = set_servers(raw, nats); !ok) return std::unexpected(ok.error());
  if (auto ok = set_behaviour(raw, name, nats.url.size()); !ok) return std::unexpected(ok.error());
  if (auto ok = set_login(raw, nats); !ok) return std::unexpected(ok.error());
  if (nats.tls) {
    if (auto ok = set_tls(raw, *nats.tls); !ok) return std::unexpected(ok.error());
  }
  return options;
}

}  // namespace gw
