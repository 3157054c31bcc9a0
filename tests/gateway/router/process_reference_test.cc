// Messages through rules as ClusterCockpit's own message processor takes them through. Where something else comes out,
// it is of a class that is known: most classes are proven by rules, or a message, that mean to us what the real ones
// mean to the library, and with which the same comes out.

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "gateway/router/interpreter.h"
#include "gateway/router/rules/load_rules.h"
#include "gateway/router/unit.h"
#include "tests/gateway/router/cc_lib.h"
#include "tests/gateway/router/chance_flat_rules.h"
#include "tests/gateway/router/value_differences.h"

using namespace gw::router;
using namespace cc_lib;
using nlohmann::json;

namespace {

constexpr std::string_view rule_fails = "a rule that fails: cc-lib drops the message, we leave it as it is and count";
constexpr std::string_view random_order = "cc-lib walks the rules of a stage in an order from chance, we as written";
constexpr std::string_view unit_misread = "cc-lib takes a unit for another one (Mbit/s for MB/s), we leave it alone";
constexpr std::string_view unit_of_truth = "cc-lib changes the unit of true and false, we do not";
constexpr std::string_view says_another = "the unit with the new prefix says another one (mB, K%): we leave it alone";
constexpr std::string_view infinite =
    "a value that is too large with the new prefix is infinite in cc-lib, we leave it alone";
constexpr std::string_view wraps = "cc-lib takes integers from 2^63 on for negative ones in conditions";
constexpr std::string_view type_by_chance =
    "cc-lib finds the type of a message once, with several fields by chance; we by what it is";

/// By the kind of Odd.
constexpr std::string_view odd_reasons[] = {
    "",
    "documented, but unknown to cc-lib, which does not start: the documentation's promise holds",
    "a rule without `if`: cc-lib does not start, here it always holds",
    "stage_order by the keys of the rules, as cc-lib's README writes it: cc-lib does not start",
    "add_base_env: cc-lib does not know the names when it reads the rules",
    "an unknown prefix: cc-lib does nothing without a word, we refuse it",
    "deleting or moving the field `value`: cc-lib drops the message or takes its value, we refuse it",
    "a tag that line protocol cannot carry: we refuse it",
    "a number in a tag compares with numbers, as documented",
    "`%` for `\\` in patterns, as documented",
    "msg.HasTag('type-id') is never true in cc-lib",
    "timestamp == number: cc-lib fails on its own types of integers",
    type_by_chance,
    "cc-lib does not see that a rule changed type-id",
    "cc-lib does not see that a rule changed the unit",
};
std::string_view reason_of(Odd odd) { return odd_reasons[static_cast<std::size_t>(odd)]; }

Message message_of(const json& from) {
  Message message;
  message.name = from["name"];
  for (const auto& [key, value] : from["tags"].items()) message.tags.push_back({key, value});
  for (const auto& [key, value] : from["meta"].items()) message.meta.push_back({key, value});
  for (const auto& [key, value] : from["fields"].items()) {
    const auto& kind = value.begin().key();
    const json& held = *value.begin();
    if (kind == "float") message.fields.push_back({key, held.get<double>()});
    if (kind == "int") message.fields.push_back({key, held.get<std::int64_t>()});
    if (kind == "uint") message.fields.push_back({key, held.get<std::uint64_t>()});
    if (kind == "bool") message.fields.push_back({key, held.get<bool>()});
    if (kind == "string") message.fields.push_back({key, held.get<std::string>()});
  }
  message.time_ns = from["time"];
  return message;
}

/// What becomes of a message; the parts of it sorted by their keys.
struct Outcome {
  bool failed = false;             ///< a rule; then the library says no more
  bool infinite = false;           ///< the value in the end, which the library does not mind
  std::optional<Message> message;  ///< nothing: dropped
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

Outcome sorted(Outcome outcome) {
  if (!outcome.message) return outcome;
  const auto by_key = [](const auto& a, const auto& b) { return a.key < b.key; };
  std::ranges::sort(outcome.message->tags, by_key);
  std::ranges::sort(outcome.message->meta, by_key);
  std::ranges::sort(outcome.message->fields, by_key);
  return outcome;
}

Outcome outcome_of(const json& answer) {
  Outcome outcome;
  if (answer.contains("error")) {
    outcome.infinite = answer["error"].get<std::string>().contains("JSON has no +Inf");
    outcome.failed = !outcome.infinite;
  } else if (!answer.contains("dropped")) {
    outcome.message = message_of(answer);
  }
  return sorted(std::move(outcome));
}

/// One set of rules as we read them.
class Ours {
 public:
  explicit Ours(const Rules& rules) {
    const Rules file = {{"process_messages", rules}};
    const auto loaded = gw::rules::read_rules_text(file.dump(1), "rules.json", gw::Seconds(60));
    rules_ = loaded.rules;
    if (rules_ == nullptr) problem_ = loaded.report();
  }
  /// Empty where they are good.
  const std::string& problem() const { return problem_; }

