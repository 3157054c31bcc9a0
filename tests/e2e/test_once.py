#!/usr/bin/python3
"""`run --once`: the exit code tells the whole truth, and the balance adds up whatever went wrong."""

import subprocess

import harness
from harness import Answer, Exposition, FaultServer, KeyPair, MetricStore, NatsServer, Prometheus, TestCase, eventually, main
from polling import CLUSTER, gateway, once, query, source, stored_now, to_file, to_store, written

QUERIES = [query("cpu_load", "node_load1"), query("mem_used", "node_memory_used")]
PAGE = "node_load1 0.75\nnode_memory_used 512\n"


class Once(TestCase):
    def prometheus(self, *pages):
        """Prometheus with a host n1, n2, … for each page."""
        targets = [(self.use(Exposition(page)).address, {"instance": f"n{i}:9100"}) for i, page in enumerate(pages, 1)]
        prometheus = self.use(Prometheus(targets))
        prometheus.wait_for("node_load1 and node_load1 offset 2s", len(targets))
        return prometheus

    def store(self):
        return self.use(MetricStore({"cpu_load": 1, "mem_used": 1}, keys=KeyPair.demo()))

    def check(self, done, code, **accounts):
        """`accounts`: stage -> (in, out, {reason: count}); nothing is ever held at the end."""
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertEqual(done.stdout, "")
        found = {stage: (a.total, a.out, a.reasons) for stage, a in done.balance.items()}
        self.assertEqual(found, accounts, done.stderr)
        self.assertEqual({a.held for a in done.balance.values()}, {0}, done.stderr)

    def test_all_is_well(self):
        prometheus, store = self.prometheus(PAGE, PAGE), self.store()
        program = gateway(None, source(prometheus.url, QUERIES), to_store(store), store=store)
        done = once(program)
        self.check(done, 0, poll=(4, 4, {}), accept=(4, 4, {}), write=(4, 4, {}))
        for host in ("n1", "n2"):
            self.assertEqual(list(stored_now(store, host, "cpu_load").values()), [0.75])
            self.assertEqual(list(stored_now(store, host, "mem_used").values()), [512])
        self.assertEqual(program.dir.joinpath("state/dead-letter").exists() and list(program.dir.glob("state/dead-letter/*")), [])

    def test_a_value_that_cannot_be_sent_is_no_failure(self):
        prometheus, store = self.prometheus(PAGE, "node_load1 NaN\nnode_memory_used 1\n"), self.store()
        done = once(gateway(None, source(prometheus.url, QUERIES), to_store(store), store=store))
        self.check(done, 0, poll=(4, 3, {"nan": 1}), accept=(3, 3, {}), write=(3, 3, {}))
        self.assertRegex(done.stderr, r'metric=cpu_load dropped=nan series=".*instance=\\"n2:9100\\".*" value=NaN ')

    def test_a_query_without_a_series_is_no_failure(self):
        prometheus, store = self.prometheus(PAGE), self.store()
        done = once(gateway(None, source(prometheus.url, [*QUERIES, query("none", "no_such_metric")]), to_store(store), store=store))
        self.check(done, 0, poll=(2, 2, {}), accept=(2, 2, {}), write=(2, 2, {}))
        self.assertRegex(done.stderr, r"source=prometheus metric=none state=empty ")

    def test_prometheus_is_away(self):
        store = self.store()
        done = once(gateway(None, source(f"http://127.0.0.1:{harness.free_port()}", QUERIES), to_store(store), store=store))
        self.check(done, 1, poll=(0, 0, {}), accept=(0, 0, {}), write=(0, 0, {}))
        for metric in ("cpu_load", "mem_used"):
            self.assertRegex(done.stderr, rf"(?m)level=error source=prometheus metric={metric} state=failing reason=.*[Cc]onnect")
        self.assertRegex(done.stderr, r"failed_queries=2\n")

    def test_one_of_two_queries_fails(self):
        prometheus, store = self.prometheus(PAGE), self.store()
        done = once(gateway(None, source(prometheus.url, [QUERIES[0], query("mem_used", "sum(")]), to_store(store), store=store))
        self.check(done, 1, poll=(1, 1, {}), accept=(1, 1, {}), write=(1, 1, {}))
        self.assertRegex(done.stderr, r"metric=mem_used state=failing reason=.*HTTP 400: .*parse error")
        self.assertRegex(done.stderr, r"failed_queries=1\n")

    def test_the_store_is_away(self):
        prometheus = self.prometheus(PAGE)
        sink = to_store(MetricStore({"cpu_load": 1}), timeout="1s")
        done = once(gateway(None, source(prometheus.url, QUERIES), sink))
        self.check(done, 1, poll=(2, 2, {}), accept=(2, 2, {}), write=(2, 0, {"stopped": 2}))
        self.assertRegex(done.stderr, r"sink=ccms state=down reason=.*[Cc]onnect")
        self.assertRegex(done.stderr, r"unwritten_lines=2\b")

    def test_the_store_refuses_a_line(self):
        prometheus = self.prometheus(PAGE, "node_load1 13\nnode_memory_used 1\n")
        refusal = Answer.json({"status": "Bad Request", "error": "no such number"}, status=400)
        # The real store accepts whatever the gateway sends, so one that refuses is of ours.
        store = self.use(FaultServer(lambda received: refusal if b"value=13 " in received.body else Answer()))
        store.token = None
        program = gateway(None, source(prometheus.url, QUERIES), to_store(store))
        done = once(program)
        self.check(done, 0, poll=(4, 4, {}), accept=(4, 4, {}), write=(4, 3, {"refused": 1}))
        (dead,) = program.dir.glob("state/dead-letter/*")
        self.assertIn("cpu_load,cluster=c,hostname=n2,type=node value=13 ", dead.read_text())
        self.assertIn("no such number", dead.read_text())

    def test_the_store_refuses_a_line_and_the_dead_letter_file_has_no_room(self):
        prometheus = self.prometheus(PAGE)
        store = self.use(FaultServer(Answer.json({"status": "Bad Request", "error": "no such number"}, status=400)))
        store.token = None
        program = gateway(None, source(prometheus.url, QUERIES), to_store(store))
        folder = program.dir / "state/dead-letter"
        folder.mkdir(parents=True)
        (folder / "ccms.lp").symlink_to("/dev/full")
        done = once(program)
        self.check(done, 1, poll=(2, 2, {}), accept=(2, 2, {}), write=(2, 0, {"lost": 2}))
        self.assertRegex(done.stderr, r"level=error gateway lost_lines=2\n")

    def test_nats_is_away(self):
        prometheus, store = self.prometheus(PAGE), self.store()
        done = once(gateway(NatsServer(), source(prometheus.url, QUERIES), to_store(store), store=store))
        self.check(done, 1, poll=(2, 0, {"stopped": 2}), accept=(0, 0, {}), write=(0, 0, {}))
        self.assertRegex(done.stderr, r"unpublished_lines=2\b")

    def test_a_poller_alone_publishes_and_ends(self):
        prometheus, nats = self.prometheus(PAGE), self.use(NatsServer())
        done = once(gateway(nats, source(prometheus.url, QUERIES)))
        self.check(done, 0, poll=(2, 2, {}))
        self.assertEqual(nats.monitor("varz")["in_msgs"], 2, "a message for each metric")

    def test_beside_a_gateway_that_runs_nobody_takes_the_lines_of_another(self):
        prometheus, nats = self.prometheus(PAGE), self.use(NatsServer())
        other = self.use(gateway(nats, to_file()))
        nats.wait_subscribed(f"{CLUSTER}.metrics")
        program = gateway(nats, source(prometheus.url, QUERIES), to_file())
        self.check(once(program), 0, poll=(2, 2, {}), accept=(2, 2, {}), write=(2, 2, {}))
        self.assertEqual(len(written(program)), 2)
        eventually(lambda: written(other) == written(program), 15, "the gateway that runs has its copy too")

    def test_an_output_that_cannot_be_written(self):
        with open("/dev/full", "w") as full:
            command = [str(harness.Gateway.program()), "subjects", "--cluster", "c"]
            done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True)
        self.assertEqual((done.returncode, done.stderr), (1, "cc-gateway subjects: cannot write to standard output\n"))

    def test_a_bad_configuration(self):
        program = gateway(None, source("http://127.0.0.1:9", [query("m", "m", typ="node")]), to_file())
        done = once(program)
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertRegex(done.stderr, r"gateway.toml:\d+:1: unknown key 'typ' in .*, did you mean 'type'\?")
        self.assertIsNone(done.balance)

    def test_nothing_to_poll(self):
        done = once(gateway(None, to_file()))
        self.assertEqual((done.returncode, done.stdout, done.balance), (2, "", None))
        self.assertIn("has no [[source]]", done.stderr)


if __name__ == "__main__":
    main()
