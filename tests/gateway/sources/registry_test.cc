#include "gateway/sources/registry.h"

#include <doctest/doctest.h>

#include <string>

#include "gateway/config/types.h"

TEST_CASE("the kinds of sources are those that the configuration accepts") {
  std::string names;
  for (const gw::SourceType& type : gw::source_types()) names += std::string(type.name) + "\n";
  std::string accepted;
  for (const std::string_view name : gw::config::source_types) accepted += std::string(name) + "\n";
  CHECK(names == accepted);
}
