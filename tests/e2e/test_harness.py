#!/usr/bin/python3
"""The harness against the real servers: what the other end-to-end tests rely on."""

import http.client
import json
import os
import signal
import ssl
import subprocess
import sys
import time
import unittest
import unittest.mock
import urllib.error
import urllib.request

import harness
from harness import (
    Answer, Exposition, FaultServer, Gateway, KeyPair, MetricStore, NatsServer, NatsSubscriber, NodeExporter, Prometheus, Relay, TestCase,
    eventually, main, mint_token, nats_cli,
)  # fmt: skip
from nats_client import NatsClient


class Store(TestCase):
    def test_what_is_written_is_read_back(self):
        store = self.use(MetricStore({"cpu_load": 1, "cpu_user": 1}))
        now = int(time.time()) - 10
        lines = "".join(f"cpu_load,cluster=c,hostname=n1,type=node value={i}.5 {now + i}\n" for i in range(5))
        lines += f"cpu_user,hostname=n1,type=hwthread,type-id=3 value=7 {now}\n"
        answer = store.write(lines, cluster="c")
        self.assertEqual((answer.status, answer.body), (200, b""))
        self.assertEqual(store.values("c", "n1", "cpu_load", now - 5, now + 9), {now + i: i + 0.5 for i in range(5)})
        self.assertEqual(store.values("c", "n1", "cpu_user", now - 5, now + 9, "hwthread", [3]), {now: 7})
        self.assertEqual(store.query("c", "nobody", "cpu_load", now - 5, now + 9), [])

    def test_statistics_without_data(self):
        store = self.use(MetricStore({"cpu_load": 1}))
        now = int(time.time()) - 10
        store.write(f"cpu_load,cluster=c,hostname=n1 value=4 {now}\n")
        query = {"cluster": "c", "from": now - 2, "to": now + 2, "with-data": False, "queries": [{"host": "n1", "metric": "cpu_load"}]}
        series = store.call("GET", "/api/query/", json.dumps(query)).json()["results"][0][0]
        self.assertNotIn("data", series)
        self.assertEqual(series["avg"], 4)

    def test_wrong_ways_to_ask(self):
        store = self.use(MetricStore({"cpu_load": 1}))
        self.assertEqual(store.call("GET", "/api/write").status, 405)
        self.assertEqual(store.call("POST", "/api/query", "{}").status, 405)
        self.assertEqual(store.call("GET", "/nothing").status, 404)
        refused = store.call("GET", "/api/query", "no json")
        self.assertEqual((refused.status, refused.json()["status"]), (400, "Bad Request"))

    def test_a_poison_line_cuts_the_batch(self):
        store = self.use(MetricStore({"cpu_load": 1}))
        now = int(time.time()) - 10
        answer = store.write(
            f"cpu_load,cluster=c,hostname=n1 value=1 {now}\ncpu_load,cluster=c,hostname=n2 value=nan {now}\n"
            f"cpu_load,cluster=c,hostname=n3 value=3 {now}\n"
        )
        self.assertEqual(answer.status, 400)
        self.assertRegex(answer.json()["error"], "at line 2:")
        self.assertEqual(store.values("c", "n1", "cpu_load", now - 5, now + 5), {now: 1})
        self.assertEqual(store.values("c", "n3", "cpu_load", now - 5, now + 5), {})

    def test_health_debug_and_free(self):
        store = self.use(MetricStore({"cpu_load": 1}))
        now = int(time.time())
        store.write(f"cpu_load,cluster=c,hostname=n1 value=1 {now}\n")
        ask = {"cluster": "c", "nodes": ["n1", "n2"], "metric-names": ["cpu_load"]}
        health = store.call("GET", "/api/healthcheck", json.dumps(ask)).json()
        self.assertEqual({node: state["State"] for node, state in health.items()}, {"n1": "full", "n2": "failed"})
        self.assertEqual(store.call("GET", "/api/healthcheck/", '{"node": 1}').status, 400)
        self.assertIn("cpu_load", store.call("GET", "/api/debug/?selector=c:n1").text)
        self.assertRegex(store.call("POST", f"/api/free?to={now}", '[["c", "n1"]]').text, r"^buffers freed: \d+\n$")
        self.assertEqual(store.call("POST", "/api/free", "[]").status, 400)

    def test_tokens(self):
        keys, now = KeyPair.demo(), int(time.time())
        store = self.use(MetricStore({"cpu_load": 1}, keys=keys))

        def check(token, status, text):
            with self.subTest(text):
                answer = store.write(f"cpu_load,cluster=c,hostname=n1 value=1 {now}\n", token=token)
                self.assertEqual((answer.status, answer.text), (status, text))

        check("own", 200, "")
        check("own", 200, "")
        check(mint_token(keys, {"sub": "forever"}), 200, "")
        check(None, 401, "Use JWT Authentication\n")
        check(mint_token(keys, valid_for=-1), 401, "Token is expired\n")
        check(mint_token(keys, {"iat": now + 600}), 401, "Token used before issued\n")
        check(mint_token(keys, {"nbf": now + 600}), 401, "Token is not valid yet\n")
        check(mint_token(KeyPair.generate()), 401, "ed25519: verification error\n")
        check("not.a.token", 401, store.write("", token="not.a.token").text)
        self.assertEqual(store.write("", token="not.a.token").status, 401)

    def test_a_key_pair_survives_writing_down(self):
        demo = KeyPair.demo()
        self.assertEqual(demo.public, "kzfYrYy+TzpanWZHJ5qSdMj5uKUWgq74BWhQG6copP0=")
        self.assertTrue(demo.private.startswith("dtPC/6dWJFKZK7KZ78CvWuynylOmjBFyMsUWArwmodOTN9it"))

    def test_killed_hard_it_replays_its_log_on_the_same_port(self):
        store = self.use(MetricStore({"cpu_load": 1}, keys=KeyPair.demo()))
        now = int(time.time())
        store.write(f"cpu_load,cluster=c,hostname=n1 value=42 {now}\n")
        store.wait_durable()
        port, before = store.port, store.pid
        self.assertEqual(store.kill(), -signal.SIGKILL)
        store.start()
        self.assertEqual(store.port, port)
        self.assertNotEqual(store.pid, before)
        eventually(lambda: store.values("c", "n1", "cpu_load", now - 5, now + 5) == {now: 42}, what="the sample is back")

    def test_what_is_older_than_its_start_is_gone_after_its_next_stop(self):
        # What the README warns of. It saves what is newer than the last time it saved, and its start counts as one.
        store = self.use(MetricStore({"cpu_load": 1}))
        begin = int(time.time())

        def write(*times):
            lines = "".join(f"cpu_load,cluster=c,hostname=n1,type=node value=1 {at}\n" for at in times)
            self.assertEqual(store.write(lines).status, 200)

        def until(second):
            eventually(lambda: time.time() >= second, what="a later second")
            return second - 1

        def times():
            return set(store.values("c", "n1", "cpu_load", begin - 5, int(time.time()) + 5))

        write(first := until(begin + 2))
        self.assertEqual(store.stop(), 0)
        held = until(begin + 4)
        store.start()
        last = until(int(time.time()) + 2)
        write(held, last)
        self.assertEqual(times(), {first, held, last})
        self.assertEqual(store.stop(), 0)
        store.start()
        self.assertEqual(times(), {first, last})

    def test_asked_to_stop_it_ends_cleanly(self):
        store = self.use(MetricStore({"cpu_load": 1}))
        self.assertEqual(store.stop(), 0)
        self.assertFalse(store.running)

    def test_a_store_that_cannot_start_says_why(self):
        store = MetricStore({"cpu_load": {"frequency": 1}})
        with self.assertRaisesRegex(RuntimeError, "metric 'cpu_load' needs 'frequency'"):
            store.start()

    def test_port_0_says_which_port_it_got(self):
        store = MetricStore({"cpu_load": 1}, main={"addr": "127.0.0.1:0"})
        self.addCleanup(store.stop)
        store.ready = lambda: True
        store.start()
        port = store.wait_log(r"^listening 127\.0\.0\.1:(\d+)$")[1]
        self.assertEqual(harness.request("GET", f"http://127.0.0.1:{port}/nothing").status, 404)


