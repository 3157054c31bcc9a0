#pragma once
#include <memory>
#include <span>
#include <string_view>

#include "gateway/base/result.h"
#include "gateway/config/config.h"
#include "gateway/sources/source.h"

namespace gw {

/// A kind of source. invalid: a setting cannot be used.
struct SourceType {
  std::string_view name;
  Result<std::unique_ptr<Source>> (*make)(const config::Source& settings, SourceContext context);
};
std::span<const SourceType> source_types();

}  // namespace gw
