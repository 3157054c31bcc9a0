// cluster.json of cc-backend (its schema is cluster.schema.json of cc-lib). Of it are read:
//
//   { "subClusters": [ { "name": text, "nodes": hosts,
//                        "topology": { "node": [thread], "socket": [[thread]], "memoryDomain": [[thread]],
//                                      "die": [[thread]], "core": [[thread]] } } ] }
//
//   hosts  = "*" | term { "," term } .
//   term   = { text | "[" range { "," range } "]" } .
//   range  = digits [ "-" digits ] .                            both of as many digits: 08-10

#include "gateway/router/rules/read_topology.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <expected>
#include <set>
#include <utility>
#include <vector>

#include "gateway/router/rules/document.h"
#include "gateway/router/rules/place.h"
#include "gateway/router/rules/rule_reader.h"

namespace gw::rules {
namespace {

using router::HostPart;
using router::HostTopology;

constexpr std::size_t host_bytes_max = 255;  // of a name in DNS
constexpr std::size_t digits_max = 9;
constexpr std::size_t ranges_max = 8;  // of a name: island, rack, chassis and node are four
constexpr std::int64_t thread_max = 1'000'000;

/// What is wrong with a list of hosts, and at which byte.
struct HostsProblem {
  std::size_t at = 0;
  std::string text;
};
using Hosts = std::vector<std::string>;

class HostsReader {
 public:
  HostsReader(std::string_view text, std::size_t max) : text_(text), max_(max) {}

  std::expected<Hosts, HostsProblem> run() {
    while (!problem_) {
      Hosts term = read_term();
      if (term.size() == 1 && term[0].empty()) fail(at_, "a host name is missing here");
      if (all_.size() + term.size() > max_) fail(at_, fmt::format("there are more than {} hosts", hosts_max));
      if (problem_) break;
      std::ranges::move(term, std::back_inserter(all_));
      if (at_ == text_.size()) return std::move(all_);
      ++at_;  // the comma
    }
    return std::unexpected(*std::move(problem_));
  }
  /// Names and ends of names, also where it failed.
  std::size_t made() const { return made_; }

 private:
  void fail(std::size_t at, std::string text) {
    if (!problem_) problem_ = HostsProblem{at, std::move(text)};
  }

  Hosts read_term() {
    Hosts names = {""};
    std::size_t ranges = 0;
    while (!problem_ && at_ < text_.size() && text_[at_] != ',') {
      if (text_[at_] == '[') {
        if (++ranges > ranges_max) fail(at_, fmt::format("a host name has at most {} ranges", ranges_max));
        names = followed_by(names, read_ranges());
      } else {
        const std::size_t end = std::min(text_.find_first_of(",[]", at_), text_.size());
        if (end == at_) fail(at_, "a ']' without a '['");
        names = followed_by(names, {std::string(text_.substr(at_, end - at_))});
        at_ = end;
      }
    }
    return names;
  }

  /// Each of `names` with each of `ends`.
  Hosts followed_by(const Hosts& names, const Hosts& ends) {
    Hosts all;
    if (names.size() * ends.size() > max_) {
      fail(at_, fmt::format("there are more than {} hosts", hosts_max));
      return all;
    }
    made_ += names.size() * ends.size();
    for (const std::string& name : names) {
      for (const std::string& end : ends) {
        if (name.size() + end.size() > host_bytes_max)
          fail(at_, fmt::format("a host name has at most {} characters", host_bytes_max));
        if (problem_) return all;
        all.push_back(name + end);
      }
    }
    return all;
  }

  Hosts read_ranges() {
    const std::size_t open = at_++;
    Hosts numbers;
    while (!problem_) {
      read_range(numbers);
      if (at_ == text_.size()) fail(open, "this '[' has no ']'");
      if (problem_ || text_[at_++] == ']') break;
    }
    return numbers;
  }

  /// Stops at ',' or ']', or fails.
  void read_range(Hosts& numbers) {
    const std::size_t at = at_;
    const std::string_view first = digits();
    std::string_view last = first;
    if (at_ < text_.size() && text_[at_] == '-') {
      ++at_;
      last = digits();
    }
    const bool ends = at_ == text_.size() || text_[at_] == ',' || text_[at_] == ']';
    if (first.empty() || last.empty() || !ends) return fail(at, "a range is like 01-16");
    if (first.size() != last.size())
      return fail(at, fmt::format("'{}' and '{}' have different numbers of digits: write zeros before", first, last));
    const std::uint64_t from = number(first);
    const std::uint64_t to = number(last);
    if (from > to) return fail(at, fmt::format("'{}' is greater than '{}'", first, last));
    if (numbers.size() + (to - from) >= max_) return fail(at, fmt::format("there are more than {} hosts", hosts_max));
    made_ += to - from + 1;
    for (std::uint64_t i = from; i <= to; ++i) numbers.push_back(fmt::format("{:0{}}", i, first.size()));
  }

  std::string_view digits() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9') ++at_;
    if (at_ - begin > digits_max) fail(begin, fmt::format("a number has at most {} digits", digits_max));
    return text_.substr(begin, at_ - begin);
  }

  static std::uint64_t number(std::string_view digits) {
    std::uint64_t value = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return value;
  }

  std::string_view text_;
  std::size_t max_;
  std::size_t at_ = 0;
  std::size_t made_ = 0;
  Hosts all_;
  std::optional<HostsProblem> problem_;
};

class TopologyReader {
 public:
  TopologyReader(const Document& document, std::vector<config::Problem>& problems)
      : places_(document.source), problems_(problems), root_(document, problems) {}

