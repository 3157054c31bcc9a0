#include "gateway/router/router.h"

#include <fmt/format.h>

#include <utility>

namespace gw::router {

Made& Made::operator+=(const Made& other) {
  appended += other.appended;
  dropped += other.dropped;
  not_representable += other.not_representable;
  return *this;
}

Router::Router(std::shared_ptr<const RuleSet> rules, RouterOptions options)
    : rules_(std::move(rules)),
      counts_(rules_->rules.size()),
      aggregator_(rules_, options.aggregates),
      plan_(rules_, counts_, aggregator_, options.plan),
      interpreter_(rules_) {}

Routed Router::route(const codecs::Line& line, std::int64_t now_ns, std::string& out) {
  return plan_.route(line, now_ns, out);
}

Made Router::end_intervals(std::int64_t now_ns, std::string& out, AggregateObserver* observer) {
  if (rules_->aggregates.empty()) return {};
  return append(aggregator_.take(now_ns, counts_), now_ns, out, observer);
}

Made Router::end_all(std::int64_t now_ns, std::string& out, AggregateObserver* observer) {
  if (rules_->aggregates.empty()) return {};
  return append(aggregator_.take_all(counts_), now_ns, out, observer);
}

/// Aggregates go through the rules as other messages do, but nothing is computed from them.
Made Router::append(std::vector<Computed> aggregates, std::int64_t now_ns, std::string& out,
                    AggregateObserver* observer) {
  Made made;
  for (Computed& aggregate : aggregates) {
    auto& [message, rule] = aggregate;
    if (observer != nullptr) observer->computed(aggregate);
    const std::size_t start = out.size();
    if (interpreter_.run(message, now_ns, counts_, observer)) {
      ++made.dropped;
    } else if (const auto written = codecs::append_message(out, message, codecs::Dialect::line_protocol_v2,
                                                           codecs::Precision::seconds)) {
      ++made.appended;
    } else {
      ++made.not_representable;
      counts_[rule].fail(fmt::format("no line can carry it: {}", written.error()));
    }
    if (observer != nullptr) observer->became(std::string_view(out).substr(start));
  }
  return made;
}

}  // namespace gw::router
