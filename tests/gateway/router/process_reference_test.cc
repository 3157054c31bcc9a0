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
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "gateway/router/interpreter.h"
#include "gateway/router/rules/load_rules.h"
#include "gateway/router/rules/place.h"
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

/// Why pairs differ, and how many of the 25,000 at most do for that reason: seen, and some more for what the library
/// decides by chance. More means that pairs which were alike are so no longer.
struct Class {
  std::string_view reason;
  std::size_t at_most;
};

/// By the kind of Odd.
constexpr Class odd_classes[] = {
    {"", 0},
    {"documented, but unknown to cc-lib, which does not start: the documentation's promise holds", 390},
    {"a rule without `if`: cc-lib does not start, here it always holds", 430},
    {"stage_order by the keys of the rules, as cc-lib's README writes it: cc-lib does not start", 520},
    {"add_base_env: cc-lib does not know the names when it reads the rules", 490},
    {"an unknown prefix: cc-lib does nothing without a word, we refuse it", 580},
    {"deleting or moving the field `value`: cc-lib drops the message or takes its value, we refuse it", 410},
    {"a tag that line protocol cannot carry: we refuse it", 550},
    {"a number in a tag compares with numbers, as documented", 250},
    {"`%` for `\\` in patterns, as documented", 175},
    {"msg.HasTag('type-id') is never true in cc-lib", 120},
    {"timestamp == number: cc-lib fails on its own types of integers", 425},
    {type_by_chance, 130},
    {"cc-lib does not see that a rule changed type-id", 105},
    {"cc-lib does not see that a rule changed the unit", 20},
};
constexpr Class other_classes[] = {
    {rule_fails, 3700},  {random_order, 140}, {infinite, 35},     {unit_misread, 535},
    {unit_of_truth, 80}, {says_another, 185}, {wraps, 45},        {rounds_twice, 40},
    {truncates, 310},    {inexact, 20},       {out_of_range, 45},
};
/// Of 25,000 pairs; and of those with rules that failed, once these are left out.
constexpr std::size_t alike_at_least = 15'500;
constexpr std::size_t alike_without_failing_at_least = 3'250;

std::string_view reason_of(Odd odd) { return odd_classes[static_cast<std::size_t>(odd)].reason; }

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
  explicit Ours(const Rules& rules) : text_(Rules{{"process_messages", rules}}.dump(1)) {
    const auto loaded = gw::rules::read_rules_text(text_, "rules.json", gw::Seconds(60));
    rules_ = loaded.rules;
    if (rules_ == nullptr) problem_ = loaded.report();
  }
  /// Empty where they are good.
  const std::string& problem() const { return problem_; }

  Outcome run(const json& message) const {
    std::vector<RuleCounts> counts;
    return run(message, counts);
  }

  /// The rules, with conditions that never hold in those that fail on `message`.
  Rules without_failing(const json& message) const {
    std::vector<RuleCounts> counts;
    run(message, counts);
    std::string text = text_;
    for (std::size_t rule = 0; rule < counts.size(); ++rule) {
      if (counts[rule].failed > 0) never_hold(text, rules_->rules[rule].at);
    }
    return Rules::parse(text)["process_messages"];
  }

 private:
  Outcome run(const json& message, std::vector<RuleCounts>& counts) const {
    Interpreter interpreter(rules_);
    counts.resize(rules_->rules.size());
    Outcome outcome;
    outcome.message = message_of(message);
    if (interpreter.run(*outcome.message, 0, counts)) outcome.message.reset();
    outcome.failed = std::ranges::any_of(counts, [](const RuleCounts& of) { return of.failed > 0; });
    return sorted(std::move(outcome));
  }

  /// A rule is at its condition, or at the object that begins with it. Each condition has a line of its own: the places
  /// of others stay.
  static void never_hold(std::string& text, gw::config::Position rule) {
    constexpr std::string_view key = "\"if\": ";
    std::size_t begin = gw::rules::offset_of(text, rule).value();
    if (text[begin] == '{') begin = text.find(key, begin) + key.size();
    REQUIRE(text[begin] == '"');
    text.insert(text.find('"', begin + 1), ")");
    text.insert(begin + 1, "false && (");
  }

  std::string text_;
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

