#pragma once
#include <expected>
#include <string>
#include <utility>

namespace gw {

/// What went wrong, named by what the caller does about it.
struct Error {
  enum class Kind {
    unavailable,  ///< offer it again later
    rejected,     ///< never acceptable: drop it and count it
    invalid,      ///< wrong configuration or environment: stop and say so
  };
  Kind kind = Kind::invalid;
  std::string text;
};

template <class T>
using Result = std::expected<T, Error>;

inline std::unexpected<Error> unavailable(std::string text) {
  return std::unexpected(Error{Error::Kind::unavailable, std::move(text)});
}
inline std::unexpected<Error> rejected(std::string text) {
  return std::unexpected(Error{Error::Kind::rejected, std::move(text)});
}
inline std::unexpected<Error> invalid(std::string text) {
  return std::unexpected(Error{Error::Kind::invalid, std::move(text)});
}

}  // namespace gw

/// GW_TRY(const int n, parse(text)): binds the value, or returns the error to the caller.
#define GW_TRY_CAT2(a, b) a##b
#define GW_TRY_CAT(a, b) GW_TRY_CAT2(a, b)
// NOLINTBEGIN(bugprone-macro-parentheses): a declaration cannot stand in parentheses.
#define GW_TRY(declaration, expression)                                                                         \
  auto GW_TRY_CAT(gw_try_, __LINE__) = (expression);                                                            \
  if (!GW_TRY_CAT(gw_try_, __LINE__)) return std::unexpected(std::move(GW_TRY_CAT(gw_try_, __LINE__)).error()); \
  declaration = *std::move(GW_TRY_CAT(gw_try_, __LINE__))
// NOLINTEND(bugprone-macro-parentheses)
