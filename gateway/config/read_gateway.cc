#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "gateway/config/tables.h"
#include "subjects/subject.h"

namespace gw::config {
namespace {

constexpr std::size_t patterns_max = 64;

/// The machine's name up to the first dot.
std::string short_host_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return {};
  const std::string full(name.data());
  return full.substr(0, full.find('.'));
}

/// Reports what keeps `token` from being one token of a subject.
void check_token(Reading& reading, Position where, std::string_view key, std::string_view token,
                 std::string_view shown) {
  const std::string_view problem = subjects::token_problem(token);
  if (!problem.empty()) {
    reading.error(where, fmt::format("{} {} cannot be a token of a subject: it {}", key, in_quotes(shown), problem));
  }
}

}  // namespace

Gateway read_gateway(TableReader& table) {
  Gateway gateway;
  Reading& reading = table.reading();
  if (const auto cluster = table.required("cluster", "cluster = \"fritz\"")) {
    gateway.cluster = cluster->value;
    check_token(reading, cluster->where, "cluster", cluster->value, cluster->shown);
    if (cluster->value.find_first_of("/\\") != std::string::npos) {
      reading.error(cluster->where, fmt::format("cluster {} holds '/' or '\\': cc-metric-store skips such lines",
                                                in_quotes(cluster->shown)));
    }
  }
  const auto instance = table.text("instance");
  if (instance && !instance->value.empty()) {
    gateway.instance = instance->value;
    check_token(reading, instance->where, "instance", instance->value, instance->shown);
  } else {
    gateway.instance = short_host_name();
    if (!subjects::token_problem(gateway.instance).empty()) {
      reading.error(table.where(), fmt::format("the host name {} cannot be a token of a subject: set 'instance' in {}",
                                               in_quotes(gateway.instance), table.title()));
    }
  }
  const std::filesystem::path state_dir = table.path("state_dir");
  if (!state_dir.empty()) gateway.state_dir = state_dir;
  table.finish();
  return gateway;
}

Router read_router(TableReader& table, const std::string& metrics) {
  Router router;
  Reading& reading = table.reading();
  if (!metrics.empty()) router.subscribe = {metrics};
  if (const auto patterns = table.texts("subscribe")) {
    router.subscribe.clear();
    for (const Text& pattern : *patterns) {
      const std::string_view problem = subjects::pattern_problem(pattern.value);
      if (!problem.empty()) {
        reading.error(pattern.where,
                      fmt::format("{} is no subject to subscribe to: it {}", in_quotes(pattern.shown), problem));
      } else {
        const Text* const first = std::find_if(patterns->data(), &pattern, [&](const Text& other) {
          return subjects::overlap(other.value, pattern.value);
        });
        if (first != &pattern) {
          const bool same = first->value == pattern.value;
          const std::string why =
              same ? "stands twice in 'subscribe'" : fmt::format("overlaps {} in 'subscribe'", in_quotes(first->shown));
          reading.error(pattern.where, fmt::format("{} {}: lines would come twice", in_quotes(pattern.shown), why));
        }
      }
      router.subscribe.push_back(pattern.value);
    }
    if (patterns->size() > patterns_max) {
      reading.error(table.where("subscribe"), fmt::format("'subscribe' names more than {} subjects", patterns_max));
    }
  }
  if (const auto queue = table.text("queue")) {
    router.queue = queue->value;
    check_token(reading, queue->where, "queue", queue->value, queue->shown);
  }
  table.seconds("future_max", Seconds{0}, Seconds{24 * 3600}, router.future_max);
  table.finish();
  return router;
}

}  // namespace gw::config
