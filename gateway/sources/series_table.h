#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gw {

/// The lines of one tick by the identity that the store gives a series. Of several series with one identity it keeps
/// the first by label order, whatever order they come in. Buffers are kept from tick to tick: a tick like the one
/// before allocates nothing. Not thread-safe.
class SeriesTable {
 public:
  enum class Added { fresh, duplicate };

  /// `key`: the identity; `labels`: the series' labels, which decide and are shown to people; `line`: what is sent.
  Added add(std::string_view key, std::string_view labels, std::string_view line);
  /// Labels of the series that the last duplicate met: {kept, dropped}.
  std::string_view kept_labels() const { return kept_; }
  std::string_view dropped_labels() const { return dropped_; }

  std::size_t size() const { return entries_.size(); }
  std::string_view line(std::size_t i) const { return view(entries_[i].line); }
  void clear();

 private:
  struct Span {
    std::size_t begin = 0;
    std::size_t size = 0;
  };
  struct Entry {
    std::size_t hash = 0;
    Span key;
    Span labels;
    Span line;
  };
  Span keep(std::string_view text);
  std::string_view view(Span span) const { return std::string_view(text_).substr(span.begin, span.size); }
  void grow();

  std::string text_;                  // all keys, labels and lines
  std::vector<Entry> entries_;        // in order of arrival
  std::vector<std::uint32_t> slots_;  // open addressing: index into entries_ + 1, 0 = free; size a power of two
  std::string kept_;
  std::string dropped_;
};

}  // namespace gw
