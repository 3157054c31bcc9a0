// The Prometheus source. Before the first tick: ask whether the server heeds max_age. A tick: start every query -> as
// answers come, decode and map them into the table of their metric -> when all queries of that metric have answered,
// its lines go out as frames.

#include "gateway/sources/prometheus.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <optional>
#include <unordered_map>
#include <utility>

#include "codecs/prometheus_instant.h"
#include "gateway/base/log.h"
#include "gateway/base/redact.h"
#include "gateway/bus/frame_builder.h"
#include "gateway/sources/prometheus_request.h"
#include "gateway/sources/query_plan.h"
#include "gateway/sources/series_table.h"
#include "gateway/sources/tick_schedule.h"

namespace gw {
namespace {

constexpr std::string_view no_series = "the query answered, but with no series: try it in Prometheus' own page";

/// What answers may take to be made and to be read here is no difference of clocks.
constexpr Seconds clocks_differ_max(30);

/// Queries of one metric: only their series can meet in the store.
struct Metric {
  std::string name;
  std::size_t queries = 0;
  std::size_t outstanding = 0;
  SeriesTable table;
  std::size_t duplicates = 0;         // of this tick
  bool duplicates_were_told = false;  // until a tick without any
};

struct QueryState {
  const config::Query* settings = nullptr;
  QueryPlan plan;
  std::size_t metric = 0;
  std::string trouble;   // why the last poll failed; empty while it works
  std::string warnings;  // the last ones logged
  PrometheusRequest::Form form;
  std::array<bool, reason_count> told{};  // reasons of which one sample was logged
};

class PrometheusSource final : public Source {
 public:
  PrometheusSource(const config::Source& settings, SourceContext context)
      : settings_(settings),
        context_(std::move(context)),
        request_(settings_),
        schedule_(settings_.interval, settings_.delay),
        builder_(context_.subject, context_.index) {}

  Result<void> prepare();
  SteadyTime step(Instant now) override;
  bool take(http::Completed& completed, Instant now) override;
  bool idle() const override { return running_.empty() && !age_probe_; }
  std::uint64_t failures() const override { return failures_; }
  std::uint64_t skipped() const override { return skipped_; }

 private:
  void start_tick(WallTime tick);
  bool start_age_probe();
  void take_age_probe(http::Answer& answer);
  void start_queries();
  void start(std::size_t query);
  std::expected<std::size_t, std::string> decode(QueryState& query, http::Answer& answer);
  std::string without_secrets(std::string text);
  void take_sample(QueryState& query, const codecs::QuerySample& sample);
  void tell_dropped(QueryState& query, Reason reason, const codecs::QuerySample& sample);
  void tell_duplicate(Metric& metric);
  void tell_state(QueryState& query, std::string_view trouble);
  void tell_clock(const http::Response& response, WallTime now);
  void tell_warnings(QueryState& query, const std::vector<std::string>& warnings);
  void finish(Metric& metric);

