#include "gateway/router/plan_memory.h"

#include "gateway/router/aggregate.h"

namespace gw::router {

namespace {

bool is_same(const AggregateSource& a, const AggregateSource& b) {
  return a.aggregates == b.aggregates && a.key == b.key && a.name == b.name && a.tags == b.tags && a.meta == b.meta;
}

std::size_t bytes_of(const AggregateSource& source) {
  std::size_t bytes = sizeof source + source.key.capacity() + source.host.cluster.capacity() +
                      source.host.name.capacity() + source.name.capacity() +
                      source.aggregates.capacity() * sizeof(std::size_t);
  for (const auto* const tags : {&source.tags, &source.meta}) {
    for (const auto& tag : *tags) bytes += sizeof tag + tag.key.capacity() + tag.value.capacity();
  }
  return bytes;
}

}  // namespace

void PlanMemory::remember(SeriesRecord* record, std::string_view key, std::span<const Turn> way, const WayEnd& end) {
  using Action = SeriesRecord::Action;
  if (way.size() >= turns_max) {
    (record == nullptr ? memo_.add(key, {}, {}) : *record).action = Action::plain;
    return;
  }
  if (record == nullptr && way.empty() && end.source == nullptr) {
    const Action action = end.kind == PlanNodeKind::plain  ? Action::plain
                          : end.kind == PlanNodeKind::drop ? Action::drop
                                                           : Action::emit;
    memo_.add(key, {.rule = end.rule, .action = action}, end.head);
    return;
  }
  if (record == nullptr) record = &memo_.add(key, {}, {});
  PlanNode node{.kind = end.kind, .rule = end.rule};
  if (end.kind == PlanNodeKind::emit || end.source != nullptr) node.end = number_of(*record, end);
  record->program = trees_.grown(record->program, way, node);
  ++record->ways;
}

/// Of the end that says this; a new one where there is none.
std::uint32_t PlanMemory::number_of(SeriesRecord& record, const WayEnd& end) {
  std::uint32_t number = 0;
  for (const SeriesEnd* known = record.ends; known != nullptr; known = known->next, ++number) {
    const bool keeps_same = end.source == nullptr || known->source == nullptr
                                ? end.source == nullptr && known->source == nullptr
                                : is_same(*end.source, **known->source);
    if (keeps_same && known->head() == end.head) return number;
  }
  SeriesEnd& made = memo_.add_end(record, end.head);
  if (end.source != nullptr) {
    made.source = &sources_.emplace_back(end.source);
    source_bytes_ += sizeof end.source + bytes_of(*end.source);
  }
  return number;
}

void PlanMemory::forget() {
  memo_.clear();
  trees_.clear();
  sources_ = {};
  source_bytes_ = 0;
}

}  // namespace gw::router
