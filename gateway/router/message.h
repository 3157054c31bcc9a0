#pragma once
// What conditions can say of a message, by the names that ClusterCockpit's documentation gives it.

#include <cstdint>
#include <string_view>

#include "gateway/router/expression/environment.h"
#include "gateway/router/expression/node.h"
#include "gateway/router/expression/value.h"

namespace gw::router {

struct HostTopology;

/// A message as rules see it. A view: all text is plain and somebody else's.
struct MessageView {
  std::string_view name;
  expression::Map tags;    ///< texts
  expression::Map meta;    ///< texts
  expression::Map fields;  ///< never empty
  std::int64_t timestamp_s = 0;
  const HostTopology* host = nullptr;  ///< of its host, where that is known
};

/// "metric", "event", "log", "control" or "unknown": the first of value, event, log, control that is a field says it.
/// The methods IsMetric() and so on are stricter, as cc-lib's are: `value` is no text, the others are texts, and a
/// control says GET or PUT in its tag `method`.
std::string_view message_type(const MessageView& message);

/// The names: name, messagetype, msgtype, timestamp, tags, tag, meta, fields, field, msg, message, metric and
/// tag_KEY, meta_KEY, field_KEY. Any other name is the tag of that name, else the meta value, else the field; nil where
/// there is none.
const expression::Environment& message_environment();

/// `message` must outlive it.
class MessageVariables final : public expression::Variables {
 public:
  explicit MessageVariables(const MessageView& message) : message_(message) {}
  expression::Value get(int slot, std::string_view name) const override;
  expression::Value call(int slot, std::span<const expression::Value> arguments) const override;

 private:
  const MessageView& message_;
};

/// The same of a message whose only field is `value`, a number. It notes whether anybody asked for what differs from
/// line to line of its series, the value or the time: an answer without that holds for all of them.
class SeriesVariables final : public expression::Variables {
 public:
  explicit SeriesVariables(const MessageView& message) : message_(message), variables_(message) {}
  expression::Value get(int slot, std::string_view name) const override;
  expression::Value call(int slot, std::span<const expression::Value> arguments) const override;
  bool told_line() const { return told_line_; }

 private:
  const MessageView& message_;
  MessageVariables variables_;
  mutable bool told_line_ = false;
};

/// Whether a series, a message of which only name, tags and meta are set, tells what a name or method of a checked tree
/// gives for its messages (see expression/specialise.h).
bool series_tells(const MessageView& series, const expression::Node& part);

}  // namespace gw::router