class Nats(TestCase):
    def test_publish_and_subscribe_by_the_cli(self):
        nats = self.use(NatsServer())
        subscriber = self.use(NatsSubscriber(nats, "a.>", 2))
        self.assertEqual(nats_cli(nats, "pub", "a.b", "one").returncode, 0)
        self.assertEqual(nats_cli(nats, "pub", "a.c", "--force-stdin", input="two").returncode, 0)
        self.assertEqual(subscriber.wait(), 0)
        self.assertEqual(subscriber.stdout.split(), ["one", "two"])

    def test_logins(self):
        for server in (NatsServer(user="u", password="p:@/ä"), NatsServer(token="s3cret")):
            with self.subTest(token=server.token):
                self.use(server)
                self.assertEqual(nats_cli(server, "pub", "a", "x").returncode, 0)
                stranger = NatsServer(port=server.port)
                self.assertIn("uthorization", nats_cli(stranger, "pub", "a", "x").stderr)

    def test_our_own_client(self):
        for server in (NatsServer(), NatsServer(user="u", password="p:@/ä"), NatsServer(token="s3cret")):
            with self.subTest(user=server.user, token=server.token):
                self.use(server)
                client = self.use(NatsClient(server))
                heard, one, other = client.subscribe("a.>"), client.subscribe("a.b", "group"), client.subscribe("a.b", "group")
                client.publish("a.b", "x 1\nx 2\n")
                client.publish("a.c", b"\r\n", headers={"K": "v"})
                first, second = heard.wait(2)
                self.assertEqual((first.subject, first.lines), ("a.b", ["x 1", "x 2"]))
                self.assertEqual((second.headers, second.body), (b"NATS/1.0\r\nK: v\r\n\r\n", b"\r\n"))
                client.flush()
                self.assertEqual(len(one.messages) + len(other.messages), 1)
                self.assertIn(b" 503", client.request("nobody", "").headers)
                server.stop()
                eventually(client.closed.is_set, what="the client notices")

    def test_a_wrong_password_is_refused(self):
        nats = self.use(NatsServer(user="u", password="right"))
        stranger = NatsServer(user="u", password="wrong", port=nats.port)
        with self.assertRaisesRegex(ConnectionError, "Authorization Violation"):
            NatsClient(stranger).start()

    def test_jetstream_and_a_payload_limit(self):
        nats = self.use(NatsServer(jetstream=True, extra="max_payload: 2KB\n"))
        self.assertEqual(nats_cli(nats, "stream", "add", "S", "--subjects", "s.>", "--storage", "file", "--defaults").returncode, 0)
        self.assertIn("Stored in Stream: S", nats_cli(nats, "pub", "s.a", "x", "-J").stderr)
        self.assertEqual(nats.monitor("varz")["max_payload"], 2048)
        nats.kill()
        nats.start()
        self.assertIn("S", nats_cli(nats, "stream", "ls", "-n").stdout.split())

    def test_the_store_hears_it_and_a_restart_keeps_the_port(self):
        nats = self.use(NatsServer(user="u", password="p"))
        store = self.use(MetricStore({"cpu_load": 1}, nats=nats, subscriptions=[("demo.metrics", "demo")]))
        now = int(time.time()) - 10

        def send(host):
            nats_cli(nats, "pub", "demo.metrics", f"cpu_load,hostname={host} value=1.5 {now}")
            eventually(lambda: store.values("demo", host, "cpu_load", now - 5, now + 5) == {now: 1.5}, what=f"{host} is stored")

        send("n1")
        nats.stop()
        nats.start()
        nats.wait_subscribed("demo.metrics")
        send("n2")

    def test_a_relay_cuts_and_mends(self):
        nats = self.use(NatsServer())
        relay = self.use(Relay(nats.port))
        through = NatsServer(port=relay.port)
        subscriber = self.use(NatsSubscriber(nats, "a", 1))
        relay.cut()
        self.assertNotEqual(nats_cli(through, "pub", "a", "lost").returncode, 0)
        relay.start()
        self.assertEqual(nats_cli(through, "pub", "a", "kept").returncode, 0)
        subscriber.wait()
        self.assertEqual(subscriber.stdout.split(), ["kept"])


