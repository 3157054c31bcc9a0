#pragma once
// Which of the compiled variants of a hot loop runs. Every variant gives the same result; tests run all that the
// processor has.

namespace codecs {

enum class Cpu { portable, avx2 };

/// The fastest variant of this processor. Asked once, cheap afterwards; thread-safe.
Cpu best_cpu();

}  // namespace codecs
