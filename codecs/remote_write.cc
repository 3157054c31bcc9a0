// The walk over a request, and what series of both versions have in common.

#include "codecs/remote_write.h"

#include <algorithm>

#include "codecs/protobuf_wire.h"
#include "codecs/utf8.h"
#include "codecs/word.h"

namespace codecs::remote_write {
namespace {

/// A series with longer lists in its histograms is rare enough to give their memory back.
constexpr std::size_t histogram_list_bytes_kept = std::size_t{64} << 10;

constexpr std::uint64_t name_key = 0x5f5f6e616d655f5f;  // "__name__"

/// A sample as all senders write it, value before time: 09 value 10 time. False where it is anything else.
bool usual_sample(std::string_view message, Sample& sample) {
  constexpr std::size_t value_end = 1 + sizeof(double);
  if (message.size() <= value_end + 1 || message[0] != 0x09 || message[value_end] != 0x10) return false;
  const char* const end = message.data() + message.size();
  std::uint64_t time = 0;
  if (read_varint(message.data() + value_end + 1, end, time) != end) return false;
  sample.value = load_double(message.data() + 1);
  sample.time_ms = static_cast<std::int64_t>(time);
  return true;
}

}  // namespace

void Decoder::reset(Version version, std::string_view body) {
  version_ = version;
  body_ = body;
  at_ = body.data();
  started_ = false;
  over_ = false;
  known_ = false;
  written_ = {};
  errors_ = 0;
  symbols_.clear();
}

Step Decoder::next() {
  is_metadata_ = false;
  if (!started_) {
    started_ = true;
    if (version_ == Version::v2 && !read_symbols()) {
      over_ = true;
      return taken(false);
    }
  }
  const char* const end = body_.data() + body_.size();
  while (!over_ && at_ != end) {
    WireReader reader({at_, end});
    WireField field;
    if (!reader.next(field)) {
      over_ = true;
      error_.text = {at_, end};
      return taken(refuse(reader));
    }
    at_ = reader.position();
    if (field.type != WireType::bytes) continue;
    if (version_ == Version::v2) {
      if (field.number == 5) return taken(read_series_v2(field.bytes));
    } else if (field.number == 1) {
      return taken(read_series_v1(field.bytes));
    } else if (field.number == 3) {
      is_metadata_ = true;
      return taken(read_family(field.bytes));
    }
  }
  over_ = true;
  return Step::end;
}

void Decoder::start_series(std::string_view message) {
  // What finish_series sets is left as it is: to clear the whole costs a tenth of the walk.
  series_.name = {};
  series_.metadata = {};
  series_.empty_labels = 0;
  series_.offset = static_cast<std::size_t>(message.data() - body_.data());
  error_.text = message;
  labels_.clear();
  name_ref_.reset();
  samples_.clear();
  exemplars_.clear();
  exemplar_labels_.clear();
  exemplar_label_ends_.clear();
  if (histogram_list_bytes_ > histogram_list_bytes_kept) histograms_ = {};
  histogram_count_ = 0;
  histogram_list_bytes_ = 0;
}

bool Decoder::finish_series() {
  if (!check_labels()) return false;
  if (version_ == Version::v2) {
    if (!samples_.empty() && histogram_count_ > 0) return refuse("series has both samples and histograms", error_.text);
    if (samples_.empty() && histogram_count_ == 0 && exemplars_.empty())
      return refuse("series has no samples", error_.text);
  }
  std::size_t first = 0;
  for (std::size_t i = 0; i < exemplars_.size(); ++i) {
    const std::size_t behind = exemplar_label_ends_[i];
    exemplars_[i].labels = std::span(exemplar_labels_).subspan(first, behind - first);
    first = behind;
  }
  series_.labels = labels_;
  series_.samples = samples_;
  series_.exemplars = exemplars_;
  series_.histograms = std::span(histograms_).first(histogram_count_);
  written_.samples += samples_.size();
  written_.histograms += histogram_count_;
  written_.exemplars += exemplars_.size();
  return true;
}

bool Decoder::check_labels() {
  const char* const readable_end = body_.data() + body_.size();
  const auto key_of = [readable_end](std::string_view name) {
    const bool readable = readable_end - name.data() >= static_cast<std::ptrdiff_t>(word_bytes);
    return readable ? sort_key<Behind::readable>(name) : sort_key<Behind::unreadable>(name);
  };
  bool ordered = true;
  std::uint64_t previous_key = 0;
  std::string_view previous;
  for (const Label& label : labels_) {
    if (label.name.empty()) return refuse("label without a name", label.name);
    if (label.value.empty()) ++series_.empty_labels;
    const std::uint64_t key = key_of(label.name);
    if (key == name_key && label.name.size() == sizeof key) series_.name = label.value;
    ordered &= previous_key < key || (previous_key == key && previous < label.name);
    previous_key = key;
    previous = label.name;
  }
  if (!ordered && !check_names_unique()) return false;
  if (series_.name.empty()) return refuse("series without a metric name", error_.text);
  if (series_.empty_labels > 0) std::erase_if(labels_, [](const Label& label) { return label.value.empty(); });
  return true;
}

bool Decoder::check_names_unique() {
  names_.clear();
  for (const Label& label : labels_) names_.push_back(label.name);
  std::sort(names_.begin(), names_.end());
  const auto twice = std::adjacent_find(names_.begin(), names_.end());
  if (twice == names_.end()) return true;
  return refuse("two labels with the same name", twice->data() < twice[1].data() ? twice[1] : *twice);
}

bool Decoder::check_text(std::string_view text) {
  const std::size_t valid = valid_utf8_prefix(text);
  return valid == text.size() || refuse("text is not valid UTF-8", text.substr(valid));
}

bool Decoder::check_count(std::size_t count, std::size_t max, std::string_view reason, std::string_view where) {
  return count < max || refuse(reason, where);
}

bool Decoder::read_sample(std::string_view message) {
  if (!check_count(samples_.size(), samples_max, "series with too many samples", message)) return false;
  Sample sample;
  if (usual_sample(message, sample)) {
    samples_.emplace_back(sample);
    return true;
  }
  WireReader reader(message);
  WireField field;
  while (reader.next(field)) {
    if (field.number == 1 && field.type == WireType::fixed64) sample.value = std::bit_cast<double>(field.value);
    if (field.type != WireType::varint) continue;
    if (field.number == 2) sample.time_ms = static_cast<std::int64_t>(field.value);
    if (field.number == 3 && version_ == Version::v2) sample.start_ms = static_cast<std::int64_t>(field.value);
  }
  if (!reader.problem().empty()) return refuse(reader);
  samples_.push_back(sample);
  return true;
}

bool Decoder::read_exemplar(std::string_view message) {
  if (!check_count(exemplars_.size(), exemplars_max, "series with too many exemplars", message)) return false;
  WireReader reader(message);
  WireField field;
  Exemplar exemplar;
  std::optional<std::uint32_t> name_ref;
  const std::size_t first = exemplar_labels_.size();
  while (reader.next(field)) {
    if (field.number == 1) {
      const bool bytes = field.type == WireType::bytes;
      if (version_ == Version::v1 ? bytes && !read_label(field.bytes, exemplar_labels_)
                                  : !read_refs(field, exemplar_labels_, name_ref))
        return false;
    }
    if (field.number == 2 && field.type == WireType::fixed64) exemplar.value = std::bit_cast<double>(field.value);
    if (field.number == 3 && field.type == WireType::varint) exemplar.time_ms = static_cast<std::int64_t>(field.value);
  }
  if (!reader.problem().empty()) return refuse(reader);
  if (name_ref.has_value()) return refuse("label without a value: odd number of references", message);
  for (const Label& label : std::span(exemplar_labels_).subspan(first)) {
    if (version_ == Version::v1 && (!check_text(label.name) || !check_text(label.value))) return false;
  }
  exemplars_.push_back(exemplar);
  exemplar_label_ends_.push_back(exemplar_labels_.size());
  return true;
}

bool Decoder::refuse(std::string_view reason, std::string_view where) {
  error_.reason = reason;
  error_.offset = static_cast<std::size_t>(where.data() - body_.data());
  error_.line = 1;
  error_.column = error_.offset + 1;
  return false;
}

bool Decoder::refuse(const WireReader& broken) { return refuse(broken.problem(), {broken.position(), std::size_t{0}}); }

Step Decoder::taken(bool good) {
  known_ = true;
  if (good) return Step::record;
  ++errors_;
  return Step::error;
}

}  // namespace codecs::remote_write
