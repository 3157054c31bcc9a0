#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "gateway/base/result.h"
#include "gateway/config/config.h"

namespace re2 {
class RE2;
}

namespace gw {

/// A compiled HostnameRule. Thread-safe.
class HostnameReader {
 public:
  /// invalid: the regex does not compile.
  static Result<HostnameReader> compile(const config::HostnameRule& rule);
  HostnameReader(HostnameReader&&) noexcept;
  ~HostnameReader();

  /// The host name in a label's value, or "" where there is none. `buffer` holds the result where it must be built.
  std::string_view read(std::string_view label, std::string& buffer) const;
  const std::string& label() const { return rule_.label; }

 private:
  explicit HostnameReader(config::HostnameRule rule);
  config::HostnameRule rule_;
  std::unique_ptr<re2::RE2> regex_;
};

}  // namespace gw
