#pragma once
#include <optional>
#include <string>

#include "gateway/base/clock.h"
#include "gateway/base/result.h"
#include "gateway/config/config.h"
#include "gateway/http/client.h"

namespace gw {

/// Makes the requests of one Prometheus source: GET, or POST where the query is long.
/// https://prometheus.io/docs/prometheus/latest/querying/api/#instant-queries
class PrometheusRequest {
 public:
  explicit PrometheusRequest(config::Source settings);

  /// What the peer has refused of one query's usual form.
  struct Form {
    bool get_only = false;    ///< POST
    bool as_written = false;  ///< the query with max_age worked into it
  };
  /// invalid: a secret cannot be read.
  Result<http::Request> make(const config::Query& query, WallTime tick, Form form);
  /// The next form to try after this status, if the status may be due to the form.
  std::optional<Form> other_form(const config::Query& query, Form form, int status) const;

  /// Asks with a max_age that is no duration: a server that would heed a right one refuses this with status 400.
  Result<http::Request> make_age_probe();
  /// The server does not heed max_age: from now on the queries themselves say it.
  void bound_age_in_queries() { age_in_queries_ = true; }

 private:
  std::string expression(const config::Query& query, Form form) const;
  Result<http::Request> request(std::string form, bool post);

  config::Source settings_;
  bool age_in_queries_ = false;
};

}  // namespace gw
