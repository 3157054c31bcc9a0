#include "gateway/sinks/registry.h"

#include <doctest/doctest.h>

#include "gateway/config/types.h"
#include "tests/gateway/sinks/fakes.h"

TEST_CASE("the kinds of sinks are those that the configuration accepts") {
  std::string names;
  for (const gw::SinkType& type : gw::sink_types()) names += std::string(type.name) + "\n";
  std::string accepted;
  for (const std::string_view name : gw::config::sink_types) accepted += std::string(name) + "\n";
  CHECK(names == accepted);
}

TEST_CASE("a metric store over NATS needs a subject that can be published to") {
  fakes::FakeBus bus;
  gw::config::Sink settings;
  settings.name = "ccms";
  settings.transport = gw::config::Sink::Transport::nats;
  settings.subject = "fritz metrics";
  const auto made = gw::sink_types()[0].make(settings, bus);
  REQUIRE_FALSE(made);
  CHECK(made.error().kind == gw::Error::Kind::invalid);
  CHECK(made.error().text.starts_with("subject 'fritz metrics' of sink 'ccms' "));
  settings.subject = "fritz.metrics";
  CHECK(gw::sink_types()[0].make(settings, bus).has_value());
  settings.transport = gw::config::Sink::Transport::rest;
  settings.url = "http://127.0.0.1:1";
  CHECK(gw::sink_types()[0].make(settings, bus).has_value());
}
