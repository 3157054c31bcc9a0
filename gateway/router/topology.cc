#include "gateway/router/topology.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <iterator>

#include "gateway/config/problem.h"

namespace gw::router {

using expression::Known;
using expression::List;
using expression::Reads;
using expression::Type;
using expression::Value;

namespace {

/// What a function answers with.
enum class Asks : std::uint8_t {
  part,            ///< the number of the part that holds the hardware thread of that number
  threads,         ///< the hardware threads of the part of that number
  all_threads,     ///< those of the host
  threads_of_type  ///< those of the part of that type and number
};
struct Row {
  std::string_view name;
  Asks asks;
  HostPart part = HostPart::node;
};
/// As functions of aggregates have them, and, each below, as they are called elsewhere in cc-metric-collector.
constexpr Row rows[] = {
    {"getCpuCore", Asks::part, HostPart::core},
    {"getCpuSocket", Asks::part, HostPart::socket},
    {"getCpuNuma", Asks::part, HostPart::memory_domain},
    {"getCpuNumaDomain", Asks::part, HostPart::memory_domain},
    {"getCpuDie", Asks::part, HostPart::die},
    {"getCoreCpuList", Asks::threads, HostPart::core},
    {"getCpuListOfCore", Asks::threads, HostPart::core},
    {"getSockCpuList", Asks::threads, HostPart::socket},
    {"getCpuListOfSocket", Asks::threads, HostPart::socket},
    {"getNumaCpuList", Asks::threads, HostPart::memory_domain},
    {"getCpuListOfNumaDomain", Asks::threads, HostPart::memory_domain},
    {"getDieCpuList", Asks::threads, HostPart::die},
    {"getCpuListOfDie", Asks::threads, HostPart::die},
    {"getCpuList", Asks::all_threads},
    {"getCpuListOfNode", Asks::all_threads},
    {"getCpuListOfType", Asks::threads_of_type},
};

struct TypeName {
  std::string_view name;
  HostPart part;
};
constexpr TypeName type_names[] = {{"node", HostPart::node},
                                   {"socket", HostPart::socket},
                                   {"memoryDomain", HostPart::memory_domain},
                                   {"numadomain", HostPart::memory_domain},
                                   {"die", HostPart::die},
                                   {"core", HostPart::core},
                                   {"hwthread", HostPart::hwthread},
                                   {"cpu", HostPart::hwthread}};

/// Numbers come as such, or as the text of a tag.
std::optional<std::int64_t> number_in(const Value& value) {
  const Value number = value.is(Value::Kind::text) ? expression::number_of(value.text) : value;
  if (number.is(Value::Kind::integer)) return number.integer;
  const bool whole =
      number.is(Value::Kind::real) && std::trunc(number.real) == number.real && std::abs(number.real) < 1e9;
  return whole ? std::optional(static_cast<std::int64_t>(number.real)) : std::nullopt;
}

Value threads_of(const HostTopology& host, HostPart part, std::optional<std::int64_t> number) {
  if (part == HostPart::node) number = 0;
  if (!number) return {};
  const auto found = host.of(part).find(*number);
  return found == host.of(part).end() ? Value() : Value::of(&found->second);
}

Value part_of(const HostTopology& host, HostPart part, const Value& thread) {
  const std::optional<std::int64_t> wanted = number_in(thread);
  if (!wanted) return {};
  for (const auto& [number, threads] : host.of(part)) {
    if (std::ranges::find(threads, *wanted, &Value::integer) != threads.end()) return Value::of(number);
  }
  return {};
}

Value threads_of_type(const HostTopology& host, std::span<const Value> arguments) {
  if (!arguments[0].is(Value::Kind::text)) return {};
  const auto* const type = std::ranges::find(type_names, arguments[0].text, &TypeName::name);
  if (type == std::end(type_names)) return {};
  return threads_of(host, type->part, arguments.size() > 1 ? number_in(arguments[1]) : std::nullopt);
}

}  // namespace

const HostTopology* Topology::find(std::string_view host) const {
  const auto found = hosts.find(host);
  if (found != hosts.end()) return &kinds[found->second];
  return others ? &kinds[*others] : nullptr;
}

std::string_view host_of(const codecs::Message& message, std::string_view hostname_tag) {
  for (const std::string_view key : {hostname_tag, std::string_view("hostname"), std::string_view("host")}) {
    const auto found = std::ranges::find(message.tags, key, &codecs::Message::Tag::key);
    if (found != message.tags.end()) return found->value;
  }
  return {};
}

std::optional<Known> find_topology_function(std::string_view name) {
  const auto* const row = std::ranges::find(rows, name, &Row::name);
  if (row == std::end(rows)) return std::nullopt;
  Known known{.slot = topology_slots + static_cast<int>(row - std::begin(rows)), .type = {}, .reads = Reads::series};
  known.arguments = row->asks == Asks::all_threads ? 0 : row->asks == Asks::threads_of_type ? 2 : 1;
  known.optional = row->asks == Asks::threads_of_type ? 1 : 0;  // 'node' has no number
  return known;
}

bool asks_for_topology(const expression::Node& tree) {
  if (tree.kind == expression::Node::Kind::method && tree.slot >= topology_slots) return true;
  return std::ranges::any_of(tree.parts, [](const auto& part) { return asks_for_topology(*part); });
}

namespace {

/// Of a text that is written down, or none.
std::string why_no_number(std::string_view text, std::string_view of) {
  if (text.empty() || number_in(Value::of(text))) return {};
  return fmt::format("{} is not the number of a {}", config::in_quotes(text), of);
}

std::string_view name_of(HostPart part) { return std::ranges::find(type_names, part, &TypeName::part)->name; }

}  // namespace

std::string why_no_value(std::string_view function, std::span<const std::string_view> texts) {
  const auto* const row = std::ranges::find(rows, function, &Row::name);
  if (row == std::end(rows) || texts.empty() || texts[0].empty()) return {};
  if (row->asks == Asks::part) return why_no_number(texts[0], "hardware thread");
  if (row->asks == Asks::threads) return why_no_number(texts[0], name_of(row->part));
  std::array<std::string_view, std::size(type_names)> names;
  std::ranges::transform(type_names, names.begin(), &TypeName::name);
  const auto* const type = std::ranges::find(type_names, texts[0], &TypeName::name);
  if (type == std::end(type_names)) {
    const std::string meant = config::did_you_mean(texts[0], names);
    return fmt::format("a host has no parts of type {}{}", config::in_quotes(texts[0]),
                       meant.empty() ? ": there are " + config::list_of(names) : meant);
  }
  if (type->part == HostPart::node) return {};
  if (texts.size() > 1) return why_no_number(texts[1], type->name);
  return fmt::format("which {}? Its number is missing: {}('{}', 0)", type->name, function, type->name);
}

Value call_topology_function(int slot, const HostTopology* host, std::span<const Value> arguments) {
  if (host == nullptr) return {};
  const Row& row = rows[slot - topology_slots];
  switch (row.asks) {
    case Asks::part:
      return part_of(*host, row.part, arguments[0]);
    case Asks::threads:
      return threads_of(*host, row.part, number_in(arguments[0]));
    case Asks::all_threads:
      return threads_of(*host, HostPart::node, std::nullopt);
    case Asks::threads_of_type:
      return threads_of_type(*host, arguments);
  }
  return {};
}

}  // namespace gw::router
