// Symbols, series and metadata of io.prometheus.write.v2.Request.

#include "codecs/protobuf_wire.h"
#include "codecs/remote_write.h"
#include "codecs/utf8.h"

namespace codecs::remote_write {

/// Collects all symbols, wherever in the request they stand. Where the request is broken it just ends: the walk over
/// the series comes to the same place and says so.
bool Decoder::read_symbols() {
  WireReader reader(body_);
  WireField field;
  error_.text = body_;
  while (reader.next(field)) {
    if (field.number != 4 || field.type != WireType::bytes) continue;
    if (symbols_.empty() && !field.bytes.empty()) return refuse("the first symbol is not the empty text", field.bytes);
    if (!check_count(symbols_.size(), symbols_max, "too many symbols", field.bytes)) return false;
    const bool valid = is_ascii(field.bytes) || valid_utf8_prefix(field.bytes) == field.bytes.size();
    symbols_.push_back(valid ? field.bytes : std::string_view());
  }
  return true;
}

bool Decoder::read_series_v2(std::string_view message) {
  start_series(message);
  WireReader reader(message);
  WireField field;
  while (reader.next(field)) {
    if (!read_field_v2(field)) return false;
  }
  if (!reader.problem().empty()) return refuse(reader);
  if (name_ref_.has_value()) return refuse("label without a value: odd number of references", message);
  return finish_series();
}

bool Decoder::read_field_v2(const WireField& field) {
  if (field.number == 1) return read_refs(field, labels_, name_ref_);
  if (field.type != WireType::bytes) return true;
  switch (field.number) {
    case 2:
      return read_sample(field.bytes);
    case 3:
      return read_histogram(field.bytes);
    case 4:
      return read_exemplar(field.bytes);
    case 5:
      return read_series_metadata(field.bytes);
    default:
      return true;
  }
}

/// Turns references into labels. `name_ref` is the one whose value is still to come: the list may come in many fields.
bool Decoder::read_refs(const WireField& field, std::vector<Label>& out, std::optional<std::uint32_t>& name_ref) {
  if (field.type == WireType::varint)
    return add_ref(static_cast<std::uint32_t>(field.value), error_.text, out, name_ref);
  if (field.type != WireType::bytes) return true;
  const char* at = field.bytes.data();
  const char* const end = at + field.bytes.size();
  while (at != end) {
    std::uint64_t ref = 0;
    at = read_varint(at, end, ref);
    if (at == nullptr) return refuse("protobuf: a number is cut off", field.bytes);
    if (!add_ref(static_cast<std::uint32_t>(ref), field.bytes, out, name_ref)) return false;
  }
  return true;
}

bool Decoder::add_ref(std::uint32_t ref, std::string_view where, std::vector<Label>& out,
                      std::optional<std::uint32_t>& name_ref) {
  if (!name_ref.has_value()) {
    name_ref = ref;
    return true;
  }
  std::string_view name;
  std::string_view value;
  if (!symbol(*name_ref, where, name) || !symbol(ref, where, value)) return false;
  if (!check_count(out.size(), labels_max, "series with too many labels", where)) return false;
  out.emplace_back(name, value);
  name_ref.reset();
  return true;
}

bool Decoder::read_series_metadata(std::string_view message) {
  WireReader reader(message);
  WireField field;
  while (reader.next(field)) {
    if (field.type != WireType::varint) continue;
    const auto ref = static_cast<std::uint32_t>(field.value);
    if (field.number == 1)
      series_.metadata.type = field.value < 8 ? static_cast<Metadata::Type>(field.value) : Metadata::Type::unknown;
    if (field.number == 3 && !symbol(ref, message, series_.metadata.help)) return false;
    if (field.number == 4 && !symbol(ref, message, series_.metadata.unit)) return false;
  }
  return reader.problem().empty() || refuse(reader);
}

bool Decoder::symbol(std::uint32_t ref, std::string_view where, std::string_view& out) {
  if (ref >= symbols_.size()) return refuse("reference to a symbol that is not there", where);
  out = symbols_[ref];
  return out.data() != nullptr || refuse("text is not valid UTF-8", where);
}

}  // namespace codecs::remote_write