  Outcome run(const json& message) const {
    Interpreter interpreter(rules_);
    std::vector<RuleCounts> counts(rules_->rules.size());
    Outcome outcome;
    outcome.message = message_of(message);
    if (interpreter.run(*outcome.message, 0, counts)) outcome.message.reset();
    outcome.failed = std::ranges::any_of(counts, [](const RuleCounts& of) { return of.failed > 0; });
    return sorted(std::move(outcome));
  }

 private:
  std::shared_ptr<const RuleSet> rules_;
  std::string problem_;
};

json* unit_in(json& message) {
  for (const char* const part : {"meta", "tags"}) {
    if (message[part].contains("unit")) return &message[part]["unit"];
  }
  return nullptr;
}

/// With the unit that the library reads there; nothing where it reads what is written.
std::optional<json> with_misread_unit(json message) {
  static const std::map<std::string, std::string> misread = {
      {"Mbit/s", "MB/s"}, {"kWh", "KW"}, {"state", "s"}, {"GB/min", "GB"}};
  json* const unit = unit_in(message);
  if (unit == nullptr) return std::nullopt;
  const auto found = misread.find(unit->get<std::string>());
  if (found == misread.end()) return std::nullopt;
  *unit = found->second;
  return message;
}

/// The texts of a rule set, in each order that the library may take them in.
class Orders {
 public:
  explicit Orders(const Rules& rules) : rules_(rules) {
    for (auto& [name, stage] : rules_.items()) {
      const bool ordered = name == "rename_messages_if" || (stage.is_array() && name.ends_with("_if"));
      if (ordered && stage.size() > 1) stages_.emplace_back(name, permutations(stage));
    }
  }
  std::size_t size() const {
    std::size_t size = 1;
    for (const auto& stage : stages_) size *= stage.second.size();
    return size;
  }
  /// The first one is the order as written.
  Rules at(std::size_t i) const {
    Rules rules = rules_;
    for (const auto& [name, orders] : stages_) {
      rules[name] = orders[i % orders.size()];
      i /= orders.size();
    }
    return rules;
  }

 private:
  static std::vector<Rules> permutations(const Rules& stage) {
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < stage.size(); ++i) places.push_back(i);
    std::vector<Rules> out;
    do {
      Rules order = stage.is_array() ? Rules::array() : Rules::object();
      for (const std::size_t place : places) {
        const auto item = std::next(stage.begin(), static_cast<std::ptrdiff_t>(place));
        if (stage.is_array()) {
          order.push_back(*item);
        } else {
          order[item.key()] = *item;
        }
      }
      out.push_back(std::move(order));
    } while (std::ranges::next_permutation(places).found);
    return out;
  }

  Rules rules_;
  std::vector<std::pair<std::string, std::vector<Rules>>> stages_;
};

Rules with_condition(const Rules& rules, std::string_view old, std::string_view text) {
  std::string all = rules.dump();
  for (std::size_t at = 0; (at = all.find(old, at)) != std::string::npos; at += text.size())
    all.replace(at, old.size(), text);
  return Rules::parse(all);
}

/// Looks for the class of a pair that is not alike.
class Explainer {
 public:
  explicit Explainer(const Trial& trial) : trial_(trial) {}

