#pragma once
// The fast way through the usual compact form of elements and points, for prometheus_json.cc alone. It takes nothing
// that the careful way would not take with the same result, and may leave anything to it.

#include <cstddef>
#include <span>

#include "codecs/cpu.h"
#include "codecs/prometheus_json.h"

namespace codecs {

/// Reads one element of a vector that starts at `begin` into `sample`, its labels into `labels`; answers its length, 0
/// where it has another form. Reads nothing behind `end`.
using FastElement = std::size_t (*)(const char* begin, const char* end, std::span<Label> labels, QuerySample& sample);
FastElement fast_element_reader(Cpu cpu);

/// The same for one point of `values`: its time, value and text.
std::size_t read_fast_point(const char* begin, const char* end, QuerySample& sample);

}  // namespace codecs
