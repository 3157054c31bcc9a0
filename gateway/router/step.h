#pragma once
// What the rules say, brought to one form: a list of steps that each message goes through in order.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "codecs/message.h"
#include "gateway/router/expression/expression.h"
#include "gateway/router/message.h"
#include "gateway/router/unit.h"

namespace gw::router {

/// A message on its way through the steps. `meta` is known here only: no wire carries it.
struct Message : codecs::Message {
  std::vector<Tag> meta;
  friend bool operator==(const Message&, const Message&) = default;
};

/// The three places of a message that hold keys and values.
enum class Part : std::uint8_t { tags, meta, fields };

/// What a table of names has for one of them.
struct Named {
  std::string value;
  std::size_t rule = 0;  ///< of RuleSet::rules: each name was written down by itself
};
/// So that tables of names are asked with views.
struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};
using Names = std::unordered_map<std::string, Named, TextHash, std::equal_to<>>;

struct Step {
  enum class Kind : std::uint8_t {
    drop,
    drop_type,      ///< a message whose message_type is a key of `names`
    drop_name,      ///< one whose name is a key of `names`
    set,            ///< `key` = `value` in `to`, whatever stood there
    erase,          ///< `key` in `from`
    move,           ///< `key` in `from` becomes `value` in `to`, as text
    rename,         ///< to `value`; the old name stands in meta as `oldname`
    rename_by,      ///< the same, from a key of `names` to its value
    normalize,      ///< the unit's spelling; this and what follows of units passes over what is no metric
    prefix,         ///< the unit's prefix becomes `value`, and the value follows
    prefix_by,      ///< the same, to the value of the name in `names`
    interval_time,  ///< the time becomes the start of its interval
  };
  Kind kind = Kind::drop;
  /// Where it does not hold, the step is passed over. Null: it always holds.
  std::shared_ptr<const expression::Expression> condition;
  Part from = Part::tags;
  Part to = Part::tags;
  std::string key;
  std::string value;
  Names names;
  std::int64_t interval_ns = 0;
  std::size_t rule = 0;  ///< of RuleSet::rules: where it was written; of `names`, the first
};

/// What became of a message by one step.
enum class Effect : std::uint8_t {
  none,     ///< it is as it was: the condition did not hold, or there was nothing to do
  changed,  ///< it may have been
  dropped,
  left,    ///< it is as it was: it has no unit that we know, or that would become another
  failed,  ///< it is as it was, though the step should have done something
};

/// No text, no truth.
bool is_number(const codecs::FieldValue& value);
/// The field `value` where it is a number.
std::optional<codecs::FieldValue> number_in(const codecs::Message& message);
/// As conditions see it: unsigned integers beyond 2^63 are floats.
expression::Value value_of(const codecs::FieldValue& value);
/// True but for a double that is not.
bool is_finite(const codecs::FieldValue& value);
/// The start of the interval that holds `time_ns`; intervals start at multiples of their length since 1970, but for the
/// first one, which starts with the least time there is.
std::int64_t interval_start(std::int64_t time_ns, std::int64_t interval_ns);

/// The keys that make a message what it is: no rule takes them away.
bool is_protected_field(std::string_view key);

/// What a step of kind prefix or prefix_by does to the value.
struct PrefixChange {
  Prefix from = Prefix::base;
  Prefix to = Prefix::base;
  friend bool operator==(const PrefixChange&, const PrefixChange&) = default;
};

struct Topology;

/// Takes messages through steps. Keeps its buffers: reuse one. Not thread-safe.
class Stepper {
 public:
  /// `topology` may be null; it and `hostname_tag` must outlive this.
  Stepper(const Topology* topology, std::string_view hostname_tag) : topology_(topology), hostname_tag_(hostname_tag) {}

  /// A message to work on; it must outlive the steps. `now_ns` stands for its time where it has none.
  void begin(Message& message, std::int64_t now_ns);
  /// `begin` was called, and what it was given has only been changed by `apply` since.
  Effect apply(const Step& step);
  /// The same, whatever its condition says. Where it is of units, the message is a metric.
  Effect act(const Step& step);
  /// Whether the condition holds: of null, always. Nothing where that cannot be said; then `problem` says why.
  std::optional<bool> holds(const expression::Expression* condition);
  /// The same for a message whose only field is `value`, a number: whether its value or time had a part in the answer.
  struct Answer {
    std::optional<bool> holds;
    bool told_by_line = false;
  };
  Answer ask(const expression::Expression& condition);
  /// What the last step did to the value by another prefix; after Effect::failed, what it would have done.
  const std::optional<PrefixChange>& prefix_change() const { return prefix_change_; }
  /// After Effect::failed and Effect::left.
  const std::string& problem() const { return problem_; }
  /// The rule that the last step followed: of one with `names`, that of the name it found.
  std::size_t rule() const { return rule_; }
  /// The message as conditions see it; valid until it is changed.
  const MessageView& view();

 private:
  std::optional<bool> decide(const expression::Expression& condition, const expression::Variables& variables);
  Effect act_on(const Step& step);
  const Named* look_up(const Step& step, std::string_view name);
  Effect move(const Step& step);
  Effect rename(std::string_view name);
  Effect normalize();
  Effect change_prefix(std::string_view text);
  std::string* unit();
  Effect fail(std::string problem);
  Effect leave(std::string why);

  const Topology* topology_;
  std::string_view hostname_tag_;
  Message* message_ = nullptr;
  std::int64_t now_ns_ = 0;
  MessageView view_;
  bool view_is_stale_ = true;
  expression::Arena arena_;
  std::optional<PrefixChange> prefix_change_;
  std::string problem_;
  std::size_t rule_ = 0;
};

}  // namespace gw::router