  config::Source settings_;
  SourceContext context_;
  PrometheusRequest request_;
  TickSchedule schedule_;
  FrameBuilder builder_;
  codecs::InstantDecoder decoder_;
  std::vector<QueryState> queries_;
  std::vector<Metric> metrics_;
  std::unordered_map<std::uint64_t, std::size_t> running_;  // request -> query
  WallTime tick_{};
  std::optional<std::uint64_t> age_probe_;  // its request; the tick's queries start when it is answered
  bool age_is_settled_ = false;
  bool clock_was_told_ = false;
  std::size_t taken_ = 0;  // samples of the answer that is being decoded
  std::uint64_t failures_ = 0;
  std::uint64_t skipped_ = 0;
};

Result<void> PrometheusSource::prepare() {
  for (const config::Query& settings : settings_.queries) {
    GW_TRY(QueryPlan plan, QueryPlan::compile(settings, context_.cluster));
    const auto same = [&](const Metric& metric) { return metric.name == settings.metric; };
    const auto found = std::find_if(metrics_.begin(), metrics_.end(), same);
    const auto metric = static_cast<std::size_t>(found - metrics_.begin());
    if (found == metrics_.end()) metrics_.push_back({settings.metric, 0, 0, {}, 0, false});
    ++metrics_[metric].queries;
    queries_.push_back({&settings, std::move(plan), metric, "", "", {}, {}});
  }
  return {};
}

SteadyTime PrometheusSource::step(Instant now) {
  if (const auto tick = schedule_.due(now)) {
    if (idle()) {
      start_tick(*tick);
    } else {
      if (std::has_single_bit(++skipped_))  // 1, 2, 4, 8, …
        log::warn(
            "source={} tick=skipped count={} reason=\"the tick before is still running\" hint=\"raise interval, or "
            "lower timeout\"",
            settings_.name, skipped_);
    }
  }
  return schedule_.next(now);
}

void PrometheusSource::start_tick(WallTime tick) {
  tick_ = tick;
  if (!start_age_probe()) start_queries();
}

bool PrometheusSource::start_age_probe() {
  if (age_is_settled_ || !settings_.max_age) return false;
  Result<http::Request> request = request_.make_age_probe();
  if (request) age_probe_ = context_.http.start(std::move(*request));
  return age_probe_.has_value();
}

// Prometheus before 2.43 (Debian 12 has 2.42) ignores lookback_delta without a word: it would hand out samples of five
// minutes ago as present ones. Any other answer than a clear one leaves the question to the next tick.
void PrometheusSource::take_age_probe(http::Answer& answer) {
  age_probe_.reset();
  if (!answer) return;
  const bool refused = answer->status == 400 || answer->status == 422;
  const bool ignored = answer->status == 200 && decoder_.decode(answer->body, [](const codecs::QuerySample&) {});
  age_is_settled_ = refused || ignored;
  if (!ignored) return;
  request_.bound_age_in_queries();
  log::info(
      "source={} max_age=in_queries reason=\"the server is older than Prometheus 2.43: max_age is worked into the "
      "queries\"",
      settings_.name);
}

void PrometheusSource::start_queries() {
  for (Metric& metric : metrics_) metric.outstanding = metric.queries;
  for (std::size_t i = 0; i < queries_.size(); ++i) start(i);
}

void PrometheusSource::start(std::size_t query) {
  Result<http::Request> request = request_.make(*queries_[query].settings, tick_, queries_[query].form);
  if (request) {
    running_.emplace(context_.http.start(std::move(*request)), query);
    return;
  }
  ++failures_;
  tell_state(queries_[query], request.error().text);
  Metric& metric = metrics_[queries_[query].metric];
  if (--metric.outstanding == 0) finish(metric);
}

bool PrometheusSource::take(http::Completed& completed, Instant now) {
  if (completed.answer) tell_clock(*completed.answer, now.wall);
  if (age_probe_ == completed.id) {
    take_age_probe(completed.answer);
    start_queries();
    return true;
  }
  const auto found = running_.find(completed.id);
  if (found == running_.end()) return false;
  const std::size_t index = found->second;
  QueryState& query = queries_[index];
  running_.erase(found);

  const int status = completed.answer ? completed.answer->status : 0;
  if (const auto form = request_.other_form(*query.settings, query.form, status)) {
    query.form = *form;
    start(index);
    return true;
  }
  const auto decoded = decode(query, completed.answer);
  if (!decoded) ++failures_;
  tell_state(query, !decoded ? decoded.error() : *decoded == 0 ? no_series : "");
  Metric& metric = metrics_[query.metric];
  if (--metric.outstanding == 0) finish(metric);
  return true;
}

/// How many samples the answer held, or why it is none.
std::expected<std::size_t, std::string> PrometheusSource::decode(QueryState& query, http::Answer& answer) {
  if (!answer) return std::unexpected(answer.error().text);
  http::Response& response = *answer;
  if (response.status >= 300 && response.status < 400)
    return std::unexpected(fmt::format("HTTP {} redirects to {}: set url to where Prometheus really is",
                                       response.status, without_secrets(response.location)));
  taken_ = 0;
  const auto decoded =
      decoder_.decode(response.body, [&](const codecs::QuerySample& sample) { take_sample(query, sample); });
  if (!decoded) {
    // Decoded once more without secrets: the error cites the body, cut, and a part of a secret would not be found.
    std::string body = without_secrets(response.body);
    const auto clean = decoder_.decode(body, [](const codecs::QuerySample&) {});
    std::string text = clean ? "an answer that holds a secret" : without_secrets(clean.error().text);
    if (response.status == 200) return std::unexpected(std::move(text));
    if (decoded.error().kind != codecs::QueryError::Kind::api_error && response.body.empty()) text = "empty body";
    return std::unexpected(fmt::format("HTTP {}: {}", response.status, text));
  }
  tell_warnings(query, decoded->warnings);
  return decoded->samples;
}

/// What a peer says, for the log: it may echo what it was sent.
std::string PrometheusSource::without_secrets(std::string text) {
  for (config::Secret* secret : {&settings_.bearer_token, &settings_.password}) {
    if (secret->empty()) continue;
    if (const auto known = secret->read()) text = redact(std::move(text), *known);
  }
  for (const auto& [name, value] : settings_.headers) {
    text = redact(std::move(text), value);
    text = redact(std::move(text), std::string_view(value).substr(value.rfind(' ') + 1));  // of "Bearer …"
  }
  return text;
}

void PrometheusSource::take_sample(QueryState& query, const codecs::QuerySample& sample) {
  context_.account.in();
  if (++taken_ > settings_.samples_max) return context_.account.drop(Reason::too_many_samples);
  const auto mapped = query.plan.map(sample, unix_seconds(tick_));
  if (!mapped) return tell_dropped(query, mapped.error(), sample);
  Metric& metric = metrics_[query.metric];
  if (metric.table.add(mapped->key, mapped->labels, mapped->line) == SeriesTable::Added::duplicate)
    tell_duplicate(metric);
}

// One sample of each kind is shown, the rest is counted: a query that is wrong is wrong in every tick.
void PrometheusSource::tell_dropped(QueryState& query, Reason reason, const codecs::QuerySample& sample) {
  context_.account.drop(reason);
  bool& told = query.told[static_cast<std::size_t>(reason)];
  if (std::exchange(told, true)) return;
  std::string labels;
  codecs::append_labels(labels, sample.labels);
  log::warn("source={} metric={} dropped={} series={} value={} hint=\"told once; the rest is counted\"", settings_.name,
            log::value(query.settings->metric), name(reason), log::value(labels), log::value(sample.value_text));
}

void PrometheusSource::tell_duplicate(Metric& metric) {
  context_.account.drop(Reason::duplicate);
  ++metric.duplicates;
  if (std::exchange(metric.duplicates_were_told, true)) return;
  log::warn(
      "source={} metric={} dropped=duplicate kept={} dropped_series={} hint=\"two series are the same host, metric, "
      "type and type-id: "
      "select one by its labels in the query, or tell them apart by type_id or labels\"",
      settings_.name, log::value(metric.name), log::value(metric.table.kept_labels()),
      log::value(metric.table.dropped_labels()));
}

void PrometheusSource::tell_state(QueryState& query, std::string_view trouble) {
  if (trouble == query.trouble) return;
  const std::string metric = log::value(query.settings->metric);
  if (trouble.empty())
    log::info("source={} metric={} state=up", settings_.name, metric);
  else if (trouble == no_series)
    log::warn("source={} metric={} state=empty hint={}", settings_.name, metric, log::value(no_series));
  else
    log::error("source={} metric={} state=failing reason={}", settings_.name, metric, log::value(trouble));
  query.trouble = trouble;
}

/// Queries ask for the time of our clock, and that is what is written: by a server whose clock differs, values of
/// another time would pass for present ones, or there would seem to be none.
void PrometheusSource::tell_clock(const http::Response& response, WallTime now) {
  const std::optional<WallTime> theirs = http::time_of(response.date);
  if (clock_was_told_ || !theirs) return;
  const Seconds ahead = std::chrono::round<Seconds>(*theirs - now);
  if (std::chrono::abs(ahead) <= clocks_differ_max) return;
  clock_was_told_ = true;
  log::warn(
      "source={} clock=\"the server's is {} s {} ours\" hint=\"values are asked for and written by ours: set both by "
      "NTP; "
      "told once\"",
      settings_.name, std::chrono::abs(ahead).count(), ahead > Seconds(0) ? "ahead of" : "behind");
}

void PrometheusSource::tell_warnings(QueryState& query, const std::vector<std::string>& warnings) {
  std::string text = without_secrets(fmt::format("{}", fmt::join(warnings, "; ")));
  if (text == query.warnings) return;
  if (!text.empty())
    log::warn("source={} metric={} warnings={} data=kept", settings_.name, log::value(query.settings->metric),
              log::value(text));
  query.warnings = std::move(text);
}

void PrometheusSource::finish(Metric& metric) {
  for (std::size_t i = 0; i < metric.table.size(); ++i) {
    const std::string_view line = metric.table.line(i);
    if (builder_.full(line, context_.frames.frame_bytes_max())) context_.frames.push(builder_.take());
    builder_.add(line);
  }
  metric.table.clear();
  if (metric.duplicates == 0) metric.duplicates_were_told = false;
  metric.duplicates = 0;
  // At once: a query that hangs does not keep the others' lines back.
  if (!builder_.empty()) context_.frames.push(builder_.take());
}

}  // namespace

Result<std::unique_ptr<Source>> make_prometheus_source(const config::Source& settings, SourceContext context) {
  auto source = std::make_unique<PrometheusSource>(settings, std::move(context));
  if (const auto prepared = source->prepare(); !prepared) return std::unexpected(prepared.error());
  return source;
}

}  // namespace gw