class Scraping(TestCase):
    def test_prometheus_scrapes_our_pages_also_by_ipv6(self):
        page = self.use(Exposition('node_load1 0.75\nnode_cpu_seconds_total{cpu="0",mode="user"} 12\n'))
        targets = [page.address, (page.address, {"instance": "n1.example.org:9100", "rack": "r1"})]
        if harness.have_ipv6():
            targets.append(page.address6)
        prometheus = self.use(Prometheus(targets))
        found = prometheus.wait_for("node_load1", len(targets))
        self.assertEqual({series["value"][1] for series in found}, {"0.75"})
        self.assertIn("n1.example.org:9100", {series["metric"]["instance"] for series in found})
        page.set_page("node_load1 NaN\n")
        eventually(lambda: {s["value"][1] for s in prometheus.query("node_load1")} == {"NaN"}, what="the new page is scraped")
        prometheus.stop()
        prometheus.start()
        prometheus.wait_for('up{job="node"} == 1', len(targets))

    def test_a_page_that_went_away_is_a_failed_scrape(self):
        page = self.use(Exposition(None))
        prometheus = self.use(Prometheus(jobs={"gone": [page.address]}))
        prometheus.wait_for('up{job="gone"} == 0')

    def test_node_exporter(self):
        hosts = ("127.0.0.1", "::1") if harness.have_ipv6() else ("127.0.0.1",)
        exporter = self.use(NodeExporter(hosts))
        self.assertIn("node_load1 ", exporter.page())
        prometheus = self.use(Prometheus(exporter.addresses))
        prometheus.wait_for("node_load1", len(hosts))


