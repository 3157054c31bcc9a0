#include "gateway/sources/prometheus.h"

#include <doctest/doctest.h>

#include "tests/fake_clock.h"
#include "tests/gateway/sources/fake_transport.h"

using gw::config::Query;

namespace {

struct CollectedFrames final : gw::FrameQueue {
  void push(gw::Frame frame) override { frames.push_back(std::move(frame)); }
  std::size_t frame_bytes_max() const override { return bytes_max; }
  std::string text() const {
    std::string all;
    for (const gw::Frame& frame : frames) all += frame.payload;
    return all;
  }
  std::size_t bytes_max = 1 << 20;
  std::vector<gw::Frame> frames;
};

/// A source with its world. Wall clock: 1700000000 is 20 s into a minute.
struct Rig {
  explicit Rig(gw::config::Source settings) {
    settings.name = "p";
    settings.type = "prometheus";
    settings.url = "http://p:9090/";
    auto made = gw::make_prometheus_source(settings, {http, frames, account, "c", "c.metrics", 0});
    REQUIRE(made);
    source = std::move(*made);
  }
  void step() { source->step(clock.now()); }
  void answer(std::uint64_t id, gw::http::Answer answer) {
    http.answer(id, std::move(answer));
    std::vector<gw::http::Completed> completed;
    http.poll(gw::Milliseconds(0), completed);
    for (auto& done : completed) CHECK(source->take(done, clock.now()));
  }
  FakeClock clock;
  FakeTransport http;
  CollectedFrames frames;
  gw::Account account{"poll", "p"};
  std::unique_ptr<gw::Source> source;
};

gw::config::Source source_of(std::vector<std::string> metrics) {
  gw::config::Source settings;
  for (std::string& metric : metrics) {
    Query query;
    query.query = "node_" + metric;
    query.metric = std::move(metric);
    settings.queries.push_back(query);
  }
  return settings;
}

std::string vector_of(std::string_view elements) {
  return R"({"status":"success","data":{"resultType":"vector","result":[)" + std::string(elements) + "]}}";
}
std::string element(std::string_view labels, std::string_view value) {
  return "{\"metric\":{" + std::string(labels) + "},\"value\":[1699999980,\"" + std::string(value) + "\"]}";
}

gw::http::Response with_status(int status, std::string type, std::string body) {
  gw::http::Response response = FakeTransport::ok(std::move(body));
  response.status = status;
  response.content_type = std::move(type);
  return response;
}

}  // namespace

TEST_CASE("all queries of a tick start at once with the tick as time, and answers become frames") {
  Rig rig(source_of({"load1", "mem used"}));
  rig.step();
  REQUIRE(rig.http.requests.size() == 2);
  CHECK(rig.http.requests[0].method == "GET");
  CHECK(rig.http.requests[0].url == "http://p:9090/api/v1/query?query=node_load1&time=1699999980&timeout=10");
  CHECK(rig.http.requests[1].url.find("query=node_mem%20used&") != std::string::npos);

  rig.answer(2, FakeTransport::ok(vector_of(element(R"("instance":"a:1")", "7"))));
  REQUIRE(rig.frames.frames.size() == 1);  // at once: the other query may hang
  rig.answer(1, FakeTransport::ok(
                    vector_of(element(R"("instance":"a:1")", "0.5") + "," + element(R"("instance":"b:1")", "NaN"))));
  REQUIRE(rig.frames.frames.size() == 2);
  CHECK(rig.frames.frames[0].subject == "c.metrics");
  CHECK(rig.frames.frames[0].lines == 1);
  CHECK(rig.frames.text() ==
        "mem\\ used,cluster=c,hostname=a,type=node value=7 1699999980\n"
        "load1,cluster=c,hostname=a,type=node value=0.5 1699999980\n");
  CHECK(rig.account.in_total() == 3);
  CHECK(rig.account.dropped(gw::Reason::nan) == 1);
  CHECK(rig.source->idle());
}

