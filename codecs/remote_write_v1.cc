// Series and metadata of prometheus.WriteRequest. Nearly all bytes of a request are labels, and nearly all labels have
// one form; that form is read without the general reader.

#include "codecs/protobuf_wire.h"
#include "codecs/remote_write.h"
#include "codecs/utf8.h"

namespace codecs::remote_write {
namespace {

constexpr char field_1_bytes = 1 << 3 | 2;
constexpr char field_2_bytes = 2 << 3 | 2;

/// A label whose field, with name before value, is shorter than 128 bytes:
///   0a LENGTH 0a LENGTH name 12 LENGTH value
/// Answers the byte behind it, null where what starts at `at` is anything else.
inline const char* short_label(const char* at, const char* end, Label& label) {
  constexpr std::size_t heads = 4;  // tag and length of name and value
  if (end - at < 6 || at[0] != field_1_bytes || at[2] != field_1_bytes) return nullptr;
  const auto length = static_cast<std::uint8_t>(at[1]);
  const auto name_length = static_cast<std::uint8_t>(at[3]);
  if (length >= 0x80 || length > end - at - 2 || name_length + heads > length) return nullptr;
  const char* const name = at + 4;
  const char* const value = name + name_length + 2;
  const auto value_length = static_cast<std::uint8_t>(value[-1]);  // below 0x80 where the sum is right
  if (value[-2] != field_2_bytes || name_length + heads + value_length != length) return nullptr;
  label = {{name, name_length}, {value, value_length}};
  return at + 2 + length;  // the same as behind the value, but known after one load: the next label need not wait
}

}  // namespace

bool Decoder::read_series_v1(std::string_view message) {
  start_series(message);
  const char* const start = message.data();
  const char* const end = start + message.size();
  const char* at = start;
  const char* text_end = at;
  while (at != end) {
    Label label;
    if (const char* const behind = short_label(at, end, label); behind != nullptr) {
      if (!check_count(labels_.size(), labels_max, "series with too many labels", {at, end})) return false;
      labels_.emplace_back(label.name, label.value);  // a quarter quicker than push_back
      text_end = at = behind;
      continue;
    }
    WireReader reader({at, end});
    WireField field;
    if (!reader.next(field)) return refuse(reader);
    if (!read_field_v1(field)) return false;
    at = reader.position();
    if (field.number == 1) text_end = at;
  }
  // Labels stand before anything else: to look at them together is quicker than one by one.
  if (!is_ascii({start, text_end})) {
    for (const Label& label : labels_) {
      if (!check_text(label.name) || !check_text(label.value)) return false;
    }
  }
  return finish_series();
}

bool Decoder::read_field_v1(const WireField& field) {
  if (field.type != WireType::bytes) return true;
  switch (field.number) {
    case 1:
      return read_label(field.bytes, labels_);
    case 2:
      return read_sample(field.bytes);
    case 3:
      return read_exemplar(field.bytes);
    case 4:
      return read_histogram(field.bytes);
    default:
      return true;
  }
}

bool Decoder::read_label(std::string_view message, std::vector<Label>& out) {
  if (!check_count(out.size(), labels_max, "series with too many labels", message)) return false;
  WireReader reader(message);
  WireField field;
  Label label{message.substr(0, 0), message.substr(0, 0)};
  while (reader.next(field)) {
    if (field.type != WireType::bytes) continue;
    if (field.number == 1) label.name = field.bytes;
    if (field.number == 2) label.value = field.bytes;
  }
  if (!reader.problem().empty()) return refuse(reader);
  out.push_back(label);
  return true;
}

bool Decoder::read_family(std::string_view message) {
  error_.text = message;
  metadata_ = {};
  WireReader reader(message);
  WireField field;
  while (reader.next(field)) {
    if (field.number == 1 && field.type == WireType::varint)
      metadata_.type = field.value < 8 ? static_cast<Metadata::Type>(field.value) : Metadata::Type::unknown;
    if (field.type != WireType::bytes) continue;
    if (field.number == 2) metadata_.family = field.bytes;
    if (field.number == 4) metadata_.help = field.bytes;
    if (field.number == 5) metadata_.unit = field.bytes;
  }
  if (!reader.problem().empty()) return refuse(reader);
  return check_text(metadata_.family) && check_text(metadata_.help) && check_text(metadata_.unit);
}

}  // namespace codecs::remote_write
