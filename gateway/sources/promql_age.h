#pragma once
#include <string>
#include <string_view>

#include "gateway/base/clock.h"

namespace gw {

/// `promql` changed so that no sample older than `max_age` is taken for present: each instant selector S becomes
/// (S and last_over_time(S[max_age])), which keeps Prometheus' own rule for series that have ended. Ranges, subqueries
/// and what stands in timestamp() or absent() stay as they are. For servers without lookback_delta in their API.
std::string bound_sample_age(std::string_view promql, Seconds max_age);

}  // namespace gw
