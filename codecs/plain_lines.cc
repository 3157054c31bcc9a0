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

bool read_timestamp_text(std::string_view text, Dialect dialect, std::int64_t& timestamp) {
  return read_plain_integer<Behind::readable>(text, timestamp) || read_timestamp(text, dialect, timestamp).empty();
}

}  // namespace

/// How far a line is read. A newline ends every walk before the index does; one place more may be looked at, but not
/// used.
struct PlainLines::Walk {
  const char* text;           ///< the window
  const std::uint32_t* next;  ///< of the index
  std::size_t stop;           ///< what ends the part that is read, in the window

  std::string_view part(std::size_t from, std::size_t to) const { return {text + from, to - from}; }
  bool at(char c) const { return text[stop] == c; }

  /// key=value behind `stop`; false where it is none.
  [[gnu::always_inline]] bool take_pair(std::string_view& key, std::string_view& value) {
    const std::size_t start = stop + 1;
    const std::size_t equal = next[0];
    stop = next[1];
    if (text[equal] != '=' || equal == start || stop == equal + 1) return false;
    next += 2;
    key = part(start, equal);
    value = part(equal + 1, stop);
    return true;
  }
};

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

[[gnu::always_inline]] inline bool PlainLines::read_tags(Walk& walk, Dialect dialect, Line& line) {
  std::size_t tags = 0;
  std::uint64_t last_key = 0;
  for (; walk.at(','); ++tags) {
    if (!has_room(tags_, tags, tags_max)) return false;
    Tag& tag = tags_[tags];
    if (!walk.take_pair(tag.key, tag.value)) return false;
    if (dialect == Dialect::influxdb_1 && tag.key == "time") return false;
    const std::uint64_t this_key = sort_key<Behind::readable>(tag.key);
    if (this_key > last_key)
      last_key = this_key;  // most senders sort tags: then no key is compared with all before it
    else if (std::ranges::count(std::span(tags_).first(tags), tag.key, &Tag::key) != 0)
      return false;
  }
  line.tags = std::span(tags_).first(tags);
  return walk.at(' ');
}

[[gnu::always_inline]] inline bool PlainLines::read_fields(Walk& walk, Dialect dialect, Line& line) {
  std::size_t fields = 0;
  do {
    if (!has_room(fields_, fields, fields_max)) return false;
    Field& field = fields_[fields++];
    std::string_view value;
    if (!walk.take_pair(field.key, value)) return false;
    if (dialect == Dialect::influxdb_1 && field.key == "time") return false;
    if (!read_value(value, dialect, field.value)) return false;
  } while (walk.at(','));
  line.fields = std::span(fields_).first(fields);
  return true;
}

[[gnu::always_inline]] inline bool PlainLines::read_time(Walk& walk, Dialect dialect, Line& line) {
  line.timestamp.reset();
  if (walk.at(' ')) {
    const std::size_t start = walk.stop + 1;
    walk.stop = *walk.next++;
    std::int64_t timestamp = 0;
    if (walk.stop == start || !read_timestamp_text(walk.part(start, walk.stop), dialect, timestamp)) return false;
    line.timestamp = timestamp;
  }
  return walk.at('\n');
}

bool PlainLines::read(std::string_view input, std::size_t position, Dialect dialect, Line& line, std::size_t& newline) {
  if (!find_line(input, position)) return false;
  Walk walk{input.data() + window_, positions_.data() + next_, 0};
  const std::size_t start = position - window_;
  walk.stop = *walk.next++;
  if (walk.stop == start || walk.text[start] == '#') return false;
  line.measurement = walk.part(start, walk.stop);
  if (!read_tags(walk, dialect, line) || !read_fields(walk, dialect, line) || !read_time(walk, dialect, line))
    return false;
  line.text = walk.part(start, walk.stop);
  next_ = static_cast<std::size_t>(walk.next - positions_.data());
  newline = window_ + walk.stop;
  return true;
}

}  // namespace codecs
