#pragma once
// What an answer to a write means, and what the delivery does about it: the one place where that is decided.

#include <optional>
#include <span>
#include <string_view>

#include "gateway/base/clock.h"
#include "gateway/http/client.h"
#include "gateway/sinks/sink.h"

namespace gw {

/// What stands in a response's body.
enum class Body {
  any,  ///< only in rows: whatever it is
  empty,
  store_error,  ///< {"status":…,"error":…}: cc-metric-store's own
  json,         ///< other JSON
  html,         ///< a page: of a proxy, a login, another server
  other,
};
Body body_of(const http::Response& response);

/// How the reason is worded.
enum class Wording { none, store_text, not_a_store, token, too_large, busy };

/// The first row that fits an answer is the reaction to it.
struct ReactionRow {
  int status_first;
  int status_last;
  Body body;
  Reaction reaction;
  Wording wording;
  std::string_view meaning;
};
std::span<const ReactionRow> reaction_rows();
/// Never fails: the last row fits everything.
const ReactionRow& reaction_to(const http::Response& response);

/// A request without complete answer.
struct FailureRow {
  http::Failure::Kind kind;
  Reaction reaction;
  std::string_view meaning;  ///< stands before the failure's own text
};
std::span<const FailureRow> failure_rows();

/// What was sent, as far as the words of a verdict need it.
struct Sent {
  std::string_view url;
  std::string_view token;       ///< empty where none was sent
  std::string_view token_file;  ///< empty where it is in no file
};
/// The token never stands in the verdict, not even where the peer echoed it.
Verdict react(const http::Answer& answer, const Sent& sent, WallTime now);

/// A Retry-After header (seconds, or one of HTTP's three forms of a date) as a wait from `now`, at most 5 minutes;
/// nothing where it is neither.
std::optional<Milliseconds> retry_wait(std::string_view retry_after, WallTime now);

}  // namespace gw
