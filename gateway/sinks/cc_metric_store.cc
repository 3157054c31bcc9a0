#include "gateway/sinks/cc_metric_store.h"

#include <fmt/core.h>

#include <algorithm>
#include <atomic>
#include <utility>

#include "gateway/sinks/jwt.h"
#include "gateway/sinks/reactions.h"
#include "subjects/subject.h"

namespace gw {
namespace {

/// How long a request may take once the program wants to end.
constexpr Milliseconds brief{1'000};
/// The store's answers have a few hundred bytes; a page of a wrong server is recognised by its start.
constexpr std::size_t response_bytes_max = 1 << 20;

/// Where writes go: `url` itself where it names the path, else /api/write/ below it. A query string is kept: the store
/// reads `cluster` from it.
std::string write_url(std::string_view url) {
  const std::string_view base = url.substr(0, url.find('?'));
  const std::string_view query = url.substr(base.size());
  if (base.ends_with("/api/write") || base.ends_with("/api/write/")) return std::string(url);
  return http::join_url(base, "/api/write/").append(query);
}

Verdict hold(std::string reason) {
  return {.reaction = Reaction::hold, .reason = std::move(reason), .retry_after = {}};
}

class RestStore final : public Sink {
 public:
  RestStore(const config::Sink& settings, std::unique_ptr<http::Transport> transport, const Clock& clock)
      : url_(write_url(settings.url)),
        token_(settings.token),
        tls_(settings.tls),
        timeout_(settings.timeout),
        transport_(std::move(transport)),
        clock_(clock) {}

  Verdict attempt(std::string_view lines) override {
    Result<std::string> token = token_.read();
    // What failed with no token at hand is worth another try with any.
    refused_ = token.value_or(std::string());
    if (!token) return hold(std::move(token).error().text);
    if (!fits_in_header(*token))
      return hold(fmt::format("the token{} holds a control character",
                              token_.file().empty() ? std::string() : " in " + token_.file().string()));
    const http::Answer answer = send(lines, *token);
    const bool refused = answer && (answer->status == 401 || answer->status == 403);
    if (!refused) refused_.reset();
    const std::string file = token_.file().string();
    return react(answer, {.url = url_, .token = *token, .token_file = file}, clock_.now().wall);
  }

  void interrupt() override {
    interrupted_ = true;
    transport_->wake();
  }

  bool wants_retry() override {
    if (!refused_) return false;
    const Result<std::string> token = token_.read();
    return token && *token != *refused_;
  }

 private:
  http::Answer send(std::string_view lines, const std::string& token) {
    const bool last_words = interrupted_;
    http::Request request;
    request.method = "POST";
    request.url = url_;
    request.headers.emplace_back("Content-Type: text/plain; charset=utf-8");
    if (!token.empty()) request.headers.push_back("Authorization: Bearer " + token);
    request.body = lines;  // never compressed: the store does not look at Content-Encoding
    request.tls = tls_;
    request.timeout = last_words ? std::min(timeout_, brief) : timeout_;
    request.response_bytes_max = response_bytes_max;
    const std::uint64_t id = transport_->start(std::move(request));
    return wait_for(id, !last_words);
  }

  http::Answer wait_for(std::uint64_t id, bool interruptible) {
    std::vector<http::Completed> completed;
    for (;;) {
      if (interruptible && interrupted_) {
        transport_->cancel_all();
        interruptible = false;
      }
      transport_->poll(brief, completed);
      const auto mine = std::ranges::find(completed, id, &http::Completed::id);
      if (mine != completed.end()) return std::move(mine->answer);
    }
  }

  std::string url_;
  config::Secret token_;
  http::Tls tls_;
  Milliseconds timeout_;
  std::unique_ptr<http::Transport> transport_;
  const Clock& clock_;
  std::optional<std::string> refused_;  ///< the token of the last attempt, where that was refused
  std::atomic<bool> interrupted_{false};
};

}  // namespace

std::unique_ptr<Sink> make_store_over_rest(const config::Sink& settings, std::unique_ptr<http::Transport> transport,
                                           const Clock& clock) {
  return std::make_unique<RestStore>(settings, std::move(transport), clock);
}

Result<std::unique_ptr<Sink>> make_cc_metric_store(const config::Sink& settings, Bus& bus) {
  static const SystemClock clock;
  if (settings.transport == config::Sink::Transport::rest)
    return make_store_over_rest(settings, http::make_client(1), clock);
  // cnats sends any subject as it is; a refused one would look like lines that are too large.
  if (const std::string_view problem = subjects::subject_problem(settings.subject); !problem.empty())
    return invalid(fmt::format("subject '{}' of sink '{}' {}", settings.subject, settings.name, problem));
  return make_store_over_nats(settings, bus, clock);
}

}  // namespace gw
