#pragma once
// For fuzz targets of decoders that are walked as codecs/decode.h says.

#include <algorithm>
#include <string>
#include <string_view>

#include "codecs/decode.h"
#include "tests/fuzz/require.h"

/// What `show(decoder, step)` says of all records and errors, with the body fed in pieces of `piece` bytes.
template <class Decoder, class Show>
std::string walk(Decoder& decoder, std::string_view body, std::size_t piece, Show show) {
  codecs::Chunks chunks(body.size());
  std::string out;
  std::size_t steps = 0;
  decoder.reset();
  for (std::size_t at = 0;; at += piece) {
    const bool last = at + piece >= body.size();
    const std::string copy(body.substr(std::min(at, body.size()), piece));
    const std::string_view input = chunks.add(copy, last);
    decoder.feed(input, last);
    for (codecs::Step step = decoder.next(); step != codecs::Step::end; step = decoder.next()) {
      FUZZ_REQUIRE(++steps <= 2 * body.size() + 2);  // it goes on, so it ends
      if (step == codecs::Step::error) {
        const codecs::DecodeError& error = decoder.error();
        FUZZ_REQUIRE(!error.reason.empty() && error.line > 0 && error.column > 0);
        FUZZ_REQUIRE(error.offset <= body.size());
      }
      out += show(decoder, step);
    }
    FUZZ_REQUIRE(decoder.next() == codecs::Step::end);  // and has ended
    FUZZ_REQUIRE(decoder.consumed() <= input.size());
    FUZZ_REQUIRE(!last || decoder.consumed() == input.size());
    chunks.used(decoder.consumed());
    if (last) return out;
  }
}

/// The line and column of an error are what its offset counts to.
inline void check_place(const codecs::DecodeError& error, std::string_view body) {
  const std::string_view before = body.substr(0, error.offset);
  const std::size_t newline = before.rfind('\n');
  FUZZ_REQUIRE(error.line == static_cast<std::size_t>(std::ranges::count(before, '\n')) + 1);
  FUZZ_REQUIRE(error.column == (newline == std::string_view::npos ? before.size() : before.size() - newline - 1) + 1);
}
