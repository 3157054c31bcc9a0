#include "gateway/sources/series_table.h"

#include <algorithm>
#include <functional>

namespace gw {

SeriesTable::Added SeriesTable::add(std::string_view key, std::string_view labels, std::string_view line) {
  if (entries_.size() * 2 >= slots_.size()) grow();
  const std::size_t hash = std::hash<std::string_view>()(key);
  const std::size_t mask = slots_.size() - 1;
  std::size_t slot = hash & mask;
  for (; slots_[slot] != 0; slot = (slot + 1) & mask) {
    Entry& entry = entries_[slots_[slot] - 1];
    if (entry.hash != hash || view(entry.key) != key) continue;
    const bool takes_over = labels < view(entry.labels);
    kept_.assign(takes_over ? labels : view(entry.labels));
    dropped_.assign(takes_over ? view(entry.labels) : labels);
    if (takes_over) {
      entry.labels = keep(labels);
      entry.line = keep(line);
    }
    return Added::duplicate;
  }
  entries_.push_back({hash, keep(key), keep(labels), keep(line)});
  slots_[slot] = static_cast<std::uint32_t>(entries_.size());
  return Added::fresh;
}

void SeriesTable::clear() {
  text_.clear();
  entries_.clear();
  std::fill(slots_.begin(), slots_.end(), 0U);
}

SeriesTable::Span SeriesTable::keep(std::string_view text) {
  const Span span{text_.size(), text.size()};
  text_ += text;
  return span;
}

void SeriesTable::grow() {
  slots_.assign(std::max<std::size_t>(64, slots_.size() * 2), 0U);
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    std::size_t slot = entries_[i].hash & mask;
    while (slots_[slot] != 0) slot = (slot + 1) & mask;
    slots_[slot] = static_cast<std::uint32_t>(i + 1);
  }
}

}  // namespace gw
