// What only the bus on a real server does; the contract is in bus_contract_test.cc.

#include "gateway/bus/nats_bus.h"

#include <doctest/doctest.h>
#include <nats/nats.h>
#include <signal.h>

#include <cstdlib>
#include <set>
#include <string>
#include <vector>

#include "tests/gateway/bus/bus_fixture.h"

namespace {

using gw::Error;
using gw::Frame;
using gw::Milliseconds;
using gw::config::Nats;
using gw::config::Secret;

constexpr Milliseconds flush_timeout{5'000};

Frame frame(std::string payload, std::string subject = "fritz.metrics") {
  return {.subject = std::move(subject), .payload = std::move(payload), .lines = 3, .sequence = 7, .source = 0};
}

std::unique_ptr<gw::Bus> connect(const Nats& nats) {
  auto bus = gw::connect_nats(nats, "alpha");
  REQUIRE(bus);
  return *std::move(bus);
}

std::unique_ptr<gw::Subscription> subscription(gw::Bus& bus, std::string_view subject, std::string_view queue = "") {
  auto result = bus.subscribe(subject, queue);
  REQUIRE(result);
  return *std::move(result);
}

/// True where a message goes from this bus to itself.
bool works(gw::Bus& bus, gw::Subscription& subscriber, const std::string& payload) {
  if (!delivers(bus, frame(payload))) return false;
  const auto delivery = subscriber.next(patience);
  return delivery && delivery->payload == payload;
}

gw::http::Tls tls(const std::string& ca, const std::string& cert = "", const std::string& key = "",
                  bool verify = true) {
  return {.ca_file = ca, .cert_file = cert, .key_file = key, .verify = verify};
}

/// A user of the server with a login as `conf` has it.
const std::string password_conf = "authorization { user: gw, password: hunter2 }\n";

TEST_CASE("each message says who sent it, since which start, and how many lines it holds") {
  NEEDS_NATS_SERVER();
  const NatsServer server;
  natsConnection* peer = nullptr;
  natsSubscription* heard = nullptr;
  REQUIRE(natsConnection_ConnectTo(&peer, server.url().c_str()) == NATS_OK);
  REQUIRE(natsConnection_SubscribeSync(&heard, peer, "fritz.metrics") == NATS_OK);
  REQUIRE(natsConnection_FlushTimeout(peer, 5'000) == NATS_OK);

  std::set<std::string> boots;
  for (int start = 0; start < 2; ++start) {
    const auto bus = connect(server.settings());
    REQUIRE(bus->publish(frame("a\nb\nc\n")));
    REQUIRE(bus->flush(flush_timeout));
    natsMsg* message = nullptr;
    REQUIRE(natsSubscription_NextMsg(&message, heard, 5'000) == NATS_OK);
    const auto header = [message](const char* name) {
      const char* value = nullptr;
      return natsMsgHeader_Get(message, name, &value) == NATS_OK ? std::string(value) : "absent";
    };
    CHECK(header("Ccgw-Producer") == "alpha");
    CHECK(header("Ccgw-Sequence") == "7");
    CHECK(header("Ccgw-Lines") == "3");
    CHECK(header("Ccgw-Boot").size() == 16);
    CHECK(header("Ccgw-Boot").find_first_not_of("0123456789abcdef") == std::string::npos);
    boots.insert(header("Ccgw-Boot"));
    natsMsg_Destroy(message);
  }
  CHECK(boots.size() == 2);
  natsSubscription_Destroy(heard);
  natsConnection_Destroy(peer);
}

TEST_CASE("a bus may be made before its server is there") {
  NEEDS_NATS_SERVER();
  NatsServer server;
  server.kill();
  const StderrCapture log;
  const auto bus = connect(server.settings());
  CHECK(!bus->connected());
  CHECK(bus->payload_bytes_max() == 0);
  CHECK(bus->publish(frame("x")).error().text == "not connected to NATS: No server available for connection");
  const auto subscriber = subscription(*bus, "fritz.metrics", "gw");
  // Tried again and again, said once.
  for (int second = 0; second < 60; ++second)
    bus->maintain({.wall = {}, .steady = gw::SteadyTime{gw::Seconds{1'000 + second}}});
  CHECK(log.count("bus=nats state=down reason=\"No server available for connection\"") == 1);
  server.start();
  REQUIRE(eventually([&] {
    bus->maintain({.wall = {}, .steady = gw::SteadyTime{gw::Seconds{2'000}}});
    return bus->connected();
  }));
  CHECK(works(*bus, *subscriber, "x"));
}

TEST_CASE("a bus that has stopped receiving takes nothing from its queue group on a new connection either") {
  NEEDS_NATS_SERVER();
  NatsServer server;
  server.kill();
  const auto bus = connect(server.settings());
  const auto stopped = subscription(*bus, "fritz.metrics", "gw");
  bus->stop_receiving();
  server.start();
  REQUIRE(comes_up(*bus));
  const auto peer = connect(server.settings());
  const auto subscriber = subscription(*peer, "fritz.metrics", "gw");
  REQUIRE(peer->flush(flush_timeout));
  for (int i = 0; i < 50; ++i) REQUIRE(bus->publish(frame("x")));
  REQUIRE(bus->flush(flush_timeout));
  CHECK(eventually([&] { return subscriber->pending() == 50; }));
  CHECK(stopped->lost() == 0);
}

TEST_CASE("a lost connection is said once, and so is its return") {
  NEEDS_NATS_SERVER();
  const StderrCapture log;
  NatsServer server;
  const auto bus = connect(server.settings());
  server.kill();
  REQUIRE(eventually([&] { return !bus->connected(); }));
  server.start();
  REQUIRE(eventually([&] { return bus->connected(); }));
  CHECK(log.count("bus=nats state=down reason=\"connection lost\"\n") == 1);
  CHECK(log.count("bus=nats state=up url=" + server.url() + "\n") == 2);
  CHECK(log.count("bus=nats") == 3);
}

TEST_CASE("one of several servers is enough") {
  NEEDS_NATS_SERVER();
  const NatsServer server;
  std::string dead;
  {
    const NatsServer gone;
    dead = gone.url();
  }
  Nats nats = server.settings();
  nats.url = {dead, server.url()};
  const auto bus = connect(nats);
  CHECK(bus->connected());
  const auto subscriber = subscription(*bus, "fritz.metrics");
  CHECK(works(*bus, *subscriber, "x"));
}

TEST_CASE("each way to log in is taken, and its secret is not logged") {
  NEEDS_NATS_SERVER();
  const TempFolder folder;
  const auto check = [](const std::string& conf, const std::function<void(Nats&)>& login, const std::string& secret) {
    CAPTURE(conf);
    const StderrCapture log;
    const NatsServer server(conf);
    {
      const auto anonymous = connect(server.settings());
      CHECK(!anonymous->connected());
      CHECK(anonymous->publish(frame("x")).error().text == "not connected to NATS: Authorization Violation");
    }
    Nats nats = server.settings();
    login(nats);
    const auto bus = connect(nats);
    CHECK(bus->connected());
    const auto subscriber = subscription(*bus, "fritz.metrics");
    CHECK(works(*bus, *subscriber, "x"));
    CHECK(log.count("bus=nats state=up url=" + server.url() + "\n") == 1);
    CHECK(log.count(secret) == 0);
  };
  check(
      password_conf,
      [](Nats& nats) {
        nats.user = "gw";
        nats.password = Secret::of_text("hunter2");
      },
      "hunter2");
  check(password_conf, [](Nats& nats) { nats.url = {"nats://gw:hunter2@" + nats.url[0].substr(7)}; }, "hunter2");
  write_file(folder / "token", "s3cr3t\n");
  check(
      "authorization { token: s3cr3t }\n", [&](Nats& nats) { nats.token = Secret::of_file(folder / "token"); },
      "s3cr3t");
  const std::string seed = "SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY";
  write_file(folder / "seed", seed + "\n");
  check(
      "authorization { users: [ {nkey: UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4} ] }\n",
      [&](Nats& nats) { nats.nkey_seed_file = folder / "seed"; }, seed);
}

TEST_CASE("a login that is refused for good is rebuilt with the corrected secret, and the subscriptions with it") {
  NEEDS_NATS_SERVER();
  const TempFolder folder;
  write_file(folder / "password", "hunter2\n");
  NatsServer server(password_conf);
  Nats nats = server.settings();
  nats.user = "gw";
  nats.password = Secret::of_file(folder / "password");
  const StderrCapture log;
  const auto bus = connect(nats);
  const auto subscriber = subscription(*bus, "fritz.metrics", "gw");
  REQUIRE(works(*bus, *subscriber, "before"));
  REQUIRE(delivers(*bus, frame("waits")));
  REQUIRE(eventually([&] { return subscriber->pending() == 1; }));

  // The password changes at the server; cnats gives up after the second refusal.
  server.kill();
  server.start("authorization { user: gw, password: changed }\n");
  REQUIRE(eventually([&] {
    const auto publish = bus->publish(frame("x"));
    return !publish && publish.error().text == "not connected to NATS: Authorization Violation";
  }));
  // Tried with the old password and refused; then with the new one.
  for (int second = 0; second < 5; ++second)
    bus->maintain({.wall = {}, .steady = gw::SteadyTime{gw::Seconds{1'000 + second}}});
  CHECK(!bus->connected());
  write_file(folder / "password", "changed\n");
  REQUIRE(comes_up(*bus));
  // What had arrived before is still there.
  CHECK(payload_of(subscriber->next(patience)) == "waits");
  CHECK(works(*bus, *subscriber, "after"));
  CHECK(subscriber->lost() == 0);
  CHECK(log.count("bus=nats state=down reason=\"Authorization Violation\"\n") == 1);
  CHECK(log.count("changed") == 0);
  CHECK(log.count("hunter2") == 0);
}

TEST_CASE("a refused login is tried again after 0, 1, 2, 4, 8, 8 seconds") {
  NEEDS_NATS_SERVER();
  const NatsServer server(password_conf);
  const TempFolder folder;
  Nats nats = server.settings();
  nats.user = "gw";
  nats.password = Secret::of_file(folder / "password");
  // The password is right in one second only: the bus comes up where it was tried in that second.
  std::string tried;
  for (int right = 0; right <= 24; ++right) {
    write_file(folder / "password", "wrong");
    const auto bus = connect(nats);
    for (int second = 0; second <= right; ++second) {
      if (second == right) write_file(folder / "password", "hunter2");
      bus->maintain({.wall = {}, .steady = gw::SteadyTime{gw::Seconds{1'000 + second}}});
    }
    if (bus->connected()) tried += std::to_string(right) + " ";
  }
  CHECK(tried == "0 1 3 7 15 23 ");
}

TEST_CASE("a subject that the user may not publish on is not taken as published") {
  NEEDS_NATS_SERVER();
  const StderrCapture log;
  const NatsServer server(
      "authorization { users: [ {user: gw, password: p, permissions: {publish: [\"fritz.metrics\"]}} ] }\n");
  Nats nats = server.settings();
  nats.user = "gw";
  nats.password = Secret::of_text("p");
  const auto bus = connect(nats);
  const auto subscriber = subscription(*bus, "fritz.metrics");
  for (int i = 0; i < 3; ++i) {
    REQUIRE(bus->publish(frame("x", "alex.metrics")));
    const auto flush = bus->flush(flush_timeout);
    REQUIRE(!flush);
    CHECK(flush.error().kind == Error::Kind::unavailable);
    CHECK(flush.error().text ==
          "the NATS server does not let this user publish on 'alex.metrics': give it the permissions that "
          "'cc-gateway subjects' prints for its role");
  }
  // What is allowed goes on as before.
  CHECK(bus->publish(frame("y")));
  CHECK(bus->flush(flush_timeout));
  CHECK(payload_of(subscriber->next(patience)) == "y");
  CHECK(log.count("bus=nats state=refused what=publish subject=alex.metrics do=\"give this user the permissions that "
                  "'cc-gateway subjects' prints for its role\"\n") == 1);
}

TEST_CASE("a subscription that the user may not have is said, and the others go on") {
  NEEDS_NATS_SERVER();
  const StderrCapture log;
  const NatsServer server(
      "authorization { users: [ {user: gw, password: p, permissions: {subscribe: [\"fritz.metrics\"]}} ] }\n");
  Nats nats = server.settings();
  nats.user = "gw";
  nats.password = Secret::of_text("p");
  const auto bus = connect(nats);
  const auto refused = subscription(*bus, "alex.metrics", "gw");
  const auto allowed = subscription(*bus, "fritz.metrics", "gw");
  CHECK(works(*bus, *allowed, "x"));
  CHECK(eventually([&] { return log.count("state=refused what=subscribe subject=alex.metrics do=") == 1; }));
  CHECK(bus->publish(frame("y", "alex.metrics")));
  CHECK(bus->flush(flush_timeout));
  CHECK(refused->pending() == 0);
}

TEST_CASE("a frozen server stops neither publish nor flush nor the end") {
  NEEDS_NATS_SERVER();
  NatsServer server;
  const auto start = std::chrono::steady_clock::now();
  {
    const auto bus = connect(server.settings());
    server.freeze();
    const auto flush = bus->flush(Milliseconds{50});
    REQUIRE(!flush);
    CHECK(flush.error().kind == Error::Kind::unavailable);
    // Until the socket is full, then the write deadline.
    const Frame big = frame(std::string(bus->payload_bytes_max(), 'x'));
    std::optional<Error> refusal;
    for (int i = 0; i < 1'000 && !refusal; ++i) {
      if (const auto publish = bus->publish(big); !publish) refusal = publish.error();
    }
    CHECK((refusal.has_value() && refusal->kind == Error::Kind::unavailable));
    CHECK(eventually([&] { return !bus->connected(); }));
    CHECK(!bus->publish(big));
    CHECK(!bus->flush(Milliseconds{50}));
    bus->stop_receiving();
  }
  CHECK(std::chrono::steady_clock::now() - start < patience);
}

TEST_CASE("a server that thaws is used again") {
  NEEDS_NATS_SERVER();
  NatsServer server;
  const auto bus = connect(server.settings());
  const auto subscriber = subscription(*bus, "fritz.metrics", "gw");
  server.freeze();
  REQUIRE(bus->publish(frame("under way")));
  CHECK(!bus->flush(Milliseconds{50}));
  server.thaw();
  CHECK(delivers(*bus, frame("again")));
  CHECK(eventually([&] { return subscriber->pending() == 2; }));
}

TEST_CASE("a server that goes into lame duck mode is said") {
  NEEDS_NATS_SERVER();
  const StderrCapture log;
  NatsServer server;
  const auto bus = connect(server.settings());
  server.signal(SIGUSR2);
  CHECK(eventually([&] { return log.count("bus=nats state=lame_duck url=" + server.url() + "\n") == 1; }));
  server.kill();  // it has 10 s of patience with its clients, we have not
}

TEST_CASE("what a subscriber does not read in time is lost, counted, and said once") {
  NEEDS_NATS_SERVER();
  const StderrCapture log;
  const NatsServer server;
  const auto bus = connect(server.settings());
  const auto subscriber = subscription(*bus, "fritz.metrics", "gw");
  const std::uint64_t count = 80;  // of 1023 KiB: 64 fit into 64 MiB
  const Frame big = frame(std::string(bus->payload_bytes_max(), 'x'));
  for (std::uint64_t i = 0; i < count; ++i) REQUIRE(delivers(*bus, big));
  CHECK(eventually([&] { return subscriber->pending() + subscriber->lost() == count; }));
  CHECK(subscriber->pending() == 64);
  CHECK(log.count("bus=nats state=slow subject=fritz.metrics lost=1\n") == 1);
  CHECK(log.count("state=slow") == 1);
  while (subscriber->pending() > 0) REQUIRE(subscriber->next(patience));
  CHECK(works(*bus, *subscriber, "and on it goes"));
}

TEST_CASE("a server with a smaller max_payload is believed, also when it changes") {
  NEEDS_NATS_SERVER();
  NatsServer server("max_payload: 65536\n");
  const auto bus = connect(server.settings());
  CHECK(bus->payload_bytes_max() == 65'536 - 1024);
  server.kill();
  REQUIRE(eventually([&] { return !bus->connected(); }));
  server.start("max_payload: 1000\n");
  REQUIRE(comes_up(*bus));
  CHECK(bus->payload_bytes_max() == 500);
}

TEST_CASE("a subscription may outlive its bus") {
  NEEDS_NATS_SERVER();
  const NatsServer server;
  auto bus = connect(server.settings());
  const auto subscriber = subscription(*bus, "fritz.metrics", "gw");
  REQUIRE(delivers(*bus, frame("left")));
  REQUIRE(eventually([&] { return subscriber->pending() == 1; }));
  bus.reset();
  CHECK(payload_of(subscriber->next(patience)) == "left");
  CHECK(!subscriber->next(patience));
}

TEST_CASE("settings that cannot be used are told, each by its name") {
  const TempFolder folder;
  write_file(folder / "empty", "");
  const auto check = [](const std::function<void(Nats&)>& change, const std::string& want) {
    Nats nats;
    nats.url = {"nats://127.0.0.1:1"};
    change(nats);
    const auto bus = gw::connect_nats(nats, "alpha");
    REQUIRE(!bus);
    CHECK(bus.error().kind == Error::Kind::invalid);
    CHECK(bus.error().text == want);
  };
  const std::string missing = "/does/not/exist";
  const std::string why = ": cannot read /does/not/exist: No such file or directory";
  check([&](Nats& n) { n.token = Secret::of_file(missing); }, why.substr(2));
  check([&](Nats& n) { n.user = "gw", n.password = Secret::of_file(missing); }, why.substr(2));
  check([&](Nats& n) { n.credentials_file = missing; }, "[nats] credentials_file" + why);
  check([&](Nats& n) { n.credentials_file = folder.path(); },
        "[nats] credentials_file: cannot read " + folder.path().string() + ": it is no file");
  check([&](Nats& n) { n.nkey_seed_file = missing; }, "[nats] nkey_seed_file" + why);
  check([&](Nats& n) { n.nkey_seed_file = folder / "empty"; },
        "[nats] nkey_seed_file: " + (folder / "empty").string() +
            " holds no user seed (58 characters that begin with SU)");
  check([&](Nats& n) { n.tls = tls(missing); }, "[nats] tls.ca" + why);
  check([&](Nats& n) { n.tls = tls("", missing, missing); }, "[nats] tls.cert" + why);
  check([&](Nats& n) { n.url = {"nats://127.0.0.1:no"}; }, "[nats] url: invalid port 'no'");
  const auto producer = gw::connect_nats(Nats{}, "two\nlines");
  REQUIRE(!producer);
  CHECK(producer.error().kind == Error::Kind::invalid);
}

/// Certificates for 127.0.0.1 and for another host, signed by one CA; false without the openssl command.
bool make_certificates(const TempFolder& folder) {
  const std::string script =
      "cd '" + folder.path().string() +
      "' && exec >/dev/null 2>&1 && new='-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes' && "
      "openssl req -x509 $new -keyout ca.key -out ca.pem -subj /CN=ca -days 2 && "
      "for name in IP:127.0.0.1 DNS:other.example; do "
      "  openssl req $new -keyout ${name%%:*}.key -out csr -subj /CN=server && echo subjectAltName=$name > ext && "
      "  openssl x509 -req -in csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile ext "
      "    -out ${name%%:*}.pem || exit 1; done";
  return std::system(script.c_str()) == 0;  // NOLINT(bugprone-command-processor,cert-env33-c): a test's own script
}

TEST_CASE("TLS: the server must be who the URL says, and may ask who we are") {
  NEEDS_NATS_SERVER();
  const TempFolder folder;
  if (!make_certificates(folder)) {
    MESSAGE("skipped: no openssl command");
    return;
  }
  const std::string ca = folder / "ca.pem";
  const auto conf = [&](const std::string& name, const std::string& more) {
    return "tls { cert_file: \"" + (folder / (name + ".pem")).string() + "\", key_file: \"" +
           (folder / (name + ".key")).string() + "\" " + more + "}\n";
  };
  const auto check = [](const std::string& server_conf, const gw::http::Tls& settings, const std::string& want) {
    const NatsServer server(server_conf);
    Nats nats = server.settings();
    nats.tls = settings;
    const auto bus = connect(nats);
    const auto publish = bus->publish(frame("x"));
    CHECK((publish ? "up" : publish.error().text.substr(0, want.size())) == want);
  };
  check(conf("IP", ""), tls(ca), "up");
  check(conf("IP", ""), tls("", "", "", false), "up");
  check(conf("IP", ""), tls(""),
        "not connected to NATS: SSL handshake error: 20:unable to get local issuer certificate");
  check(conf("DNS", ""), tls(ca), "not connected to NATS: SSL handshake error: 64:IP address mismatch");
  const std::string asks = ", ca_file: \"" + ca + "\", verify: true";
  check(conf("IP", asks), tls(ca, folder / "DNS.pem", folder / "DNS.key"), "up");
  check(conf("IP", asks), tls(ca), "not connected to NATS: ");
}

}  // namespace
