// Both text formats of metrics on any bytes: what is read is bounded, plain and in the page, is the same in each
// variant, by blocks or line by line, and in any pieces; and reads the same again when it is written anew.

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>

#include "codecs/exposition.h"
#include "codecs/utf8.h"
#include "tests/codecs/chunked.h"
#include "tests/codecs/exposition_show.h"
#include "tests/fuzz/require.h"

using namespace codecs;

namespace {

bool is_text(std::string_view text) { return valid_utf8_prefix(text) == text.size(); }

void check_labels(std::span<const Label> labels) {
  FUZZ_REQUIRE(labels.size() <= exposition_labels_max);
  for (std::size_t i = 0; i < labels.size(); ++i) {
    FUZZ_REQUIRE(!labels[i].name.empty() && labels[i].name != "__name__");
    FUZZ_REQUIRE(is_text(labels[i].name) && is_text(labels[i].value));
    for (std::size_t j = 0; j < i; ++j) FUZZ_REQUIRE(labels[i].name != labels[j].name);
  }
}

/// The place an error names is the place its offset counts to.
void check_error(const DecodeError& error, std::string_view page) {
  FUZZ_REQUIRE(!error.reason.empty());
  FUZZ_REQUIRE(error.offset <= page.size());
  FUZZ_REQUIRE(error.text.empty() || (error.text.data() >= page.data() &&
                                      error.text.data() + error.text.size() <= page.data() + page.size()));
  const std::string_view before = page.substr(0, error.offset);
  const std::size_t newline = before.rfind('\n');
  FUZZ_REQUIRE(error.line == static_cast<std::size_t>(std::ranges::count(before, '\n')) + 1);
  FUZZ_REQUIRE(error.column == (newline == std::string_view::npos ? before.size() : before.size() - newline - 1) + 1);
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c == '\n' ? std::string("\\n") : std::string(1, c);
  }
  return out + "\"";
}

/// The sample as text 0.0.4 with all names in quotes.
std::string write(const ExpositionSample& sample) {
  std::string out = "{" + quoted(sample.name);
  for (const Label& label : sample.labels) out += "," + quoted(label.name) + "=" + quoted(label.value);
  return out + "} " + show_number(sample.value) + "\n";
}

/// `decoder` is one of text 0.0.4.
void check_again(const ExpositionSample& sample, ExpositionDecoder& decoder) {
  const std::string line = write(sample);
  decoder.reset();
  decoder.feed(line, true);
  // What was at the limit of its length may be beyond it in quotes.
  if (line.size() > exposition_line_bytes_max) return;
  FUZZ_REQUIRE(decoder.next() == Step::record);
  const ExpositionSample& again = decoder.sample();
  FUZZ_REQUIRE(again.name == sample.name);
  FUZZ_REQUIRE(std::ranges::equal(again.labels, sample.labels));
  FUZZ_REQUIRE(std::isnan(sample.value)
                   ? std::isnan(again.value)
                   : std::bit_cast<std::uint64_t>(again.value) == std::bit_cast<std::uint64_t>(sample.value));
  FUZZ_REQUIRE(write(again) == line);
}

void check_page(std::string_view page, Exposition format) {
  ExpositionDecoder decoder(format);
  ExpositionDecoder again(Exposition::text_0_0_4);
  const auto lines_max = static_cast<std::size_t>(std::ranges::count(page, '\n')) + 2;
  std::string shown;
  std::size_t lines = 0;
  bool errors = false;
  decoder.reset();
  decoder.feed(page, true);
  for (Step step = decoder.next(); step != Step::end; step = decoder.next()) {
    FUZZ_REQUIRE(++lines <= lines_max);
    if (step == Step::error) {
      errors = true;
      check_error(decoder.error(), page);
    } else {
      const ExpositionSample& sample = decoder.sample();
      FUZZ_REQUIRE(!sample.name.empty() && is_text(sample.name));
      check_labels(sample.labels);
      if (sample.exemplar != nullptr) check_labels(sample.exemplar->labels);
      check_again(sample, again);
    }
    shown += show_step(decoder, step);
  }
  FUZZ_REQUIRE(decoder.valid() == !errors);
  FUZZ_REQUIRE(decoder.consumed() == page.size());

  FUZZ_REQUIRE(show_page(decoder, page) == shown);  // again, with buffers that were used
  ExpositionDecoder portable(format, Cpu::portable);
  FUZZ_REQUIRE(show_page(portable, page) == shown);
  // Small pieces are read by the careful reader alone.
  FUZZ_REQUIRE(walk_in_pieces(decoder, page, 48, show_step) == shown);
  FUZZ_REQUIRE(walk_cut_at(decoder, page, page.size() / 3, show_step) == shown);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  check_page(input, Exposition::text_0_0_4);
  check_page(input, Exposition::openmetrics_1_0);
  exposition_format(input);
  return 0;
}
