#pragma once
#include <memory>

#include "gateway/bus/bus.h"
#include "gateway/config/config.h"

namespace gw {

/// Tries each of `nats.url` once (at most 2 s each where a host does not answer); where none takes us the bus is not
/// connected yet, and `maintain` goes on trying for ever. invalid: a setting cannot be used (unreadable secret or TLS
/// file). `producer` names this process in the connection list and in message headers.
///
/// The library is left as it is at the end: nats_Close would end it for every connection of the process.
Result<std::unique_ptr<Bus>> connect_nats(const config::Nats& nats, std::string_view producer);

}  // namespace gw