  /// Nothing: there is none.
  std::optional<std::string_view> explain(const json& message, const Outcome& theirs) {
    const json* messages[] = {&message, nullptr};
    const auto misread = with_misread_unit(message);
    if (misread) messages[1] = &*misread;
    for (const auto& [reason, rules] : meanings(message)) {
      const Orders orders(rules);
      for (std::size_t i = 0; i < orders.size(); ++i) {
        const Ours& ours = read(orders.at(i));
        if (!ours.problem().empty()) continue;
        for (const json* const sent : messages) {
          if (sent == nullptr) continue;
          const auto why = same(*sent, ours, theirs);
          if (!why) continue;
          if (!reason.empty()) return reason;
          if (i > 0) return random_order;
          return sent != &message ? unit_misread : *why;
        }
      }
    }
    return std::nullopt;
  }

 private:
  using Meaning = std::pair<std::string_view, Rules>;

  /// The trial's rules, and rules that mean to us what these mean to the library, with the reason why.
  std::vector<Meaning> meanings(const json& message) const {
    const bool fields_change = std::ranges::any_of(
        trial_.rules.items(), [](const auto& stage) { return stage.key().find("field") != std::string::npos; });
    const bool type_is_random = message["fields"].size() > 1 || fields_change;
    std::vector<Meaning> all = {{"", trial_.rules}};
    if (trial_.rules.contains("drop_by_message_type") && type_is_random) {
      Rules other = trial_.rules;
      other["drop_by_message_type"] = Rules::array({"metric", "event", "log", "control"});
      all.emplace_back(type_by_chance, other);
      other.erase("drop_by_message_type");
      all.emplace_back(type_by_chance, other);
    }
    if (trial_.condition.text.empty() || (trial_.odd == Odd::message_type && !type_is_random)) return all;
    std::vector<std::string_view> texts = trial_.condition.library;
    if (trial_.odd == Odd::stale_type_id) texts.emplace_back(held_before(message) ? "true" : "false");
    for (std::size_t i = 0, size = all.size(); i < size; ++i) {
      for (const std::string_view text : texts)
        all.emplace_back(reason_of(trial_.odd), with_condition(all[i].second, trial_.condition.text, text));
    }
    return all;
  }

  bool held_before(const json& message) const {
    Rules rules;
    rules["drop_messages_if"] = Rules::array({trial_.condition.text});
    return !Ours(rules).run(message).message;
  }

  const Ours& read(const Rules& rules) {
    const auto [at, first] = read_.try_emplace(rules.dump(), nullptr);
    if (first) at->second = std::make_unique<Ours>(rules);
    return *at->second;
  }

  /// Why `theirs` is what comes out by these rules, "" where it is exactly that; nothing where it is not.
  std::optional<std::string_view> same(const json& message, const Ours& rules, const Outcome& theirs) const {
    const Outcome ours = rules.run(message);
    if (theirs.failed && ours.failed) return rule_fails;
    if (theirs.infinite && (ours.failed || is_ambiguous(ours))) return infinite;
    if (ours == theirs) return "";
    if (const auto why = same_but_for_unit(message, ours, theirs)) return why;
    return same_if_negative(message, rules, theirs);
  }

  std::optional<std::string_view> same_but_for_unit(const json& message, const Outcome& ours,
                                                    const Outcome& theirs) const {
    if (!ours.message || !theirs.message || ours.failed || !trial_.rules.contains("change_unit_prefix"))
      return std::nullopt;
    if (!message["fields"].contains("value")) return std::nullopt;
    Outcome with_their_value = ours;
    take_value(*with_their_value.message, *theirs.message);
    const json& before = message["fields"]["value"];
    if (with_their_value == theirs) {
      if (const auto why = value_reason(before, *ours.message, *theirs.message)) return why;
    }
    take_unit(*with_their_value.message, *theirs.message);
    if (with_their_value != theirs) return std::nullopt;
    if (before.contains("bool")) return unit_of_truth;
    return is_ambiguous(ours) ? std::optional(says_another) : std::nullopt;
  }