TEST_CASE("max_age is left to the server where it heeds it, and said by the queries where it does not") {
  const std::string probe = "http://p:9090/api/v1/query?query=1&timeout=10&lookback_delta=none&max_lookback=none";
  const std::string plain =
      "http://p:9090/api/v1/query?query=node_m&time=1699999980&timeout=10&lookback_delta=120s&max_lookback=120s";
  const std::string bound =
      "http://p:9090/api/v1/query?query=%28node_m%20and%20last_over_time%28node_m%5B120s%5D%29%29&time=1699999980"
      "&timeout=10&lookback_delta=120s&max_lookback=120s";
  const auto check = [&](gw::http::Answer answer, const std::string& first, bool asks_again) {
    gw::config::Source settings = source_of({"m"});
    settings.max_age = gw::Seconds(120);
    Rig rig(settings);
    rig.step();
    REQUIRE(rig.http.requests.size() == 1);
    CHECK(rig.http.requests[0].url == probe);
    CHECK(!rig.source->idle());
    rig.answer(1, std::move(answer));
    REQUIRE(rig.http.requests.size() == 2);
    CHECK(rig.http.requests[1].url == first);
    rig.answer(2, FakeTransport::ok(vector_of(element(R"("instance":"a:1")", "1"))));
    CHECK(rig.source->idle());
    CHECK(rig.account.in_total() == 1);
    rig.clock.advance(gw::Seconds(60));
    rig.step();
    REQUIRE(rig.http.requests.size() == 3);
    CHECK((rig.http.requests[2].url == probe) == asks_again);
  };
  const auto refused = [](int status) {
    return with_status(status, "application/json", R"({"status":"error","errorType":"bad_data","error":"duration"})");
  };
  const std::string scalar = R"({"status":"success","data":{"resultType":"scalar","result":[1,"1"]}})";
  check(refused(400), plain, false);
  check(refused(422), plain, false);
  check(FakeTransport::ok(scalar), bound, false);
  check(FakeTransport::ok("<html>log in</html>"), plain, true);
  check(refused(503), plain, true);
  check(std::unexpected(gw::http::Failure{gw::http::Failure::Kind::timeout, "Operation timed out"}), plain, true);
}

