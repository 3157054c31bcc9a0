#pragma once
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "gateway/http/client.h"

/// Answers requests from a script: a stand-in for a server, for what a real one cannot be made to do at will.
class FakeTransport final : public gw::http::Transport {
 public:
  std::uint64_t start(gw::http::Request request) override {
    requests.push_back(std::move(request));
    waiting.push_back(requests.size());
    return requests.size();
  }
  void poll(gw::Milliseconds, std::vector<gw::http::Completed>& completed) override {
    for (auto& done : std::exchange(ready_, {})) completed.push_back(std::move(done));
  }
  void cancel_all() override { waiting.clear(); }
  void wake() override {}

  /// Answers the request `id` (they count from 1).
  void answer(std::uint64_t id, gw::http::Answer answer) {
    std::erase(waiting, id);
    ready_.push_back({id, std::move(answer)});
  }
  static gw::http::Response ok(std::string body) {
    gw::http::Response response;
    response.status = 200;
    response.content_type = "application/json";
    response.body = std::move(body);
    return response;
  }

  std::vector<gw::http::Request> requests;
  std::vector<std::uint64_t> waiting;

 private:
  std::vector<gw::http::Completed> ready_;
};