class Faults(TestCase):
    def setUp(self):
        self.server = self.use(FaultServer())

    def get(self, path="/", **options):
        return urllib.request.urlopen(self.server.url + path, **{"timeout": 10, **options})

    def test_requests_are_remembered(self):
        self.get("/a?x=1&x=2&y=")
        self.get("/b", data=b"query=up%2B1")
        first, second = self.server.wait_requests(2)
        self.assertEqual((first.method, first.path, first.parameters), ("GET", "/a", {"x": ["1", "2"], "y": [""]}))
        self.assertEqual((second.method, second.body, second.parameters), ("POST", b"query=up%2B1", {"query": ["up+1"]}))

    def test_a_script_and_what_comes_after_it(self):
        self.server.always = Answer.json({"a": 1})
        self.server.then(Answer(body="once"), lambda received: Answer(body=received.path))
        self.assertEqual([self.get("/p").read() for _ in range(3)], [b"once", b"/p", b'{"a": 1}'])

    def test_unavailable_with_retry_after(self):
        self.server.then(Answer.unavailable(7))
        with self.assertRaises(urllib.error.HTTPError) as caught:
            self.get()
        self.assertEqual((caught.exception.code, caught.exception.headers["Retry-After"]), (503, "7"))
        caught.exception.close()

    def test_a_login_page(self):
        self.server.then(Answer.login_page())
        answer = self.get()
        self.assertTrue(answer.headers["Content-Type"].startswith("text/html"))
        self.assertIn(b"Sign in", answer.read())

    def test_a_truncated_body(self):
        self.server.then(Answer(body=b"0123456789", cut_after=4))
        with self.assertRaises(http.client.IncompleteRead) as caught:
            self.get().read()
        self.assertEqual(caught.exception.partial, b"0123")

    def test_gzip(self):
        self.server.then(Answer(body="hello " * 100, gzip=True))
        answer = self.get()
        self.assertEqual(answer.headers["Content-Encoding"], "gzip")
        self.assertEqual(harness.gzip.decompress(answer.read()), b"hello " * 100)

    def test_a_slow_drip_arrives_byte_by_byte(self):
        self.server.then(Answer(body=b"abcd", drip=0.05))
        started = time.monotonic()
        self.assertEqual(self.get().read(), b"abcd")
        self.assertGreater(time.monotonic() - started, 0.15)

    def test_over_tls(self):
        certificate = harness.Certificate.make()
        self.server = self.use(FaultServer(Answer(body="secret"), tls=certificate))
        self.assertEqual(self.get(context=ssl.create_default_context(cafile=certificate.ca)).read(), b"secret")
        with self.assertRaisesRegex(urllib.error.URLError, "certificate verify failed"):
            self.get(context=ssl.create_default_context())

    def test_a_hang_and_a_reset(self):
        self.server.then(Answer(hang=True), Answer(reset=True))
        with self.assertRaises(TimeoutError):
            self.get(timeout=0.2)
        with self.assertRaises(ConnectionResetError):
            self.get()


