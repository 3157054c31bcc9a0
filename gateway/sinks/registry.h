#pragma once
#include <span>

#include "gateway/sinks/sink.h"

namespace gw {

/// A kind of sink. `make` opens what it needs; invalid: the file cannot be opened, …
struct SinkType {
  std::string_view name;
  Result<std::unique_ptr<Sink>> (*make)(const config::Sink& settings, Bus& bus);
};
std::span<const SinkType> sink_types();

}  // namespace gw
