#pragma once
// `[nats] embedded = true`: a private nats-server of this gateway's own, for a site that has none yet and for the demo.

#include <filesystem>
#include <memory>
#include <string>

#include "gateway/base/clock.h"
#include "gateway/base/result.h"

namespace gw {

/// A nats-server child process on a free loopback port, guarded by a token made at each start. Ends with this object,
/// and with this process however that ends (PR_SET_PDEATHSIG). Its files stand under `state_dir`/nats (mode 0700):
///   lock   held by the gateway whose server it is     url, token   where it is, while it runs
///   server.conf, ports/   of this start               server.log   of the last start
class EmbeddedServer {
 public:
  virtual ~EmbeddedServer() = default;
  /// nats://127.0.0.1:PORT. The token is in `token_file` (mode 0600), for the gateway, a tap or the nats CLI.
  virtual const std::string& url() const = 0;
  virtual const std::filesystem::path& token_file() const = 0;
  /// False once the child has ended by itself; `log_file` says why.
  virtual bool running() = 0;
  virtual const std::filesystem::path& log_file() const = 0;
};

/// Starts `program` and waits until it listens, at most `patience`. invalid: not installed (says how to get it),
/// or it did not come up (with the last lines of its log). unavailable: another gateway has `state_dir`. Creates the
/// thread-bound death signal: call it from a thread that lives as long as the process (main).
Result<std::unique_ptr<EmbeddedServer>> start_embedded_server(const std::string& program,
                                                              const std::filesystem::path& state_dir,
                                                              Milliseconds patience = Milliseconds{10'000});

/// Whether `program` can be started as such a server: invalid where it is not installed (says how to get it), or where
/// its answer to --version, which is waited for at most `patience`, is none of nats-server.
Result<void> check_embedded_server(const std::string& program, Milliseconds patience = Milliseconds{5'000});

/// Where a running gateway's embedded server is, for commands that run beside it: reads `state_dir`/nats/url.
/// unavailable: no gateway with an embedded server runs there.
Result<std::string> embedded_url(const std::filesystem::path& state_dir);
std::filesystem::path embedded_token_file(const std::filesystem::path& state_dir);

}  // namespace gw
