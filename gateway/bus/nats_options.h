#pragma once
// Private to gateway/bus: [nats] as options of cnats.

#include <nats/nats.h>

#include <memory>
#include <string>

#include "gateway/base/result.h"
#include "gateway/config/config.h"

namespace gw {

struct NatsOptionsDeleter {
  void operator()(natsOptions* options) const { natsOptions_Destroy(options); }
};
using NatsOptions = std::unique_ptr<natsOptions, NatsOptionsDeleter>;

/// Reads the secrets of `nats`. `name` is shown in the server's list of connections. invalid: a setting or a file
/// cannot be used; the text names it and holds no secret.
Result<NatsOptions> nats_options(config::Nats& nats, const std::string& name);

}  // namespace gw