/// The library's answers to trials and ours.
class Comparison {
 public:
  /// Nothing where the library is not there.
  static std::optional<Comparison> of(const std::vector<Trial>& trials) {
    std::vector<json> questions;
    for (const Trial& trial : trials) {
      questions.push_back({{"config", trial.rules}});
      questions.insert(questions.end(), trial.messages.begin(), trial.messages.end());
    }
    auto answers = ask_cc_lib("process", questions);
    if (!answers) return std::nullopt;
    Comparison comparison(*std::move(answers));
    for (const Trial& trial : trials) comparison.compare(trial);
    CHECK(comparison.next_ == comparison.answers_.size());
    return comparison;
  }

  void print(std::string_view what) const {
    std::printf("%.*s: %zu of %zu alike\n", static_cast<int>(what.size()), what.data(), alike_, pairs_);
    for (const auto& [reason, count] : classes_)
      std::printf("  %zu: %.*s\n", count, static_cast<int>(reason.size()), reason.data());
    std::printf("  unexplained: %zu\n", unexplained_);
  }
  std::size_t pairs() const { return pairs_; }
  std::size_t alike() const { return alike_; }
  std::size_t unexplained() const { return unexplained_; }
  std::size_t count(std::string_view reason) const {
    const auto found = classes_.find(reason);
    return found == classes_.end() ? 0 : found->second;
  }
  /// Messages on which rules failed for both, with rules without these.
  const std::vector<Trial>& without_failing() const { return without_failing_; }

 private:
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
    if (reason == rule_fails) leave_out_failing(trial, ours, message, our_outcome);
    if (reason) return;
    if (unexplained_ > 5) return;
    CAPTURE(trial.rules.dump(1));
    CAPTURE(message.dump());
    CAPTURE(answer.dump());
    CAPTURE(show(our_outcome));
    CHECK_MESSAGE(false, "unexplained");
  }

  /// The library says nothing of a message on which a rule fails, but of the same without that rule it does.
  void leave_out_failing(const Trial& trial, const Ours& ours, const json& message, Outcome with_failing) {
    Trial rest = trial;
    rest.rules = ours.without_failing(message);
    rest.messages = {message};
    with_failing.failed = false;
    CAPTURE(trial.rules.dump(1));
    CAPTURE(message.dump());
    CHECK(Ours(rest.rules).run(message) == with_failing);
    without_failing_.push_back(std::move(rest));
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
  std::vector<Trial> without_failing_;
};

void check(const Comparison& comparison, const Class& of) {
  CAPTURE(of.reason);
  CHECK(comparison.count(of.reason) > 0);
  CHECK(comparison.count(of.reason) <= of.at_most);
}

}  // namespace

TEST_CASE("messages go through rules as through ClusterCockpit's own message processor") {
  constexpr std::uint32_t trials = 2500;
  constexpr std::size_t messages_each = 10;
  std::vector<Trial> made;
  for (std::uint32_t seed = 1; seed <= trials; ++seed) made.push_back(ChanceTrial(seed).make(messages_each));
  const auto all = Comparison::of(made);
  if (!all) return;
  all->print("messages through cc-lib's message processor and ours");
  CHECK(all->pairs() == trials * messages_each);
  CHECK(all->unexplained() == 0);
  CHECK(all->alike() >= alike_at_least);
  for (const Class& of : std::span(odd_classes).subspan(1)) check(*all, of);
  for (const Class& of : other_classes) check(*all, of);

  const auto rest = Comparison::of(all->without_failing());
  rest->print("those on which a rule failed, without that rule");
  CHECK(rest->pairs() == all->count(rule_fails));
  CHECK(rest->unexplained() == 0);
  CHECK(rest->alike() >= alike_without_failing_at_least);
}
