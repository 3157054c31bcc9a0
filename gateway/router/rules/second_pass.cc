// When does a second time change nothing? All rules on one tag are looked at together: where none of their conditions
// reads what is written between the first time of the first rule and the second time of the last one, each decides as
// it did then, and the tag gets what it has already. What a condition reads is taken from its text: each key that one
// of its names may mean, or anything, where a key is computed.

#include "gateway/router/rules/second_pass.h"

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <set>
#include <string_view>

namespace gw::rules {
namespace {

using expression::Node;
using router::Part;
using router::Step;
/// Keys of tags, meta and fields alike, and "name", "oldname", "timestamp".
using Words = std::set<std::string_view>;

struct Read {
  Words words;
  bool anything = false;
  bool has(std::string_view word) const { return anything || words.contains(word); }
};

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> all) {
  return std::ranges::find(all, word) != all.end();
}

bool is_map_of_keys(const Node& node) {
  return node.kind == Node::Kind::name && is_one_of(node.text, {"tag", "tags", "meta", "field", "fields"});
}

void add_name(std::string_view name, Read& read) {
  if (is_one_of(name, {"tag", "tags", "meta", "field", "fields", "msg", "message", "metric"})) read.anything = true;
  if (is_one_of(name, {"messagetype", "msgtype"})) read.words.insert({"value", "event", "log", "control"});
  for (const std::string_view prefix : {"tag_", "meta_", "field_"}) {
    if (name.starts_with(prefix)) read.words.insert(name.substr(prefix.size()));
  }
  read.words.insert(name);
}

void add_key(const Node& key, Read& read) {
  if (key.kind == Node::Kind::text)
    read.words.insert(key.text);
  else
    read.anything = true;
}

void add_method(const Node& node, Read& read) {
  if (node.text == "Name")
    read.words.insert("name");
  else if (is_one_of(node.text, {"HasTag", "GetTag", "HasMeta", "GetMeta", "HasField", "GetField"}))
    add_key(*node.parts.back(), read);
  else
    read.anything = true;
}

void add_read(const Node& node, Read& read) {
  const bool is_member = node.kind == Node::Kind::member || node.kind == Node::Kind::maybe_member;
  if (node.kind == Node::Kind::name) {
    add_name(node.text, read);
  } else if (node.kind == Node::Kind::method) {
    add_method(node, read);
  } else if (is_member && is_map_of_keys(*node.parts[0])) {
    add_key(*node.parts[1], read);
  } else {
    for (const auto& part : node.parts) add_read(*part, read);
  }
}

void add_read(const Step& step, Read& read) {
  if (step.condition != nullptr) add_read(step.condition->tree(), read);
}

void add_written(const Step& step, Words& words) {
  switch (step.kind) {
    case Step::Kind::drop:
    case Step::Kind::drop_type:
    case Step::Kind::drop_name:
      break;
    case Step::Kind::set:
    case Step::Kind::erase:
      words.insert(step.key);
      break;
    case Step::Kind::move:
      words.insert({step.key, step.value});
      break;
    case Step::Kind::rename:
    case Step::Kind::rename_by:
      words.insert({"name", "oldname"});
      break;
    case Step::Kind::normalize:
    case Step::Kind::prefix:
    case Step::Kind::prefix_by:
      words.insert({"unit", "value"});
      break;
    case Step::Kind::interval_time:
      words.insert("timestamp");
      break;
  }
}

bool is_of_tag(const Step& step) {
  return (step.kind == Step::Kind::set && step.to == Part::tags) ||
         (step.kind == Step::Kind::erase && step.from == Part::tags);
}

/// The steps on tags that come again, and what happens from their first time to their last.
struct Twice {
  std::size_t begin = SIZE_MAX;
  std::size_t end = 0;
  std::set<std::size_t> rules;
  std::map<std::string_view, std::vector<std::size_t>> again;  ///< by tag
};

void leave_out_idle(const std::vector<Step>& steps, const Twice& twice, std::vector<Pass>& passes) {
  Words written;
  Words by_others;
  Read read;
  for (std::size_t i = twice.begin; i < twice.end; ++i) {
    add_written(steps[i], written);
    if (!twice.rules.contains(steps[i].rule)) add_written(steps[i], by_others);
    add_read(steps[i], read);
  }
  const auto decides_alike = [&](std::size_t i) {
    Read own;
    add_read(steps[i], own);
    return !own.anything && std::ranges::none_of(own.words, [&](auto word) { return written.contains(word); });
  };
  for (const auto& [tag, again] : twice.again) {
    if (by_others.contains(tag) || !std::ranges::all_of(again, decides_alike)) continue;
    // What one rule gives the tag for a moment, until another one takes it, a third one may read between them.
    if (again.size() > 1 && read.has(tag)) continue;
    for (const std::size_t i : again) passes[i] = Pass::idle;
  }
}

}  // namespace

std::vector<Pass> passes_of(const router::RuleSet& rules) {
  std::vector<Pass> passes(rules.steps.size(), Pass::only);
  std::map<std::size_t, std::size_t> first_at;  // by rule
  Twice twice;
  for (std::size_t i = 0; i < rules.steps.size(); ++i) {
    const Step& step = rules.steps[i];
    const auto [first, is_new] = first_at.emplace(step.rule, i);
    if (is_new) continue;
    passes[i] = Pass::again;
    if (!is_of_tag(step)) continue;
    twice.begin = std::min(twice.begin, first->second);
    twice.end = i + 1;
    twice.rules.insert(step.rule);
    twice.again[step.key].push_back(i);
  }
  leave_out_idle(rules.steps, twice, passes);
  return passes;
}

}  // namespace gw::rules
