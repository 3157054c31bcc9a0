#include "gateway/router/rules/write_rules.h"

#include <fmt/core.h>

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/base/printable.h"
#include "gateway/base/toml_text.h"
#include "gateway/router/expression/spell_out.h"
#include "gateway/router/rules/second_pass.h"

namespace gw::rules {
namespace {

using router::Part;
using router::Step;

constexpr std::size_t line_characters_max = 120;

/// An item of the list: one action, from one step or from several that follow each other.
struct Item {
  std::string action;
  std::string condition;  ///< "" always holds
  enum class Form { table, list, value } form = Form::value;
  std::vector<std::pair<std::string, std::string>> entries;  ///< of a list the keys, of a value that alone
  std::vector<std::uint32_t> lines;                          ///< of the file it comes from
  std::string_view remark;                                   ///< behind them
};

std::string_view plural(Part part) {
  switch (part) {
    case Part::tags:
      return "tags";
    case Part::meta:
      return "meta";
    default:
      return "fields";
  }
}

std::string condition_of(const Step& step) {
  return step.condition == nullptr ? std::string() : expression::spell_out(*step.condition);
}

/// As they were written.
std::vector<const router::Names::value_type*> rows_of(const Step& step) {
  std::vector<const router::Names::value_type*> rows;
  for (const auto& row : step.names) rows.push_back(&row);
  std::ranges::sort(rows, {}, [](const auto* row) { return row->second.rule; });
  return rows;
}

std::vector<std::pair<std::string, std::string>> names_of(const Step& step) {
  std::vector<std::pair<std::string, std::string>> names;
  for (const auto* const row : rows_of(step)) names.emplace_back(row->first, row->second.value);
  return names;
}

/// Of the file it comes from, as `rules` say.
std::vector<std::uint32_t> lines_of(const router::RuleSet& rules, const Step& step) {
  std::vector<std::uint32_t> lines;
  for (const auto* const row : rows_of(step)) lines.push_back(rules.rules[row->second.rule].at.line);
  if (lines.empty()) lines.push_back(rules.rules[step.rule].at.line);
  return lines;
}

Item item_of(const Step& step) {
  Item item;
  item.condition = condition_of(step);
  const auto is = [&item](std::string action, Item::Form form, std::vector<std::pair<std::string, std::string>> all) {
    item.action = std::move(action);
    item.form = form;
    item.entries = std::move(all);
  };
  using Form = Item::Form;
  switch (step.kind) {
    case Step::Kind::drop:
      is("drop_by", Form::value, {{std::exchange(item.condition, {}), ""}});
      if (item.entries[0].first.empty()) item.entries[0].first = "*";
      break;
    case Step::Kind::drop_type:
      is("drop_by_type", Form::list, names_of(step));
      break;
    case Step::Kind::drop_name:
      is("drop_by_name", Form::list, names_of(step));
      break;
    case Step::Kind::set:
      is(step.to == Part::tags && step.condition == nullptr ? "add_base_tags"
                                                            : fmt::format("add_{}_by", plural(step.to)),
         Form::table, {{step.key, step.value}});
      break;
    case Step::Kind::erase:
      is(fmt::format("delete_{}_by", plural(step.from)), Form::list, {{step.key, ""}});
      break;
    case Step::Kind::move:
      is(fmt::format("move_{}_to_{}_by", plural(step.from), plural(step.to)), Form::table, {{step.key, step.value}});
      break;
    case Step::Kind::rename:
      is("rename_to", Form::value, {{step.value, ""}});
      break;
    case Step::Kind::rename_by:
      is("rename_by", Form::table, names_of(step));
      break;
    case Step::Kind::normalize:
      is("normalize_units", Form::value, {});
      break;
    case Step::Kind::prefix:
      is("change_prefix_to", Form::value, {{step.value, ""}});
      break;
    case Step::Kind::prefix_by:
      is("change_prefix_by", Form::table, names_of(step));
      break;
    case Step::Kind::interval_time:
      break;  // a key of its own
  }
  return item;
}

bool is_of_key(const Step& step) {
  return step.kind == Step::Kind::set || step.kind == Step::Kind::erase || step.kind == Step::Kind::move;
}

/// Whether `item` goes on with `next`: read again, each entry is a step of its own with the same condition.
bool joins(const Item& item, const Item& next) {
  if (item.action != next.action || item.condition != next.condition || item.remark != next.remark) return false;
  return std::ranges::find(item.entries, next.entries[0].first, &std::pair<std::string, std::string>::first) ==
         item.entries.end();
}

std::vector<Item> items_of(const router::RuleSet& rules) {
  std::vector<Item> items;
  const std::vector<Pass> passes = passes_of(rules);
  bool may_join = false;
  bool renamed = false;
  for (std::size_t i = 0; i < rules.steps.size(); ++i) {
    const Step& step = rules.steps[i];
    if (step.kind == Step::Kind::interval_time) continue;
    if (passes[i] == Pass::idle) continue;
    renamed = renamed || step.kind == Step::Kind::rename || step.kind == Step::Kind::rename_by;
    Item item = item_of(step);
    if (passes[i] == Pass::again) item.remark = renamed ? ", again, after renaming" : ", again";
    if (may_join && is_of_key(step) && joins(items.back(), item)) {
      items.back().entries.push_back(std::move(item.entries[0]));
    } else {
      items.push_back(std::move(item));
    }
    std::vector<std::uint32_t>& lines = items.back().lines;
    for (const std::uint32_t line : lines_of(rules, step)) {
      if (lines.empty() || lines.back() != line) lines.push_back(line);
    }
    may_join = is_of_key(step);
  }
  return items;
}

/// On one line, or one line an entry where that would be long.
std::string list_of(const Item& item) {
  std::string one;
  std::string many;
  for (const auto& [key, unused] : item.entries) {
    one += fmt::format("{}{}", one.empty() ? "" : ", ", toml_text(key));
    many += fmt::format("  {},\n", toml_text(key));
  }
  if (one.size() + item.action.size() < line_characters_max) return fmt::format("{} = [{}]\n", item.action, one);
  return fmt::format("{} = [\n{}]\n", item.action, many);
}

using Pairs = std::vector<std::pair<std::string, std::string>>;

/// TOML 1.0 has no line breaks in { … }: a table of its own where that would be long.
std::string table_of(std::string_view key, const Pairs& pairs, std::string_view path) {
  std::string one;
  std::string many;
  for (const auto& [name, value] : pairs) {
    one += fmt::format("{}{} = {}", one.empty() ? "" : ", ", toml_key(name), toml_text(value));
    many += fmt::format("{} = {}\n", toml_key(name), toml_text(value));
  }
  if (one.size() + key.size() < line_characters_max) return fmt::format("{} = {{ {} }}\n", key, one);
  return fmt::format("[{}.{}]\n{}", path, key, many);
}

std::string value_of(const Item& item) {
  if (item.entries.empty()) return fmt::format("{} = true\n", item.action);
  return fmt::format("{} = {}\n", item.action, toml_text(item.entries[0].first));
}

/// Three lines or more that follow each other as 4-6.
std::string origin(const router::RuleSet& rules, const std::vector<std::uint32_t>& lines,
                   std::string_view remark = {}) {
  std::string text = "  # " + printable(rules.file);
  for (std::size_t i = 0; i < lines.size();) {
    std::size_t last = i;
    while (last + 1 < lines.size() && lines[last + 1] == lines[last] + 1) ++last;
    if (last < i + 2) last = i;
    text += fmt::format("{}{}", i == 0 ? ":" : ", ", lines[i]);
    if (last > i) text += fmt::format("-{}", lines[last]);
    i = last + 1;
  }
  return text.append(remark) + '\n';
}

constexpr std::string_view list_header = "router.manipulate_messages";
constexpr std::string_view aggregates_header = "router.interval_aggregates";

std::string text_of(const router::RuleSet& rules, const Item& item) {
  std::string text = fmt::format("\n[[{}]]{}", list_header, origin(rules, item.lines, item.remark));
  if (!item.condition.empty()) text += fmt::format("if = {}\n", toml_text(item.condition));
  switch (item.form) {
    case Item::Form::list:
      return text + list_of(item);
    case Item::Form::value:
      return text + value_of(item);
    case Item::Form::table:
      return text + table_of(item.action, item.entries, list_header);
  }
  return text;
}

Pairs pairs_of(const std::vector<codecs::Message::Tag>& tags) {
  Pairs pairs;
  pairs.reserve(tags.size());
  for (const codecs::Message::Tag& tag : tags) pairs.emplace_back(tag.key, tag.value);
  return pairs;
}

std::string text_of(const router::RuleSet& rules, const router::Aggregate& aggregate) {
  std::string text = fmt::format("\n[[{}]]{}", aggregates_header, origin(rules, {rules.rules[aggregate.rule].at.line}));
  text += fmt::format("name = {}\n", toml_text(aggregate.name));
  if (aggregate.condition != nullptr)
    text += fmt::format("if = {}\n", toml_text(expression::spell_out(*aggregate.condition)));
  text += fmt::format("function = {}\n", toml_text(aggregate.function->source()));
  std::string tables;  // behind all keys: what follows a table's header is the table's
  const auto add = [&](std::string_view key, const std::vector<codecs::Message::Tag>& tags) {
    if (tags.empty()) return;
    const std::string table = table_of(key, pairs_of(tags), aggregates_header);
    (table.starts_with('[') ? tables : text) += table;
  };
  add("tags", aggregate.tags);
  add("meta", aggregate.meta);
  return text + tables;
}

}  // namespace

std::string write_rules(const router::RuleSet& rules) {
  std::string text = "[router]\n";
  if (std::ranges::find(rules.steps, Step::Kind::interval_time, &Step::kind) != rules.steps.end())
    text += "interval_timestamp = true\n";
  if (rules.cache_intervals > 0) text += fmt::format("num_cache_intervals = {}\n", rules.cache_intervals);
  if (rules.hostname_tag != router::RuleSet{}.hostname_tag)
    text += fmt::format("hostname_tag = {}\n", toml_text(rules.hostname_tag));
  for (const Item& item : items_of(rules)) text += text_of(rules, item);
  for (const router::Aggregate& aggregate : rules.aggregates) text += text_of(rules, aggregate);
  return text;
}

}  // namespace gw::rules