TEST_CASE("a query that fails hurts only itself, whatever the failure is") {
  const auto check = [](gw::http::Answer answer) {
    Rig rig(source_of({"good", "bad"}));
    rig.step();
    rig.answer(2, std::move(answer));
    rig.answer(1, FakeTransport::ok(vector_of(element(R"("instance":"a:1")", "1"))));
    CHECK(rig.frames.text() == "good,cluster=c,hostname=a,type=node value=1 1699999980\n");
    CHECK(rig.source->failures() == 1);
    CHECK(rig.source->idle());
  };
  check(std::unexpected(gw::http::Failure{gw::http::Failure::Kind::timeout, "Operation timed out"}));
  check(std::unexpected(gw::http::Failure{gw::http::Failure::Kind::truncated, "transfer closed"}));
  check(with_status(200, "text/html", "<html>log in</html>"));
  check(with_status(302, "text/html", ""));
  check(with_status(503, "application/json", R"({"status":"error","errorType":"timeout","error":"query timed out"})"));
  check(with_status(400, "application/json", R"({"status":"error","errorType":"bad_data","error":"parse error"})"));
  check(with_status(404, "text/plain", "404 page not found"));
  check(with_status(200, "application/json", R"({"status":"success","data":{"resultType":"matrix","result":[]}})"));
  check(with_status(200, "application/json", R"({"status":"success","data":{"resultType":"vector","resu)"));
  check(with_status(200, "application/json", ""));
}

TEST_CASE("warnings are no failure, the data is kept") {
  Rig rig(source_of({"m"}));
  rig.step();
  std::string body = vector_of(element(R"("instance":"a:1")", "1"));
  body.insert(1, R"("warnings":["partial answer"],)");
  rig.answer(1, FakeTransport::ok(body));
  CHECK(rig.account.in_total() == 1);
  CHECK(rig.frames.frames.size() == 1);
  CHECK(rig.source->failures() == 0);
}

TEST_CASE("a tick that is due while the one before runs is skipped and counted, never stacked") {
  Rig rig(source_of({"m"}));
  rig.step();
  rig.clock.advance(gw::Seconds(60));
  rig.step();
  CHECK(rig.http.requests.size() == 1);
  CHECK(rig.source->skipped() == 1);
  rig.answer(1, FakeTransport::ok(vector_of("")));
  rig.step();
  CHECK(rig.http.requests.size() == 1);  // the skipped tick stays skipped
  rig.clock.advance(gw::Seconds(60));
  rig.step();
  CHECK(rig.http.requests.size() == 2);
  CHECK(rig.http.requests[1].url.find("time=1700000100&") != std::string::npos);
}

TEST_CASE(
    "two series with one identity are never a silent overwrite: the first by labels stays, the others are counted") {
  gw::config::Source settings = source_of({"m", "m"});  // also across queries of one metric
  Rig rig(settings);
  rig.step();
  rig.answer(2, FakeTransport::ok(vector_of(element(R"("instance":"a:1","job":"b")", "2"))));
  CHECK(rig.frames.frames.empty());
  rig.answer(1, FakeTransport::ok(vector_of(element(R"("instance":"a:2","job":"z")", "3") + "," +
                                            element(R"("instance":"a:1","job":"a")", "1"))));
  CHECK(rig.frames.text() == "m,cluster=c,hostname=a,type=node value=1 1699999980\n");
  CHECK(rig.account.in_total() == 3);
  CHECK(rig.account.dropped(gw::Reason::duplicate) == 2);
}

TEST_CASE("a long query goes by POST, and by GET again where POST is refused") {
  gw::config::Source settings = source_of({"m"});
  settings.queries[0].query = std::string(3000, 'x');
  Rig rig(settings);
  rig.step();
  REQUIRE(rig.http.requests.size() == 1);
  CHECK(rig.http.requests[0].method == "POST");
  CHECK(rig.http.requests[0].url == "http://p:9090/api/v1/query");
  CHECK(rig.http.requests[0].body.starts_with("query=xxx"));
  CHECK(rig.http.requests[0].headers == std::vector<std::string>{"Content-Type: application/x-www-form-urlencoded"});
  rig.answer(1, with_status(405, "text/plain", "no"));
  REQUIRE(rig.http.requests.size() == 2);
  CHECK(rig.http.requests[1].method == "GET");
  rig.answer(2, FakeTransport::ok(vector_of(element(R"("instance":"a:1")", "1"))));
  CHECK(rig.source->failures() == 0);
  CHECK(rig.frames.frames.size() == 1);
}

TEST_CASE("frames keep to the server's limit, samples to samples_max") {
  gw::config::Source settings = source_of({"m"});
  settings.samples_max = 10;
  Rig rig(settings);
  rig.frames.bytes_max = 120;
  rig.step();
  std::string elements;
  for (int i = 0; i < 12; ++i)
    elements += (i == 0 ? "" : ",") + element("\"instance\":\"n" + std::to_string(i) + "\"", "1");
  rig.answer(1, FakeTransport::ok(vector_of(elements)));
  std::size_t lines = 0;
  for (const gw::Frame& frame : rig.frames.frames) {
    CHECK(frame.payload.size() <= 120);
    lines += frame.lines;
  }
  CHECK(lines == 10);
  CHECK(rig.account.dropped(gw::Reason::too_many_samples) == 2);
}

TEST_CASE("logins and headers go where they belong") {
  gw::config::Source settings = source_of({"m"});
  settings.headers = {{"X-Scope-OrgID", "site"}};
  settings.bearer_token = gw::config::Secret::of_text("abc");
  Rig bearer(settings);
  bearer.step();
  CHECK(bearer.http.requests.at(0).headers ==
        std::vector<std::string>{"X-Scope-OrgID: site", "Authorization: Bearer abc"});

  settings.bearer_token = gw::config::Secret::of_text("a\nX: y");
  Rig injected(settings);
  injected.step();
  CHECK(injected.http.requests.empty());
  CHECK(injected.source->failures() == 1);

  settings.bearer_token = {};
  settings.user = "u";
  settings.password = gw::config::Secret::of_text("p");
  Rig basic(settings);
  basic.step();
  CHECK(basic.http.requests.at(0).user == "u");
  CHECK(basic.http.requests.at(0).password == "p");
}

TEST_CASE("a URL may name the path of the API or not") {
  gw::config::Source settings = source_of({"m"});
  FakeClock clock;
  FakeTransport http;
  CollectedFrames frames;
  gw::Account account("poll", "p");
  settings.url = "http://p/prometheus/api/v1/query";
  const auto source = gw::make_prometheus_source(settings, {http, frames, account, "c", "c.metrics", 0});
  REQUIRE(source);
  (*source)->step(clock.now());
  CHECK(http.requests.at(0).url.starts_with("http://p/prometheus/api/v1/query?query="));
}
