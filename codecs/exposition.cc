#include "codecs/exposition.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <expected>

#include "codecs/block.h"
#include "codecs/digits.h"
#include "codecs/exposition_family.h"
#include "codecs/exposition_line.h"
#include "codecs/exposition_value.h"
#include "codecs/word.h"

namespace codecs {
namespace {

/// What the hot loop is about to find in a line, counted from the line's start.
struct CommonLine {
  std::size_t length = 0;      ///< without the newline
  std::size_t series_end = 0;  ///< where the name or the labels end
};

}  // namespace

namespace portable {
namespace {
using Block = PortableBlock;
#include "codecs/exposition_scan.inc"
}  // namespace
}  // namespace portable

#if CODECS_HAS_AVX2
CODECS_AVX2_BEGIN
namespace avx2 {
namespace {
using Block = Avx2Block;
#include "codecs/exposition_scan.inc"
}  // namespace
}  // namespace avx2
CODECS_AVX2_END
#endif

class ExpositionDecoder::Walk {
 public:
  Walk(Exposition format, Cpu cpu) : format_(format), family_(format) {
    read_common_ = portable::read_common;
#if CODECS_HAS_AVX2
    if (cpu == Cpu::avx2) read_common_ = avx2::read_common;
#endif
    (void)cpu;
    reset();
  }

  void reset() {
    input_ = {};
    last_ = false;
    position_ = offset_ = 0;
    number_ = 1;
    valid_ = true;
    ended_ = told_end_ = false;
    family_.clear();
  }

  void feed(std::string_view input, bool last) {
    offset_ += position_;
    input_ = input;
    last_ = last;
    position_ = 0;
  }

  Step next();
  const ExpositionSample& sample() const { return sample_; }
  std::size_t record_number() const { return record_number_; }
  const DecodeError& error() const { return error_; }
  std::size_t consumed() const { return position_; }
  bool valid() const { return valid_; }

 private:
  Step take_common_line(const CommonLine& found);
  std::optional<Step> take_line(std::string_view line);
  Step take_sample(std::string_view line, std::size_t series_end);
  Step refuse(std::string_view line, std::string_view reason, std::size_t where);
  Step end_of_page();

  Exposition format_;
  bool (*read_common_)(const char*, std::size_t, Exposition, LineBuffers&, ExpositionSample&, CommonLine&);
  std::string_view input_;
  bool last_ = false;
  std::size_t position_ = 0;  ///< start of the next line
  std::size_t offset_ = 0;    ///< of the input in the page
  std::size_t number_ = 1;    ///< of the next line
  bool valid_ = true;
  bool ended_ = false;     ///< "# EOF" was read, or its absence told
  bool told_end_ = false;  ///< that there is text behind it
  LineBuffers buffers_;
  CurrentFamily family_;
  ExpositionSample sample_;
  std::size_t record_number_ = 0;
  DecodeError error_;
};

Step ExpositionDecoder::Walk::refuse(std::string_view line, std::string_view reason, std::size_t where) {
  error_ = {.text = line,
            .line = number_,
            .column = where + 1,
            .offset = offset_ + static_cast<std::size_t>(line.data() - input_.data()) + where,
            .reason = reason};
  valid_ = false;
  return Step::error;
}

/// "# EOF" is the last line of an OpenMetrics page.
Step ExpositionDecoder::Walk::end_of_page() {
  if (format_ == Exposition::text_0_0_4 || ended_) return Step::end;
  ended_ = true;
  const std::string_view line = input_.substr(input_.rfind('\n') + 1);
  return refuse(line, "no '# EOF' at the end", line.size());
}

/// Finishes a sample that is good as a line.
Step ExpositionDecoder::Walk::take_sample(std::string_view line, std::size_t series_end) {
  const std::string_view problem = family_.add(sample_, line.substr(0, series_end));
  if (!problem.empty()) return refuse(line, problem, 0);
  record_number_ = number_;
  return Step::record;
}

/// Nothing where the line has no record.
std::optional<Step> ExpositionDecoder::Walk::take_line(std::string_view line) {
  if (ended_) {
    position_ = input_.size();
    told_end_ = true;
    return refuse(line, "text behind '# EOF'", 0);
  }
  if (line.size() > exposition_line_bytes_max) return refuse(line, "line too long", exposition_line_bytes_max);
  if (format_ == Exposition::text_0_0_4 && line.ends_with('\r')) line.remove_suffix(1);
  ExpositionLine reader(line, format_, buffers_);
  LineKind kind = LineKind::nothing;
  if (!reader.read_kind(kind)) return refuse(line, reader.reason(), reader.where());
  switch (kind) {
    case LineKind::nothing:
      break;
    case LineKind::end_of_page:
      ended_ = true;
      break;
    case LineKind::metadata: {
      ExpositionMetadata metadata;
      if (!reader.read_metadata(metadata)) return refuse(line, reader.reason(), reader.where());
      const std::string_view problem = family_.add(metadata);
      if (!problem.empty()) return refuse(line, problem, 0);
      break;
    }
    case LineKind::sample:
      if (!reader.read_sample(sample_)) return refuse(line, reader.reason(), reader.where());
      return take_sample(line, reader.series_end());
  }
  return std::nullopt;
}

Step ExpositionDecoder::Walk::take_common_line(const CommonLine& found) {
  const Step step = take_sample(input_.substr(position_, found.length), found.series_end);
  position_ += found.length + 1;
  ++number_;
  return step;
}

Step ExpositionDecoder::Walk::next() {
  while (position_ < input_.size() && !told_end_) {
    CommonLine found;
    const char* const start = input_.data() + position_;
    if (*start != '#' && !ended_ && read_common_(start, input_.size() - position_, format_, buffers_, sample_, found)) {
      return take_common_line(found);
    }
    const std::size_t newline = input_.find('\n', position_);
    if (newline == std::string_view::npos && !last_) return Step::end;
    const std::size_t end = std::min(newline, input_.size());
    const std::string_view line = input_.substr(position_, end - position_);
    position_ = std::min(end + 1, input_.size());
    const std::optional<Step> step = take_line(line);
    if (newline != std::string_view::npos) ++number_;
    if (step) return *step;
  }
  if (told_end_) position_ = input_.size();
  return last_ ? end_of_page() : Step::end;
}

ExpositionDecoder::ExpositionDecoder(Exposition format, Cpu cpu) : walk_(std::make_unique<Walk>(format, cpu)) {}
ExpositionDecoder::~ExpositionDecoder() = default;
void ExpositionDecoder::reset() { walk_->reset(); }
void ExpositionDecoder::feed(std::string_view input, bool last) { walk_->feed(input, last); }
Step ExpositionDecoder::next() { return walk_->next(); }
const ExpositionSample& ExpositionDecoder::sample() const { return walk_->sample(); }
std::size_t ExpositionDecoder::line_number() const { return walk_->record_number(); }
const DecodeError& ExpositionDecoder::error() const { return walk_->error(); }
std::size_t ExpositionDecoder::consumed() const { return walk_->consumed(); }
bool ExpositionDecoder::valid() const { return walk_->valid(); }

}  // namespace codecs
