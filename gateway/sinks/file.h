#pragma once
#include <memory>

#include "gateway/sinks/sink.h"

namespace gw {

/// Appends lines to settings.path, which is written whole or not at all; logrotate may rename it at any time.
/// invalid: it cannot be opened.
Result<std::unique_ptr<Sink>> make_file(const config::Sink& settings, Bus& bus);
/// Prints lines on standard output.
Result<std::unique_ptr<Sink>> make_stdout(const config::Sink& settings, Bus& bus);

}  // namespace gw