  router::Topology run() {
    const Node* const list = root_.find("subClusters");
    if (list == nullptr) root_.missing("subClusters", R"([{"name": "main", "nodes": "f[01-16]", "topology": {…}}])");
    for (RuleReader& object : root_.objects("subClusters")) read_subcluster(object);
    if (list != nullptr && topology_.kinds.empty() && problems_.empty())
      root_.error(list->where, "no subcluster has a 'topology'");
    return std::move(topology_);
  }

 private:
  void warn(config::Position where, std::string text) {
    problems_.push_back({config::Problem::Severity::warning, where, std::move(text)});
  }

  void read_subcluster(RuleReader& object) {
    auto topology = object.object("topology");
    if (!topology) return;
    HostTopology host;
    read_threads(*topology, host);
    constexpr std::pair<std::string_view, HostPart> parts[] = {{"socket", HostPart::socket},
                                                               {"memoryDomain", HostPart::memory_domain},
                                                               {"die", HostPart::die},
                                                               {"core", HostPart::core}};
    for (const auto& [key, part] : parts) read_part(*topology, key, host, part);
    topology_.kinds.push_back(std::move(host));
    place(object);
  }

  /// The threads of an item of the file; nothing where it is no list of them.
  std::optional<expression::List> threads_in(const Node& list) {
    expression::List threads;
    if (list.kind != Node::Kind::array) return std::nullopt;
    for (const Node& thread : list.children) {
      if (thread.kind != Node::Kind::integer || thread.integer < 0 || thread.integer > thread_max) return std::nullopt;
      threads.push_back(expression::Value::of(thread.integer));
    }
    return threads;
  }

  void read_threads(RuleReader& topology, HostTopology& host) {
    const Node* const list = topology.find("node");
    if (list == nullptr) return topology.missing("node", "[0, 1, 2, 3]");
    auto threads = threads_in(*list);
    if (!threads) return topology.error(list->where, "'node' must be a list of hardware threads like [0, 1, 2, 3]");
    for (const expression::Value& thread : *threads) host.of(HostPart::hwthread)[thread.integer] = {thread};
    host.of(HostPart::node)[0] = *std::move(threads);
  }

  /// `seen` are in other parts of the kind `key`.
  void check_threads(const Node& list, std::string_view key, const HostTopology& host, std::set<std::int64_t>& seen) {
    const HostTopology::Threads& known = host.of(HostPart::hwthread);
    for (const Node& thread : list.children) {
      if (!seen.insert(thread.integer).second)
        warn(thread.where, fmt::format("hardware thread {} is in '{}' twice", thread.integer, key));
      else if (!known.empty() && !known.contains(thread.integer))
        warn(thread.where, fmt::format("hardware thread {} is in '{}', and not in 'node'", thread.integer, key));
    }
  }

  void read_part(RuleReader& topology, std::string_view key, HostTopology& host, HostPart part) {
    const Node* const list = topology.find(key);
    if (list == nullptr) return;
    const std::string wrong =
        fmt::format("'{}' must be a list of lists of hardware threads like [[0, 1], [2, 3]]", key);
    if (list->kind != Node::Kind::array) return topology.error(list->where, wrong);
    std::set<std::int64_t> seen;
    for (std::size_t i = 0; i < list->children.size(); ++i) {
      auto threads = threads_in(list->children[i]);
      if (!threads) return topology.error(list->children[i].where, wrong);
      check_threads(list->children[i], key, host, seen);
      host.of(part)[static_cast<std::int64_t>(i)] = *std::move(threads);
    }
  }

  /// Which hosts the last one of `kinds` is of.
  void place(RuleReader& object) {
    const std::size_t kind = topology_.kinds.size() - 1;
    const Node* const nodes = object.text("nodes");
    if (nodes == nullptr || nodes->text.empty() || nodes->text == "*") {
      const config::Position where = nodes == nullptr ? object.where() : nodes->where;
      if (topology_.others) return warn(where, "another subcluster has all the other hosts already: this one has none");
      topology_.others = kind;
      return;
    }
    HostsReader reader(nodes->text, hosts_left_);
    auto hosts = reader.run();
    hosts_left_ -= std::min(hosts_left_, hosts ? hosts->size() : reader.made());
    if (!hosts) return object.error(place_in(places_, *nodes, hosts.error().at), std::move(hosts.error().text));
    bool told = false;
    for (std::string& host : *hosts) {
      const auto [at, first] = topology_.hosts.emplace(std::move(host), kind);
      if (first || at->second == kind || std::exchange(told, true)) continue;
      warn(nodes->where,
           fmt::format("{} is in an earlier subcluster too, whose topology it has", config::in_quotes(at->first)));
    }
  }

  PlaceIndex places_;
  std::vector<config::Problem>& problems_;
  RuleReader root_;
  router::Topology topology_;
  std::size_t hosts_left_ = hosts_max;  ///< also those that stand there twice take time
};

}  // namespace

LoadedTopology read_topology_text(std::string source, std::string file) {
  LoadedTopology loaded;
  Parsed parsed = parse_json_of(R"(a cluster is an object, for example: {"subClusters": []})", source, file);
  loaded.file = std::move(file);
  loaded.source = std::move(source);
  if (!parsed) {
    loaded.problems.push_back(std::move(parsed).error());
    return loaded;
  }
  router::Topology topology = TopologyReader(*parsed, loaded.problems).run();
  config::sort_by_place(loaded.problems);
  if (!config::has_error(loaded.problems))
    loaded.topology = std::make_shared<const router::Topology>(std::move(topology));
  return loaded;
}

LoadedTopology load_topology(const std::string& file, config::Pipes pipes) {
  auto text = read_source(file, pipes);
  if (text) return read_topology_text(*std::move(text), file);
  LoadedTopology loaded;
  loaded.file = file;
  loaded.problems.push_back(std::move(text).error());
  return loaded;
}

}  // namespace gw::rules