  static void take_value(Message& into, const Message& from) {
    const auto to = std::ranges::find(into.fields, "value", &codecs::Message::Field::key);
    const auto found = std::ranges::find(from.fields, "value", &codecs::Message::Field::key);
    if (to != into.fields.end() && found != from.fields.end()) to->value = found->value;
  }
  static void take_unit(Message& into, const Message& from) {
    const auto take = [](std::vector<codecs::Message::Tag>& to, const std::vector<codecs::Message::Tag>& of) {
      const auto unit = std::ranges::find(to, "unit", &codecs::Message::Tag::key);
      const auto found = std::ranges::find(of, "unit", &codecs::Message::Tag::key);
      if (unit != to.end() && found != of.end()) unit->value = found->value;
    };
    take(into.tags, from.tags);
    take(into.meta, from.meta);
  }

  static json value_in(const Message& message) {
    const auto found = std::ranges::find(message.fields, "value", &codecs::Message::Field::key);
    return std::visit(
        [](const auto& held) -> json {
          if constexpr (std::is_same_v<std::decay_t<decltype(held)>, std::string>)
            return {{"string", held}};
          else
            return cc_lib::value_of(held);
        },
        found->value);
  }
  static std::optional<std::string_view> value_reason(const json& before, const Message& ours, const Message& theirs) {
    const json now = value_in(ours);
    const json other = value_in(theirs);
    if (!before.front().is_number() || !now.front().is_number() || !other.front().is_number()) return std::nullopt;
    return cc_lib::reason_of(before, now, other);
  }

  /// Whether one of the prefixes makes another unit of the text, which we have left as it was.
  bool is_ambiguous(const Outcome& ours) const {
    const auto prefixes = trial_.rules.find("change_unit_prefix");
    if (!ours.message || prefixes == trial_.rules.end()) return false;
    const auto becomes_another = [&](const codecs::Message::Tag& tag) {
      const auto unit = tag.key == "unit" ? parse_unit(tag.value) : std::nullopt;
      return unit && std::ranges::any_of(*prefixes, [&](const Rules& to) {
               const auto prefix = parse_prefix(to.get<std::string>());
               return prefix && !with_prefix(*unit, *prefix);
             });
    };
    return std::ranges::any_of(ours.message->tags, becomes_another) ||
           std::ranges::any_of(ours.message->meta, becomes_another);
  }

  std::optional<std::string_view> same_if_negative(json message, const Ours& rules, const Outcome& theirs) const {
    json& value = message["fields"]["value"];
    if (!value.contains("uint") || value["uint"].get<std::uint64_t>() >> 63 == 0) return std::nullopt;
    value = {{"int", static_cast<std::int64_t>(value["uint"].get<std::uint64_t>())}};
    Outcome ours = rules.run(message);
    const bool ambiguous = is_ambiguous(ours);
    if (ours.message && theirs.message) {
      take_value(*ours.message, *theirs.message);
      if (ambiguous) take_unit(*ours.message, *theirs.message);
    }
    return ours == theirs || (ours.failed && theirs.failed) ? std::optional(wraps) : std::nullopt;
  }

  const Trial& trial_;
  std::map<std::string, std::unique_ptr<Ours>> read_;
};

/// The answers of the library, trial by trial.
class Comparison {
 public:
  explicit Comparison(std::vector<json> answers) : answers_(std::move(answers)) {}

  void compare(const Trial& trial) {
    pairs_ += trial.messages.size();
    const Ours ours(trial.rules);
    if (answers_[next_].contains("refused")) {
      ++next_;
      return compare_refused(trial, ours);
    }
    Explainer explainer(trial);
    for (const json& message : trial.messages) {
      const json& answer = answers_[next_++];
      if (!ours.problem().empty()) {
        count_refused(trial, ours);
        continue;
      }
      compare(trial, ours, message, answer, explainer);
    }
  }

  void finish() const {
    CHECK(next_ == answers_.size());
    std::printf("messages through cc-lib's message processor and ours: %zu of %zu alike\n", alike_, pairs_);
    for (const auto& [reason, count] : classes_)
      std::printf("  %zu: %.*s\n", count, static_cast<int>(reason.size()), reason.data());
    std::printf("  unexplained: %zu\n", unexplained_);
    CHECK(unexplained_ == 0);
  }
  std::size_t pairs() const { return pairs_; }
  bool has(std::string_view reason) const { return classes_.contains(reason); }
  std::size_t classes() const { return classes_.size(); }