class Processes(TestCase):
    def test_a_server_dies_with_the_test_however_it_dies(self):
        code = (
            "import os, sys, signal, harness\n"
            "server = harness.NatsServer().start()\n"
            "print(server.pid, server.dir, flush=True)\n"
            "sys.stdin.read()\n"
        )
        for number in (signal.SIGKILL, signal.SIGTERM, signal.SIGINT):
            with self.subTest(number=number):
                harness.need("nats-server")
                owner = subprocess.Popen(
                    [sys.executable, "-c", code], cwd=os.path.dirname(harness.__file__), text=True,
                    stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                )  # fmt: skip
                with owner:
                    pid, folder = owner.stdout.readline().split()
                    self.addCleanup(harness.shutil.rmtree, folder, ignore_errors=True)
                    self.assertIsNotNone(harness.session_of(pid))
                    owner.send_signal(number)
                eventually(lambda: harness.session_of(pid) is None, what="the server is gone")

    def test_what_a_process_started_is_seen_and_ends_with_it(self):
        class Parent(harness.Process):
            name = "parent"

            def command(self):
                return ["/bin/sh", "-c", "tail -f /dev/null & wait"]

        parent = self.use(Parent())
        (child,) = eventually(parent.children, what="the child is there")
        parent.process.terminate()
        parent.wait()
        self.assertEqual(list(parent.children()), [child])
        parent.kill()
        eventually(lambda: not parent.children(), what="the child is gone")

    def test_the_gateway_is_any_program_that_is_given(self):
        script = harness.run_dir("program") / "cc-gateway"
        script.write_text('#!/bin/sh\ncat "$3"\necho "state=up $1" >&2\nread line; echo "[$line]"; command -v nats-server >&2\nexit 3\n')
        script.chmod(0o755)
        self.enterContext(unittest.mock.patch.dict(os.environ, CC_GATEWAY=str(script)))
        gateway = self.use(Gateway("[gateway]\n"))
        self.assertEqual(gateway.wait_log(r"state=(\w+) run")[1], "up")
        self.assertEqual(gateway.wait(), 3)
        self.assertEqual(gateway.stdout, "[gateway]\n[]\n")
        done = gateway.run("check", "--config", gateway.config, input="a line\n")
        self.assertEqual((done.returncode, done.stdout), (3, "[gateway]\n[a line]\n"))
        self.assertEqual(done.stderr.split()[-1], str(harness.need("nats-server")))
        self.assertEqual(os.stat(gateway.write_file("token", "x")).st_mode & 0o777, 0o600)

    def test_eventually_says_what_did_not_come(self):
        with self.assertRaisesRegex(AssertionError, "after 0.05 s still not true: rain .last answer: 0."):
            eventually(lambda: 0, 0.05, "rain")

    def test_a_missing_server_skips_the_test_and_says_what_to_do(self):
        with self.assertRaisesRegex(unittest.SkipTest, "^skipped: needs abc: tests/servers/get debian"):
            harness.need("abc")


if __name__ == "__main__":
    main()
