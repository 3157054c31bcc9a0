#include <fmt/core.h>
#include <unistd.h>

#include <array>

#include "gateway/config/tables.h"
#include "subjects/subject.h"

namespace gw::config {
namespace {

/// The machine's name up to the first dot.
std::string short_host_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return {};
  const std::string full(name.data());
  return full.substr(0, full.find('.'));
}

}  // namespace

void check_token(Reading& reading, Position where, std::string_view key, std::string_view token,
                 std::string_view shown) {
  const std::string_view problem = subjects::token_problem(token);
  if (!problem.empty()) {
    reading.error(where, fmt::format("{} {} cannot be a token of a subject: it {}", key, in_quotes(shown), problem));
  }
}

Gateway read_gateway(TableReader& table) {
  Gateway gateway;
  gateway.where = table.where();
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

}  // namespace gw::config
