#include "gateway/sources/prometheus_request.h"

#include <fmt/format.h>

#include <algorithm>

#include "gateway/sources/promql_age.h"

namespace gw {
namespace {

// Proxies and servers refuse request lines from 4 to 8 KiB on; percent-encoding triples a query at worst.
constexpr std::size_t get_query_bytes_max = 1200;

double seconds_of(Milliseconds time) { return std::chrono::duration<double>(time).count(); }

// lookback_delta is Prometheus' name for it, max_lookback VictoriaMetrics'; each ignores the other's.
std::string age_parameters(std::string_view age) { return fmt::format("&lookback_delta={0}&max_lookback={0}", age); }

}  // namespace

PrometheusRequest::PrometheusRequest(config::Source settings) : settings_(std::move(settings)) {}

std::string PrometheusRequest::expression(const config::Query& query, Form form) const {
  if (!age_in_queries_ || form.as_written || !settings_.max_age) return query.query;
  return bound_sample_age(query.query, *settings_.max_age);
}

std::optional<PrometheusRequest::Form> PrometheusRequest::other_form(const config::Query& query, Form form,
                                                                     int status) const {
  // A proxy that lets only GET pass.
  if (status == 405 && !form.get_only && expression(query, form).size() > get_query_bytes_max)
    return Form{true, form.as_written};
  // PromQL that the server knows and we do not.
  if (status == 400 && age_in_queries_ && !form.as_written) return Form{form.get_only, true};
  return std::nullopt;
}

Result<http::Request> PrometheusRequest::make(const config::Query& query, WallTime tick, Form form) {
  const std::string promql = expression(query, form);
  // The server gives up when we do.
  std::string text = fmt::format("query={}&time={}&timeout={}", http::url_encode(promql), unix_seconds(tick),
                                 seconds_of(settings_.timeout));
  if (settings_.max_age) text += age_parameters(fmt::format("{}s", settings_.max_age->count()));
  return request(std::move(text), promql.size() > get_query_bytes_max && !form.get_only);
}

Result<http::Request> PrometheusRequest::make_age_probe() {
  return request(fmt::format("query=1&timeout={}{}", seconds_of(settings_.timeout), age_parameters("none")), false);
}

Result<http::Request> PrometheusRequest::request(std::string form, bool post) {
  http::Request request;
  // A URL that already names the path is used as it is.
  request.url =
      settings_.url.ends_with("/api/v1/query") ? settings_.url : http::join_url(settings_.url, "api/v1/query");
  if (post) {
    request.method = "POST";
    request.headers.emplace_back("Content-Type: application/x-www-form-urlencoded");
    request.body = std::move(form);
  } else {
    request.url += '?';
    request.url += form;
  }
  for (const auto& [name, text] : settings_.headers) request.headers.push_back(fmt::format("{}: {}", name, text));
  if (!settings_.user.empty()) {
    request.user = settings_.user;
    GW_TRY(request.password, settings_.password.read());
  }
  if (!settings_.bearer_token.empty()) {
    GW_TRY(const std::string token, settings_.bearer_token.read());
    if (std::any_of(token.begin(), token.end(), [](char c) { return static_cast<unsigned char>(c) <= ' '; }))
      return invalid("the bearer token holds a blank or line end: it must be one word");
    request.headers.push_back(fmt::format("Authorization: Bearer {}", token));
  }
  request.tls = settings_.tls;
  request.timeout = settings_.timeout;
  request.response_bytes_max = settings_.response_bytes_max;
  return request;
}

}  // namespace gw
