#pragma once
#include <vector>

#include "codecs/cpu.h"

/// All variants of the hot loops that this processor can run.
inline std::vector<codecs::Cpu> cpus() {
  if (codecs::best_cpu() == codecs::Cpu::portable) return {codecs::Cpu::portable};
  return {codecs::Cpu::portable, codecs::best_cpu()};
}
