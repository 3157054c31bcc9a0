#include "codecs/cpu.h"

namespace codecs {

Cpu best_cpu() {
#if defined(__x86_64__)
  static const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
                           __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("popcnt") &&
                           __builtin_cpu_supports("pclmul");
  if (avx2) return Cpu::avx2;
#endif
  return Cpu::portable;
}

}  // namespace codecs
