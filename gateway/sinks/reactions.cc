#include "gateway/sinks/reactions.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <ctime>
#include <nlohmann/json.hpp>

#include "gateway/base/redact.h"
#include "gateway/sinks/excerpt.h"
#include "gateway/sinks/jwt.h"

namespace gw {
namespace {

// cc-metric-store answers a write with 200 and nothing, or with 400 and its JSON error; before that with 401 and text.
// What else comes is of something in front of it, or in its place.
constexpr std::array rows = {
    ReactionRow{413, 413, Body::any, Reaction::halve, Wording::too_large, "too large for a proxy before the store"},
    ReactionRow{408, 408, Body::any, Reaction::hold, Wording::busy, "the request took too long"},
    ReactionRow{429, 429, Body::any, Reaction::hold, Wording::busy, "asked to slow down"},
    ReactionRow{500, 599, Body::any, Reaction::hold, Wording::busy, "the store, or a proxy before it, is in trouble"},
    ReactionRow{0, 999, Body::html, Reaction::hold, Wording::not_a_store, "a page instead of an answer"},
    ReactionRow{200, 200, Body::empty, Reaction::written, Wording::none, "written"},
    ReactionRow{200, 200, Body::json, Reaction::written, Wording::none, "written"},
    ReactionRow{400, 400, Body::store_error, Reaction::bisect, Wording::store_text, "a line is bad"},
    ReactionRow{401, 401, Body::any, Reaction::hold, Wording::token, "the token was refused"},
    ReactionRow{403, 403, Body::any, Reaction::hold, Wording::token, "the token was refused"},
    ReactionRow{200, 299, Body::any, Reaction::hold, Wording::not_a_store, "InfluxDB and others answer 204"},
    ReactionRow{300, 399, Body::any, Reaction::hold, Wording::not_a_store, "a redirect: the URL is another"},
    ReactionRow{404, 405, Body::any, Reaction::hold, Wording::not_a_store, "nobody takes writes there"},
    ReactionRow{0, 999, Body::any, Reaction::hold, Wording::not_a_store, "an answer that the store never gives"},
};

constexpr std::string_view not_a_store = "probably not a metric store: ";

using Kind = http::Failure::Kind;
constexpr std::array failures = {
    FailureRow{Kind::resolve, Reaction::hold, "no address: "},
    FailureRow{Kind::connect, Reaction::hold, "no connection: "},
    FailureRow{Kind::tls, Reaction::hold, "TLS: "},
    FailureRow{Kind::timeout, Reaction::hold, "no answer in time: "},
    FailureRow{Kind::too_large, Reaction::hold, not_a_store},
    FailureRow{Kind::truncated, Reaction::hold, "no whole answer: "},
    FailureRow{Kind::cancelled, Reaction::hold, "the request was cut short: "},
    FailureRow{Kind::other, Reaction::hold, "no answer: "},
};

constexpr Milliseconds retry_wait_max = std::chrono::minutes{5};
/// The store's own answers have a few hundred bytes.
constexpr std::size_t json_bytes_max = 64 << 10;
constexpr std::size_t excerpt_bytes_max = 200;
/// A store's error holds the refused line's text; the dead-letter file gets it too.
constexpr std::size_t error_bytes_max = 400;

bool holds_html(std::string type) {
  std::ranges::transform(type, type.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return type.contains("html");
}

nlohmann::json json_of(const std::string& body) {
  if (body.size() > json_bytes_max) return nlohmann::json::value_t::discarded;
  return nlohmann::json::parse(body, nullptr, false);
}

/// The text of {"error":…}, or nothing.
std::string error_text(const std::string& body) {
  const nlohmann::json json = json_of(body);
  if (!json.is_object()) return {};
  const auto error = json.find("error");
  return error != json.end() && error->is_string() ? error->get<std::string>() : std::string();
}

/// Where it went, without what a query string may hold.
std::string_view place(std::string_view url) { return url.substr(0, url.find('?')); }

/// What a peer says, for people. The token goes before the cut: a part of it would not be found.
std::string shown(std::string_view text, std::string_view token, std::size_t bytes_max = excerpt_bytes_max) {
  return excerpt(redact(std::string(text), token), bytes_max);
}

std::string type_text(const http::Response& response, std::string_view token) {
  return response.content_type.empty() ? "no content type" : shown(response.content_type, token);
}

/// What the body says, where it says it in words.
std::string said(const http::Response& response, std::string_view token) {
  const Body body = body_of(response);
  if (body == Body::empty || body == Body::html) return {};
  const std::string error = error_text(response.body);
  return fmt::format(", it says '{}'", shown(error.empty() ? response.body : error, token));
}

std::string not_a_store_text(const http::Response& response, const Sent& sent) {
  const std::string redirect = response.location.empty()
                                   ? std::string()
                                   : fmt::format(", which redirects to {}", shown(response.location, sent.token));
  return fmt::format("{}HTTP {} ({}) from {}{}{}", not_a_store, response.status, type_text(response, sent.token),
                     place(sent.url), redirect, said(response, sent.token));
}

std::string reason_of(Wording wording, const http::Response& response, const Sent& sent, WallTime now) {
  switch (wording) {
    case Wording::none:
      return {};
    case Wording::store_text:
      return fmt::format("HTTP {}: {}", response.status, shown(error_text(response.body), sent.token, error_bytes_max));
    case Wording::not_a_store:
      return not_a_store_text(response, sent);
    case Wording::token:
      return fmt::format("HTTP {}: {}", response.status,
                         explain_refused_token(sent.token, response.body, now, sent.token_file));
    case Wording::too_large:
      return "HTTP 413: too large as one request";
    case Wording::busy:
      return fmt::format("HTTP {} ({}) from {}{}", response.status, type_text(response, sent.token), place(sent.url),
                         said(response, sent.token));
  }
  return {};
}

Verdict react_to_failure(const http::Failure& failure, std::string_view token) {
  const auto* const row = std::ranges::find(failures, failure.kind, &FailureRow::kind);
  return {.reaction = row->reaction,
          .reason = fmt::format("{}{}", row->meaning, shown(failure.text, token)),
          .retry_after = {}};
}

std::optional<WallTime> http_date(const std::string& text) {
  // RFC 9110, 5.6.7: the form that is sent today, and the two that must still be understood.
  constexpr std::array formats = {"%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %d %H:%M:%S %Y"};
  for (const char* format : formats) {
    std::tm parts{};
    const char* end = strptime(text.c_str(), format, &parts);
    if (end == nullptr || *end != '\0') continue;
    return WallTime{Seconds{timegm(&parts)}};
  }
  return std::nullopt;
}

}  // namespace

std::span<const ReactionRow> reaction_rows() { return rows; }
std::span<const FailureRow> failure_rows() { return failures; }

Body body_of(const http::Response& response) {
  const std::size_t start = response.body.find_first_not_of(" \t\r\n");
  if (holds_html(response.content_type)) return Body::html;
  if (start == std::string::npos) return Body::empty;
  if (response.body[start] == '<') return Body::html;
  const nlohmann::json json = json_of(response.body);
  if (json.is_discarded()) return Body::other;
  const bool error = json.is_object() && json.contains("status") && json.contains("error") && json["error"].is_string();
  return error ? Body::store_error : Body::json;
}

const ReactionRow& reaction_to(const http::Response& response) {
  const Body body = body_of(response);
  for (const ReactionRow& row : rows)
    if (response.status >= row.status_first && response.status <= row.status_last &&
        (row.body == Body::any || row.body == body))
      return row;
  return rows.back();
}

std::optional<Milliseconds> retry_wait(std::string_view retry_after, WallTime now) {
  const std::string text = excerpt(retry_after, 64);
  if (text.empty()) return std::nullopt;
  if (std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; })) {
    std::int64_t seconds = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), seconds);
    // A number beyond 64 bits is a long wait too.
    if (parsed.ec != std::errc{} || seconds > retry_wait_max / Seconds{1}) return retry_wait_max;
    return Seconds{seconds};
  }
  const std::optional<WallTime> date = http_date(text);
  if (!date) return std::nullopt;
  return std::clamp(std::chrono::ceil<Milliseconds>(*date - now), Milliseconds{0}, retry_wait_max);
}

Verdict react(const http::Answer& answer, const Sent& sent, WallTime now) {
  if (!answer) return react_to_failure(answer.error(), sent.token);
  const ReactionRow& row = reaction_to(*answer);
  Verdict verdict{.reaction = row.reaction, .reason = reason_of(row.wording, *answer, sent, now), .retry_after = {}};
  if (row.reaction == Reaction::hold) verdict.retry_after = retry_wait(answer->retry_after, now);
  return verdict;
}

}  // namespace gw
