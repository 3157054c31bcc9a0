#pragma once
// Walks any decoder of codecs/decode.h over a body as a whole or in pieces, so that a test can say: the same either
// way.

#include <algorithm>
#include <string>
#include <string_view>

#include "codecs/decode.h"

/// Shows every record and error of `body`, fed in pieces of `piece` bytes, by `show(decoder, step)`, one text after
/// another.
template <class Decoder, class Show>
std::string walk_in_pieces(Decoder& decoder, std::string_view body, std::size_t piece, Show show) {
  codecs::Chunks chunks(body.size());
  std::string out;
  decoder.reset();
  for (std::size_t at = 0;; at += piece) {
    const std::string_view chunk = body.substr(std::min(at, body.size()), piece);
    const bool last = at + piece >= body.size();
    // A copy, so that reading past its end is found.
    const std::string copy(chunk);
    decoder.feed(chunks.add(copy, last), last);
    for (codecs::Step step = decoder.next(); step != codecs::Step::end; step = decoder.next())
      out += show(decoder, step);
    chunks.used(decoder.consumed());
    if (last) return out;
  }
}

/// The same with the body cut once, at `cut`.
template <class Decoder, class Show>
std::string walk_cut_at(Decoder& decoder, std::string_view body, std::size_t cut, Show show) {
  codecs::Chunks chunks(body.size());
  std::string out;
  decoder.reset();
  for (const bool last : {false, true}) {
    const std::string copy(last ? body.substr(cut) : body.substr(0, cut));
    decoder.feed(chunks.add(copy, last), last);
    for (codecs::Step step = decoder.next(); step != codecs::Step::end; step = decoder.next())
      out += show(decoder, step);
    chunks.used(decoder.consumed());
  }
  return out;
}
