#include "codecs/plain_lines.h"

#include <algorithm>

#include "codecs/digits.h"
#include "codecs/line_index.h"
#include "codecs/line_reader.h"
#include "codecs/word.h"

namespace codecs {
namespace {

/// So much of the input is indexed at a time: its index stays in the nearest cache. A longer line is not plain.
constexpr std::size_t window_bytes = 8192;

/// Room for one more behind `count` items; false where there are as many as there may be.
template <class Item>
bool has_room(std::vector<Item>& items, std::size_t count, std::size_t count_max) {
  if (count < items.size()) [[likely]]
    return true;
  if (count == count_max) return false;
  items.resize(std::clamp<std::size_t>(2 * count, 16, count_max));
  return true;
}

/// The usual shapes here and now, others as the careful reader reads them; false where there is something wrong.
bool read_value(std::string_view text, Dialect dialect, FieldValue& value) {
  if (text.back() == 'i') {
    std::int64_t integer = 0;
    if (read_plain_integer<Behind::readable>(text.substr(0, text.size() - 1), integer)) {
      value = integer;
      return true;
    }
  } else {
    double number = 0;
    if (read_plain_float<Behind::readable>(text, number)) {
      value = number;
      return true;
    }
  }
  return read_plain_value(text, dialect, value).empty();
}

bool read_time(std::string_view text, Dialect dialect, std::int64_t& timestamp) {
  return read_plain_integer<Behind::readable>(text, timestamp) || read_timestamp(text, dialect, timestamp).empty();
}

}  // namespace

void PlainLines::index(std::string_view input, std::size_t position) {
  positions_.resize(window_bytes + line_index_slack);
  const std::string_view window = input.substr(position, window_bytes);
  const std::size_t readable = input.size() - position;
  window_ = position;
  next_ = 0;
  count_ = index_line_bytes(cpu_, window, positions_.data());
  // Lines that are not complete are left for the next index; so are those, for the careful reader, behind which the
  // input has not a word more: a word can then be read at any place of an indexed line.
  while (count_ > 0 && (window[positions_[count_ - 1]] != '\n' || positions_[count_ - 1] + word_bytes >= readable)) {
    --count_;
  }
}

/// Brings the index to the line at `position`.
bool PlainLines::find_line(std::string_view input, std::size_t position) {
  while (next_ < count_ && window_ + positions_[next_] < position) ++next_;
  if (next_ == count_) index(input, position);
  return next_ < count_;
}

bool PlainLines::read(std::string_view input, std::size_t position, Dialect dialect, Line& line, std::size_t& newline) {
  if (!find_line(input, position)) return false;
  const char* const text = input.data() + window_;
  // A newline ends every walk before the index does; one place more may be looked at, but not used.
  const std::uint32_t* next = positions_.data() + next_;
  const std::size_t start = position - window_;
  const auto part = [text](std::size_t from, std::size_t to) { return std::string_view(text + from, to - from); };

  std::size_t stop = *next++;
  if (stop == start || text[start] == '#') return false;
  line.measurement = part(start, stop);

  std::size_t tags = 0;
  std::uint64_t last_key = 0;
  for (; text[stop] == ','; ++tags) {
    const std::size_t key = stop + 1;
    const std::size_t equal = next[0];
    stop = next[1];
    if (text[equal] != '=' || equal == key || stop == equal + 1 || !has_room(tags_, tags, tags_max)) return false;
    next += 2;
    Tag& tag = tags_[tags];
    tag.key = part(key, equal);
    tag.value = part(equal + 1, stop);
    if (dialect == Dialect::influxdb_1 && tag.key == "time") return false;
    const std::uint64_t this_key = sort_key<Behind::readable>(tag.key);
    if (this_key > last_key)
      last_key = this_key;  // most senders sort tags: then no key is compared with all before it
    else if (std::ranges::count(std::span(tags_).first(tags), tag.key, &Tag::key) != 0)
      return false;
  }
  line.tags = std::span(tags_).first(tags);
  if (text[stop] != ' ') return false;

  std::size_t fields = 0;
  do {
    const std::size_t key = stop + 1;
    const std::size_t equal = next[0];
    stop = next[1];
    if (text[equal] != '=' || equal == key || stop == equal + 1 || !has_room(fields_, fields, fields_max)) return false;
    next += 2;
    Field& field = fields_[fields++];
    field.key = part(key, equal);
    if (dialect == Dialect::influxdb_1 && field.key == "time") return false;
    if (!read_value(part(equal + 1, stop), dialect, field.value)) return false;
  } while (text[stop] == ',');
  line.fields = std::span(fields_).first(fields);

  line.timestamp.reset();
  if (text[stop] == ' ') {
    const std::size_t from = stop + 1;
    stop = *next++;
    std::int64_t timestamp = 0;
    if (stop == from || !read_time(part(from, stop), dialect, timestamp)) return false;
    line.timestamp = timestamp;
  }
  if (text[stop] != '\n') return false;
  line.text = part(start, stop);
  next_ = static_cast<std::size_t>(next - positions_.data());
  newline = window_ + stop;
  return true;
}

}  // namespace codecs