 private:
  /// What the library does not start with.
  void compare_refused(const Trial& trial, const Ours& ours) {
    const bool known = trial.odd == Odd::unknown_name || trial.odd == Odd::no_condition ||
                       trial.odd == Odd::key_as_stage || trial.odd == Odd::base_env;
    CAPTURE(trial.rules.dump(1));
    CAPTURE(answers_[next_ - 1].dump());
    CHECK(ours.problem() == "");
    count(known && ours.problem().empty() ? std::optional(reason_of(trial.odd)) : std::nullopt, trial.messages.size());
  }

  /// One message of rules that only we refuse.
  void count_refused(const Trial& trial, const Ours& ours) {
    const bool known =
        trial.odd == Odd::unknown_prefix || trial.odd == Odd::protected_field || trial.odd == Odd::no_line;
    CAPTURE(ours.problem());
    CHECK(known);
    count(known ? std::optional(reason_of(trial.odd)) : std::nullopt, 1);
  }

  void compare(const Trial& trial, const Ours& ours, const json& message, const json& answer, Explainer& explainer) {
    const Outcome theirs = outcome_of(answer);
    const Outcome our_outcome = ours.run(message);
    if (theirs == our_outcome && !theirs.failed) {
      ++alike_;
      return;
    }
    const auto reason = explainer.explain(message, theirs);
    count(reason, 1);
    if (reason) return;
    if (unexplained_ > 5) return;
    CAPTURE(trial.rules.dump(1));
    CAPTURE(message.dump());
    CAPTURE(answer.dump());
    CAPTURE(show(our_outcome));
    CHECK_MESSAGE(false, "unexplained");
  }

  static std::string show(const Outcome& outcome) {
    if (!outcome.message) return outcome.failed ? "failed, dropped" : "dropped";
    std::string text = outcome.failed ? "failed, " : "";
    text += outcome.message->name;
    for (const auto& tag : outcome.message->tags) text += "," + tag.key + "=" + tag.value;
    for (const auto& tag : outcome.message->meta) text += " meta:" + tag.key + "=" + tag.value;
    for (const auto& field : outcome.message->fields)
      text += " " + field.key + ":" + std::to_string(field.value.index());
    return text;
  }

  void count(std::optional<std::string_view> reason, std::size_t pairs) {
    (reason ? classes_[*reason] : unexplained_) += pairs;
  }

  std::vector<json> answers_;
  std::size_t next_ = 0;
  std::size_t pairs_ = 0;
  std::size_t alike_ = 0;
  std::size_t unexplained_ = 0;
  std::map<std::string_view, std::size_t> classes_;
};

}  // namespace

TEST_CASE("messages go through rules as through ClusterCockpit's own message processor") {
  constexpr std::uint32_t trials = 2500;
  constexpr std::size_t messages_each = 10;
  std::vector<Trial> made;
  std::vector<json> questions;
  for (std::uint32_t seed = 1; seed <= trials; ++seed) {
    made.push_back(ChanceTrial(seed).make(messages_each));
    questions.push_back({{"config", made.back().rules}});
    questions.insert(questions.end(), made.back().messages.begin(), made.back().messages.end());
  }
  const auto answers = ask_cc_lib("process", questions);
  if (!answers) return;
  Comparison comparison(*answers);
  for (const Trial& trial : made) comparison.compare(trial);
  comparison.finish();
  CHECK(comparison.pairs() >= 20'000);
  for (const std::string_view reason : odd_reasons) {
    CAPTURE(reason);
    CHECK((reason.empty() || comparison.has(reason)));
  }
  for (const std::string_view reason : {rule_fails, random_order, infinite, unit_misread, unit_of_truth, says_another,
                                        wraps, rounds_twice, truncates, inexact, out_of_range}) {
    CAPTURE(reason);
    CHECK(comparison.has(reason));
  }
}
