#pragma once
#include <memory>

#include "gateway/base/clock.h"
#include "gateway/http/client.h"
#include "gateway/sinks/sink.h"

namespace gw {

/// Writes to cc-metric-store over settings.transport. invalid: the subject cannot be published to.
Result<std::unique_ptr<Sink>> make_cc_metric_store(const config::Sink& settings, Bus& bus);

/// POSTs lines to the store. `clock` must outlive the sink.
std::unique_ptr<Sink> make_store_over_rest(const config::Sink& settings, std::unique_ptr<http::Transport> transport,
                                           const Clock& clock);
/// Publishes lines on settings.subject, to which a store subscribes. `bus` and `clock` must outlive the sink, and
/// `bus` is driven by the sink's thread alone.
std::unique_ptr<Sink> make_store_over_nats(const config::Sink& settings, Bus& bus, const Clock& clock);

}  // namespace gw
