#include "gateway/sinks/delivery.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "tests/fake_clock.h"
#include "tests/gateway/sinks/fakes.h"

using fakes::batch_of;
using fakes::hold;
using fakes::written;
using gw::Milliseconds;
using gw::Reaction;
using gw::Reason;
using gw::SteadyTime;
using gw::Verdict;

namespace {

/// A delivery to a scripted sink. What the sink takes is in `store`, one entry an attempt.
struct Setup {
  explicit Setup(fakes::ScriptedSink::Script script, std::uint64_t seed = 1)
      : sink([this, script = std::move(script)](std::string_view lines) {
          Verdict verdict = script(lines);
          if (verdict.reaction == Reaction::written) store += lines;
          return verdict;
        }),
        delivery("ccms", sink, letters, account, seed) {}

  void begin(const std::vector<std::string>& lines, std::vector<std::uint64_t> frames = {}) {
    account.in(lines.size());
    delivery.begin(batch_of(lines, std::move(frames)));
  }
  /// Steps until the batch is done, as a worker does: at the time that the last step named.
  void run() {
    while (!delivery.idle()) {
      const SteadyTime due = delivery.step(clock.now());
      if (due > clock.now().steady) clock.advance(std::chrono::ceil<Milliseconds>(due - clock.now().steady));
    }
  }
  /// Steps until the sink has been attempted once more, each time when the step before said so; returns how long that
  /// took.
  Milliseconds to_next_attempt() {
    const int attempts = sink.attempts;
    const SteadyTime start = clock.now().steady;
    for (;;) {
      const SteadyTime due = delivery.step(clock.now());
      if (sink.attempts > attempts) return std::chrono::duration_cast<Milliseconds>(clock.now().steady - start);
      REQUIRE(due > clock.now().steady);
      REQUIRE(due <= clock.now().steady + Milliseconds{1'000});
      clock.advance(std::chrono::ceil<Milliseconds>(due - clock.now().steady));
    }
  }

  fakes::Folder folder;
  FakeClock clock;
  std::string store;
  fakes::ScriptedSink sink;
  gw::DeadLetter letters{folder / "ccms.lp", 1 << 20};
  gw::Account account{"write", "ccms"};
  gw::BatchDelivery delivery;
};

Verdict bad(std::string reason = "HTTP 400: bad line") { return {Reaction::bisect, std::move(reason), {}}; }
Verdict too_large() { return {Reaction::halve, "HTTP 413: too large as one request", {}}; }

/// A store that refuses a body with this text in it.
fakes::ScriptedSink::Script refuses(std::string poison) {
  return [poison = std::move(poison)](std::string_view lines) { return lines.contains(poison) ? bad() : written(); };
}

std::string line(std::string_view metric, std::string_view host) {
  return std::string(metric) + ",hostname=" + std::string(host) + ",type=node value=1 1700000000";
}

}  // namespace

TEST_CASE("a batch that the sink takes is written in one request") {
  Setup setup([](std::string_view) { return written(); });
  setup.begin({"a 1", "b 2", "c 3"}, {7, 8});
  CHECK(setup.delivery.held() == 3);
  CHECK(setup.delivery.step(setup.clock.now()) == setup.clock.now().steady);
  CHECK(setup.delivery.idle());
  CHECK(setup.delivery.held() == 0);
  CHECK(setup.store == "a 1\nb 2\nc 3\n");
  CHECK(setup.account.out_total() == 3);
  CHECK(setup.account.held() == 0);
  CHECK(setup.delivery.settle() == std::vector<std::uint64_t>{7, 8});
  CHECK(setup.delivery.settle().empty());
  CHECK(setup.sink.attempts == 1);
}

TEST_CASE("without a batch there is nothing to attempt, and an empty batch is done at once") {
  Setup setup([](std::string_view) { return written(); });
  CHECK(setup.delivery.step(setup.clock.now()) == SteadyTime::max());
  setup.begin({}, {3});
  CHECK(setup.delivery.idle());
  CHECK(setup.delivery.settle() == std::vector<std::uint64_t>{3});
  CHECK(setup.sink.attempts == 0);
}

TEST_CASE("a bad line is found by halving, kept with its reason, and its neighbours are written in order") {
  fakes::CapturedLog log;
  Setup setup(refuses("bad"));
  std::vector<std::string> lines;
  lines.reserve(16);
  for (int i = 0; i < 16; ++i) lines.push_back(i == 11 ? line("bad", "n11") : line("m", "n" + std::to_string(i)));
  setup.begin(lines);
  setup.run();
  std::string want;
  for (const std::string& one : lines)
    if (!one.starts_with("bad")) want += one + "\n";
  CHECK(setup.store == want);
  CHECK(setup.account.out_total() == 15);
  CHECK(setup.account.dropped(Reason::refused) == 1);
  CHECK(setup.account.held() == 0);
  CHECK(setup.sink.attempts == 9);  // 16, then two halves on each of the 4 levels below
  CHECK(fakes::read(setup.letters.file()) ==
        "# 2023-11-14T22:13:20Z HTTP 400: bad line\nbad,hostname=n11,type=node value=1 1700000000\n");
  CHECK(log.take() == "sink=ccms line=refused reason=\"HTTP 400: bad line\" series=\"bad n11\" file=" +
                          setup.letters.file().string() + "\n");
}

TEST_CASE("a batch of bad lines only needs fewer than two requests a line") {
  Setup setup([](std::string_view) { return bad(); });
  setup.begin(std::vector<std::string>(100, line("m", "n")));
  const fakes::CapturedLog log;
  setup.run();
  CHECK(setup.account.dropped(Reason::refused) == 100);
  CHECK(setup.sink.attempts == 199);
}

TEST_CASE("a request that is too large is halved until it fits, a line that never fits goes to the dead letters") {
  Setup setup([](std::string_view lines) { return lines.size() > 12 ? too_large() : written(); });
  setup.begin({"a 1", "b 2", "c 3", "d 4", "much too long", "e 5"});
  const fakes::CapturedLog log;
  setup.run();
  CHECK(setup.store == "a 1\nb 2\nc 3\nd 4\ne 5\n");
  CHECK(setup.account.dropped(Reason::refused) == 1);
  CHECK(fakes::read(setup.letters.file()) ==
        "# 2023-11-14T22:13:20Z HTTP 413: too large as one request\nmuch too long\n");
}

TEST_CASE(
    "a held batch is attempted again after 0.5 s, then twice as late each time, up to 30 s, give or take a fifth") {
  Setup setup([](std::string_view) { return hold("no connection"); });
  const fakes::CapturedLog log;
  setup.begin({"a 1"});
  CHECK(setup.to_next_attempt() == Milliseconds{0});
  std::set<Milliseconds> at_the_limit;
  Milliseconds want{500};
  for (int i = 0; i < 40; ++i) {
    const Milliseconds wait = setup.to_next_attempt();
    CAPTURE(i);
    CAPTURE(wait.count());
    CHECK(wait >= want * 8 / 10);
    CHECK(wait <= want * 12 / 10);
    if (want == Milliseconds{30'000}) at_the_limit.insert(wait);
    want = std::min(want * 2, Milliseconds{30'000});
  }
  CHECK(at_the_limit.size() > 20);  // really spread
  CHECK(setup.delivery.held() == 1);
}

TEST_CASE("a peer's own wish for a pause is kept, but not below 0.5 s and not beyond 5 minutes") {
  const auto check = [](Milliseconds wish, Milliseconds want) {
    CAPTURE(wish.count());
    Setup setup([wish](std::string_view) { return Verdict{Reaction::hold, "HTTP 503", wish}; });
    const fakes::CapturedLog log;
    setup.begin({"a 1"});
    CHECK(setup.to_next_attempt() == Milliseconds{0});
    CHECK(setup.to_next_attempt() == want);
  };
  check(Milliseconds{7'000}, Milliseconds{7'000});
  check(Milliseconds{0}, Milliseconds{500});
  check(Milliseconds{-5}, Milliseconds{500});
  check(Milliseconds{3'600'000}, Milliseconds{300'000});
}

TEST_CASE("a sink that wants to go on is attempted before its time") {
  Setup setup([](std::string_view) { return Verdict{Reaction::hold, "token", Milliseconds{60'000}}; });
  const fakes::CapturedLog log;
  setup.begin({"a 1"});
  CHECK(setup.to_next_attempt() == Milliseconds{0});
  CHECK(setup.delivery.step(setup.clock.now()) == setup.clock.now().steady + Milliseconds{1'000});
  CHECK(setup.sink.attempts == 1);
  setup.sink.wanted = true;
  static_cast<void>(setup.delivery.step(setup.clock.now()));
  CHECK(setup.sink.attempts == 2);
}

TEST_CASE("a sink's state is logged once a change") {
  std::vector<Verdict> verdicts = {
      hold("no connection: refused after 3 ms"),
      hold("no connection: refused after 12 ms"),
      hold("HTTP 502"),
      hold("HTTP 503"),
      hold("HTTP 503"),
      written(),
      hold("HTTP 503"),
      bad(),
  };
  std::size_t next = 0;
  Setup setup([&](std::string_view) { return next < verdicts.size() ? verdicts[next++] : written(); });
  fakes::CapturedLog log;
  setup.begin({"a 1"});
  std::string lines;
  while (!setup.delivery.idle()) {
    setup.to_next_attempt();
    lines += std::to_string(next) + "\n";
    // Waits are jittered: their numbers are the back-off test's.
    std::istringstream text(log.take());
    for (std::string one; std::getline(text, one);) lines += one.substr(0, one.find_last_of('=')) + "\n";
  }
  CHECK(lines ==
        "1\nsink=ccms state=down reason=\"no connection: refused after 3 ms\" retry_s\n"
        "2\n"
        "3\nsink=ccms state=down reason=\"HTTP 502\" retry_s\n"
        "4\nsink=ccms state=down reason=\"HTTP 503\" retry_s\n"
        "5\n"
        "6\nsink=ccms state=up held_s\n");
  // An answer that refuses a line is a recovery too: the sink works.
  setup.begin({"a 1"});
  setup.to_next_attempt();
  static_cast<void>(log.take());
  setup.to_next_attempt();
  CHECK(log.take().starts_with("sink=ccms state=up held_s="));
}

TEST_CASE("the log names how long a sink is waited for, and how long its lines were held") {
  std::vector<Verdict> verdicts = {Verdict{Reaction::hold, "HTTP 503", Milliseconds{8'000}},
                                   Verdict{Reaction::hold, "HTTP 503", Milliseconds{4'500}}, written()};
  std::size_t next = 0;
  Setup setup([&](std::string_view) { return verdicts[next++]; });
  fakes::CapturedLog log;
  setup.begin({"a 1"});
  setup.run();
  CHECK(log.take() ==
        "sink=ccms state=down reason=\"HTTP 503\" retry_s=8\n"
        "sink=ccms state=up held_s=12.5\n");
}

TEST_CASE("after a success the back-off starts anew") {
  bool up = false;
  Setup setup([&up](std::string_view) { return up ? written() : hold("no connection"); });
  const fakes::CapturedLog log;
  setup.begin({"a 1"});
  for (int i = 0; i < 6; ++i) setup.to_next_attempt();
  up = true;
  setup.run();
  up = false;
  setup.begin({"b 2"});
  CHECK(setup.to_next_attempt() == Milliseconds{0});
  CHECK(setup.to_next_attempt() <= Milliseconds{600});
}

TEST_CASE("refused lines are logged once a reason, whatever numbers stand in it, and for so many reasons only") {
  int attempt = 0;
  Setup setup([&attempt](std::string_view) { return bad("at line 1:" + std::to_string(++attempt) + ": no value"); });
  fakes::CapturedLog log;
  setup.begin(std::vector<std::string>(50, line("m", "n")));
  setup.run();
  const std::string once = log.take();
  CHECK(std::ranges::count(once, '\n') == 1);

  std::string letters;
  Setup many([&letters](std::string_view) { return bad("reason " + (letters += "x")); });
  many.begin(std::vector<std::string>(500, line("m", "n")));
  many.run();
  const std::string bounded = log.take();
  CHECK(std::ranges::count(bounded, '\n') == 65);
  CHECK(bounded.ends_with("sink=ccms line=refused reason=\"further reasons stand in the file only\" file=" +
                          many.letters.file().string() + "\n"));
  CHECK(many.account.dropped(Reason::refused) == 500);
}

TEST_CASE("a refused line that the dead-letter file does not take stands in the log") {
  Setup setup([](std::string_view) { return bad(); });
  gw::DeadLetter full("/dev/full", 1'000);
  gw::BatchDelivery delivery("ccms", setup.sink, full, setup.account, 1);
  fakes::CapturedLog log;
  delivery.begin(batch_of({line("m", "n1")}));
  static_cast<void>(delivery.step(setup.clock.now()));
  CHECK(delivery.idle());
  CHECK(setup.account.dropped(Reason::refused) == 0);
  CHECK(setup.account.dropped(Reason::lost) == 1);
  CHECK(log.take() ==
        "sink=ccms line=refused reason=\"HTTP 400: bad line\" series=\"m n1\" file=/dev/full\n"
        "sink=ccms line=lost reason=\"cannot write /dev/full: disk full\" "
        "line_text=\"m,hostname=n1,type=node value=1 1700000000\\n\"\n");
}

TEST_CASE("a line that stands in the log only stands there whole, whatever its length") {
  Setup setup([](std::string_view) { return bad(); });
  gw::DeadLetter full("/dev/full", 1'000);
  gw::BatchDelivery delivery("ccms", setup.sink, full, setup.account, 1);
  fakes::CapturedLog log;
  const std::string host(600, 'h');
  delivery.begin(batch_of({line("m", host)}));
  static_cast<void>(delivery.step(setup.clock.now()));
  CHECK(log.take().ends_with(" line_text=\"m,hostname=" + host + ",type=node value=1 1700000000\\n\"\n"));
}

TEST_CASE("what cannot be written any more is counted and named") {
  std::vector<Verdict> verdicts = {bad(), written(), hold("no connection")};
  std::size_t next = 0;
  Setup setup([&](std::string_view) { return verdicts[std::min(next++, verdicts.size() - 1)]; });
  fakes::CapturedLog log;
  setup.begin({line("a", "n1"), line("b", "n2"), line("c", "n 3"), "garbage"}, {5});
  for (int i = 0; i < 3; ++i) static_cast<void>(setup.delivery.step(setup.clock.now()));
  CHECK(setup.delivery.held() == 2);
  static_cast<void>(log.take());
  CHECK(setup.delivery.abandon() == 2);
  CHECK(log.take() == "sink=ccms dropped=stopped lines=2 first=c last=garbage reason=\"no connection\"\n");
  CHECK(setup.delivery.idle());
  CHECK(setup.account.out_total() == 2);
  CHECK(setup.account.dropped(Reason::stopped) == 2);
  CHECK(setup.account.held() == 0);
  CHECK(setup.delivery.abandon() == 0);
  CHECK(log.take().empty());
}

TEST_CASE("an abandoned batch is named by its first and last series") {
  Setup setup([](std::string_view) { return hold("no connection"); });
  fakes::CapturedLog log;
  setup.begin({line("cpu_load", "node01"), line("mem_used", "node\\ 99")});
  CHECK(setup.delivery.abandon() == 2);
  CHECK(log.take() ==
        "sink=ccms dropped=stopped lines=2 first=\"cpu_load node01\" last=\"mem_used node 99\" reason=\"\"\n");
}

TEST_CASE("whatever a sink answers, each line ends once as written or refused, in order, and the account balances") {
  const fakes::CapturedLog log;
  for (std::uint32_t seed = 1; seed <= 300; ++seed) {
    CAPTURE(seed);
    std::minstd_rand random(seed);
    const auto one_in = [&random](unsigned n) { return random() % n == 0; };
    const std::size_t count = 1 + random() % 200;
    const unsigned bad_share = 1 + static_cast<unsigned>(random() % 40);
    const std::size_t bytes_max = 30 + random() % 3'000;
    std::vector<std::string> lines;
    std::string good;
    std::string refused;
    for (std::size_t i = 0; i < count; ++i) {
      const bool poison = one_in(bad_share);
      lines.push_back((poison ? "bad" : "m") + std::to_string(i) + " value=1 1");
      (poison ? refused : good) += lines.back() + "\n";
    }
    int held = 0;
    Setup setup(
        [&](std::string_view body) {
          if (one_in(6)) {
            ++held;
            return one_in(2) ? hold("away") : Verdict{Reaction::hold, "HTTP 503", Milliseconds{2'000}};
          }
          if (body.size() > bytes_max) return too_large();
          return body.contains("bad") ? bad() : written();
        },
        seed);
    setup.begin(lines, {seed});
    while (!setup.delivery.idle()) {
      setup.to_next_attempt();
      REQUIRE(setup.delivery.held() == setup.account.held());
    }
    CHECK((setup.store == good));
    std::string kept;
    std::istringstream letters(fakes::read(setup.letters.file()));
    for (std::string one; std::getline(letters, one);)
      if (!one.starts_with('#')) kept += one + "\n";
    CHECK((kept == refused));
    CHECK(setup.account.out_total() == static_cast<std::uint64_t>(std::ranges::count(good, '\n')));
    CHECK(setup.account.dropped(Reason::refused) == static_cast<std::uint64_t>(std::ranges::count(refused, '\n')));
    CHECK(setup.account.held() == 0);
    CHECK(setup.sink.attempts - held < 2 * static_cast<int>(count));
    CHECK(setup.delivery.settle() == std::vector<std::uint64_t>{seed});
  }
}
