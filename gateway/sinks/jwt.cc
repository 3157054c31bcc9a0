// A token, as far as it can be read without the key (RFC 7515 and 7519):
//
//   token     = header "." payload "." signature        each part base64url without padding
//   header    = JSON object, "alg": "EdDSA"
//   payload   = JSON object, times "exp", "nbf", "iat" in seconds since 1970, each may be missing
#include "gateway/sinks/jwt.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <expected>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>
#include <vector>

#include "gateway/base/redact.h"
#include "gateway/sinks/excerpt.h"

namespace gw {
namespace {

/// No web server takes a longer header line.
constexpr std::size_t token_bytes_max = 8 << 10;
constexpr std::size_t answer_bytes_max = 200;
constexpr std::size_t algorithm_bytes_max = 16;
/// What the nanoseconds of WallTime can hold; a claim beyond is in milliseconds by mistake.
constexpr double seconds_max = 9.2e9;

struct Claims {
  std::string algorithm;
  std::optional<double> expires;
  std::optional<double> not_before;
  std::optional<double> issued;
};

std::optional<std::uint32_t> base64url_digit(char c) {
  if (c >= 'A' && c <= 'Z') return static_cast<std::uint32_t>(c - 'A');
  if (c >= 'a' && c <= 'z') return static_cast<std::uint32_t>(c - 'a') + 26;
  if (c >= '0' && c <= '9') return static_cast<std::uint32_t>(c - '0') + 52;
  if (c == '-') return 62;
  if (c == '_') return 63;
  return std::nullopt;
}

std::optional<std::string> base64url_decode(std::string_view text) {
  if (text.size() % 4 == 1) return std::nullopt;
  std::string out;
  std::uint32_t window = 0;
  int bits = 0;
  for (const char c : text) {
    const std::optional<std::uint32_t> digit = base64url_digit(c);
    if (!digit) return std::nullopt;
    window = ((window << 6) | *digit) & 0xffffff;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    out += static_cast<char>((window >> bits) & 0xff);
  }
  return out;
}

std::optional<nlohmann::json> object_of(std::string_view part) {
  const std::optional<std::string> text = base64url_decode(part);
  if (!text) return std::nullopt;
  nlohmann::json object = nlohmann::json::parse(*text, nullptr, false);
  if (!object.is_object()) return std::nullopt;
  return object;
}

std::optional<double> time_of(const nlohmann::json& payload, const char* claim) {
  const auto found = payload.find(claim);
  if (found == payload.end() || !found->is_number()) return std::nullopt;
  return found->get<double>();
}

/// The claims, or why `token` is no JWT.
std::expected<Claims, std::string_view> read_claims(std::string_view token) {
  if (token.size() > token_bytes_max) return std::unexpected("it is longer than 8 KiB");
  const std::size_t first = token.find('.');
  const std::size_t second = first == std::string_view::npos ? first : token.find('.', first + 1);
  if (second == std::string_view::npos || token.find('.', second + 1) != std::string_view::npos)
    return std::unexpected("expected three parts separated by dots");
  const std::optional<nlohmann::json> header = object_of(token.substr(0, first));
  if (!header) return std::unexpected("its first part is no JSON object in base64url");
  const std::optional<nlohmann::json> payload = object_of(token.substr(first + 1, second - first - 1));
  if (!payload) return std::unexpected("its second part is no JSON object in base64url");
  Claims claims;
  if (const auto found = header->find("alg"); found != header->end() && found->is_string())
    claims.algorithm = excerpt(found->get<std::string>(), algorithm_bytes_max);
  claims.expires = time_of(*payload, "exp");
  claims.not_before = time_of(*payload, "nbf");
  claims.issued = time_of(*payload, "iat");
  return claims;
}

/// What people leave around a token when they copy it.
struct Wrapping {
  std::string_view before;
  std::string_view after;
  std::string_view name;
};
constexpr std::array wrappings = {
    Wrapping{"\xef\xbb\xbf", "", "the byte order mark"},
    Wrapping{"Authorization:", "", "'Authorization:'"},
    Wrapping{"Bearer ", "", "'Bearer '"},
    Wrapping{"bearer ", "", "'bearer '"},
    Wrapping{"\"", "\"", "the quotes"},
    Wrapping{"'", "'", "the quotes"},
    Wrapping{" ", "", "the blanks"},
    Wrapping{"", " ", "the blanks"},
    Wrapping{"\t", "", "the blanks"},
    Wrapping{"", "\t", "the blanks"},
};

/// "'Bearer ' and the quotes" where a JWT stands in them, else "".
std::string wrapped_in(std::string_view token) {
  std::string names;
  for (const Wrapping* row = wrappings.begin(); row != wrappings.end();) {
    const std::size_t removed = row->before.size() + row->after.size();
    if (token.size() < removed || !token.starts_with(row->before) || !token.ends_with(row->after)) {
      ++row;
      continue;
    }
    token = token.substr(row->before.size(), token.size() - removed);
    if (!names.contains(row->name)) names.append(names.empty() ? "" : " and ").append(row->name);
    row = wrappings.begin();  // in what was around it may be another one
  }
  return read_claims(token) ? names : std::string();
}

std::string time_text(double seconds) {
  if (std::abs(seconds) > seconds_max) return fmt::format("{:.15g}", seconds);
  return iso_time(WallTime{Seconds{static_cast<std::int64_t>(seconds)}});
}

/// Coarse: it is read by people, and a text that changes with each attempt would be logged with each attempt.
std::string age_text(double seconds) {
  if (seconds < 120) return fmt::format("{:.0f} s", seconds);
  if (seconds < 120 * 60) return fmt::format("{:.0f} min", std::floor(seconds / 60));
  if (seconds < 48 * 3600) return fmt::format("{:.0f} h", std::floor(seconds / 3600));
  return fmt::format("{:.15g} d", std::floor(seconds / 86400));
}

std::string mint(std::string_view file) {
  if (file.empty()) return "mint a new one";
  return fmt::format("mint a new one and write it to {}, it is read again at once", file);
}

constexpr std::string_view check_clocks = "check the clocks of both machines";

/// What the claims say by our clock; empty where they are in order.
std::string claims_problem(const Claims& claims, double now, std::string_view file) {
  if (claims.expires && *claims.expires <= now)
    return fmt::format("expired {} ago ({}): {}", age_text(now - *claims.expires), time_text(*claims.expires),
                       mint(file));
  if (claims.not_before && *claims.not_before > now)
    return fmt::format("is not valid before {}: wait, or {}", time_text(*claims.not_before), mint(file));
  if (claims.issued && *claims.issued > now)
    return fmt::format("was issued in the future (iat {}): {}", time_text(*claims.issued), check_clocks);
  return {};
}

/// The claims of what may be a token of the store, or the whole text of what is wrong.
std::expected<Claims, std::string> claims_of(std::string_view token, std::string_view file) {
  if (const std::string around = wrapped_in(token); !around.empty())
    return std::unexpected(
        fmt::format("the token does not stand alone: remove {} {}", around,
                    file.empty() ? "around it" : fmt::format("from {}, it is read again at once", file)));
  const std::expected<Claims, std::string_view> claims = read_claims(token);
  if (!claims) return std::unexpected(fmt::format("the token is no JWT ({}): {}", claims.error(), mint(file)));
  if (claims->algorithm != "EdDSA")
    return std::unexpected(fmt::format("the token's alg is {}, the store accepts EdDSA only: {}",
                                       claims->algorithm.empty() ? "missing" : claims->algorithm, mint(file)));
  return *claims;
}

/// What the store said, where the claims look right from here. Texts of golang-jwt v4 and of cc-metric-store.
struct AnswerRow {
  std::string_view answer;  ///< a part of the store's text
  std::string_view problem;
  bool clocks;  ///< a new token would not help
};
constexpr std::array answer_rows = {
    AnswerRow{"Token is expired", "is expired by the store's clock, but not by this machine's", true},
    AnswerRow{"Token used before issued", "was issued in the future by the store's clock", true},
    AnswerRow{"Token is not valid yet", "is not yet valid by the store's clock", true},
    AnswerRow{"token is malformed", "is malformed", false},
    AnswerRow{"token contains an invalid number of segments", "is malformed", false},
};

std::string answered_problem(const Claims& claims, std::string_view answer, std::string_view file) {
  for (const AnswerRow& row : answer_rows) {
    if (!answer.contains(row.answer)) continue;
    const std::string issued =
        row.clocks && claims.issued ? fmt::format(" (iat {})", time_text(*claims.issued)) : std::string();
    return fmt::format("{}{}: {}", row.problem, issued, row.clocks ? std::string(check_clocks) : mint(file));
  }
  return fmt::format(
      "looks right from here, so it is probably signed by another key than the store's "
      "jwt-public-key{}",
      answer.empty() ? std::string() : fmt::format(" (the store says '{}')", answer));
}

std::string signature_problem(const Claims& claims, double now, std::string_view file) {
  const bool expired = claims.expires && *claims.expires <= now;
  return fmt::format("is signed by another key than the store's jwt-public-key{}: {}",
                     expired ? fmt::format(", and it expired at {}", time_text(*claims.expires)) : std::string(),
                     mint(file));
}

}  // namespace

bool fits_in_header(std::string_view token) {
  return std::ranges::none_of(token, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

std::string token_problem(std::string_view token, WallTime now, std::string_view file) {
  const std::expected<Claims, std::string> claims = claims_of(token, file);
  if (!claims) return claims.error();
  const std::string problem = claims_problem(*claims, static_cast<double>(unix_seconds(now)), file);
  return problem.empty() ? problem : "the token " + problem;
}

std::string explain_refused_token(std::string_view token, std::string_view answer, WallTime now,
                                  std::string_view file) {
  if (token.empty()) return "the store wants a token, and none is configured: set token_file";
  const std::string said = excerpt(redact(std::string(answer), token), answer_bytes_max);
  // Its answer to a request without "Authorization: Bearer …", and we sent that.
  if (said == "Use JWT Authentication")
    return "the token did not reach the store: a proxy between takes the header away";
  const std::expected<Claims, std::string> claims = claims_of(token, file);
  if (!claims) return claims.error();
  const auto seconds = static_cast<double>(unix_seconds(now));
  if (said.contains("ed25519: verification error")) return "the token " + signature_problem(*claims, seconds, file);
  std::string problem = claims_problem(*claims, seconds, file);
  if (problem.empty()) problem = answered_problem(*claims, said, file);
  return "the token " + problem;
}

}  // namespace gw
