#!/usr/bin/python3
"""The tap and the nats command see what passes, and disturb nothing."""

import json
import re

import harness
from delivery import EMBEDDED, ROUTER, SUBJECT, check_balance, clock_source, file_sink, gateway, line, nats_table, written
from harness import Gateway, NatsServer, NatsSubscriber, Prometheus, TestCase, eventually, main
from nats_client import NatsClient

METRIC = line(1.5, 1700000000, "n1")
EVENT = 'job,hostname=n1,type=node event="started\\"1" 1700000000123456789\n'
LOG = 'ccgw,hostname=n1,level=INFO log="up" 1700000000000000000\n'


class Tap(Gateway):
    """`cc-gateway tap` in the background, ready when NATS has its subscriptions."""

    name = "tap"

    def __init__(self, server, *args, subscriptions=3):
        super().__init__(args=("tap", *args))
        self.server, self.subscriptions, self.before = server, subscriptions, 0

    def start(self):
        self.before = len(self.listed())
        super().start()
        self.wait_subscribed()
        return self

    def wait_subscribed(self):
        eventually(lambda: len(self.listed()) >= self.before + self.subscriptions, 30, "the tap has subscribed")

    @property
    def told(self):
        """What it said on stderr besides that it is connected."""
        return "".join(text for text in self.stderr.splitlines(True) if "level=info bus=nats state=up" not in text)

    def listed(self):
        return self.server.monitor("subsz?subs=1").get("subscriptions_list") or []


class OnAServer(TestCase):
    def setUp(self):
        self.nats = self.use(NatsServer(token="t0ken"))
        self.client = self.use(NatsClient(self.nats))
        self.folder = Gateway()
        self.login = ("--server", self.nats.url, "--token-file", self.folder.write_file("token", "t0ken\n"), "--cluster", "fritz")

    def tap(self, *args, **options):
        return self.use(Tap(self.nats, *self.login, *args, **options))

    def send(self):
        self.client.publish("fritz.metrics", METRIC)
        self.client.publish("fritz.events.job", EVENT)
        self.client.publish("fritz.log.ccgw", LOG)

    def test_three_formats_of_three_categories(self):
        taps = {name: self.tap("--count", "3", "--format", name) for name in ("line", "json", "table")}
        self.send()
        for tap in taps.values():
            self.assertEqual(tap.wait(), 0)
            self.assertEqual(tap.told, "")
        self.assertEqual(set(taps["line"].stdout.splitlines(True)), {METRIC, EVENT, LOG})
        shown = {text["subject"]: text for text in map(json.loads, taps["json"].stdout.splitlines())}
        tags = {"cluster": "fritz", "hostname": "n1", "type": "node"}
        self.assertEqual(
            shown["fritz.metrics"],
            {"subject": "fritz.metrics", "name": "cpu_load", "tags": tags, "fields": {"value": {"float": 1.5}}, "time": 1700000000 * 10**9},
        )
        self.assertEqual(shown["fritz.events.job"]["fields"], {"event": {"string": 'started"1'}})
        self.assertEqual(shown["fritz.events.job"]["time"], 1700000000123456789)
        head, *rows = taps["table"].stdout.splitlines()
        self.assertEqual(head.split(), ["time", "subject", "name", "host", "type", "fields"])
        self.assertIn(["2023-11-14T22:13:20Z", "fritz.metrics", "cpu_load", "n1", "node", "value=1.5"], [row.split() for row in rows])

    def test_one_category(self):
        tap = self.tap("--category", "events", "--count", "1", subscriptions=1)
        self.send()
        self.assertEqual(tap.wait(), 0)
        self.assertEqual(tap.stdout, EVENT)

    def test_what_is_no_line_is_told_and_the_rest_is_shown(self):
        tap = self.tap("--count", "2")
        self.client.publish("fritz.metrics", METRIC + "cpu_load,hostname value=1 1\n" + METRIC)
        self.assertEqual(tap.wait(), 0)
        self.assertEqual(tap.stdout, 2 * METRIC)
        self.assertRegex(tap.told, r"^fritz\.metrics: 2:18: tag without '=' in ")

    def test_it_survives_a_restart_of_the_server(self):
        tap = self.tap("--count", "1")
        self.nats.kill()
        self.nats.start()
        tap.wait_subscribed()
        self.use(NatsClient(self.nats)).publish("fritz.metrics", METRIC)
        self.assertEqual(tap.wait(), 0)
        self.assertEqual(tap.stdout, METRIC)

    def test_what_is_wrong_is_said(self):
        def check(code, said, *args):
            with self.subTest(said):
                done = self.folder.run("tap", *args)
                self.assertEqual((done.returncode, done.stdout), (code, ""), done.stderr)
                self.assertRegex(done.stderr, said)

        nobody = f"nats://127.0.0.1:{harness.free_port()}"
        wrong = self.folder.write_file("wrong", "an0ther")
        check(1, f"cc-gateway tap: no answer from {re.escape(nobody)}: is the server running", "--server", nobody, "--cluster", "fritz")
        check(1, "(?s)(?i:authorization).*and the login right", "--server", self.nats.url, "--token-file", wrong, "--cluster", "fritz")
        check(2, "--cluster C is missing", "--server", self.nats.url)
        check(2, "unknown category 'metric': ", *self.login, "--category", "metric")
        idle = gateway(EMBEDDED, ROUTER, file_sink())
        check(1, "no gateway with an embedded NATS server runs with state_dir", "--config", idle.config)


class OnAGateway(TestCase):
    def test_the_embedded_server_is_found_by_the_configuration(self):
        running = self.use(gateway(EMBEDDED, clock_source(self.use(Prometheus())), ROUTER, file_sink()))
        running.wait_log(r"bus=nats state=up")
        done = running.run("tap", "--config", running.config, "--count", "3")
        self.assertEqual(done.returncode, 0, done.stderr)
        seen = done.stdout.splitlines(True)
        self.assertEqual(len(seen), 3)
        self.assertEqual(running.stop(), 0)
        self.assertLessEqual(set(seen), set(written(running)))
        account = check_balance(self, running)
        self.assertEqual(account["poll"].left, account["accept"].entered)

    def test_listeners_take_nothing_from_the_subscriber(self):
        nats = self.use(NatsServer())
        running = self.use(gateway(nats_table(nats), ROUTER, file_sink()))
        nats.wait_subscribed(SUBJECT)
        taps = [self.use(Tap(nats, "--server", nats.url, "--cluster", "fritz", "--count", "500")) for _ in range(2)]
        client = self.use(NatsClient(nats))
        lines = [line(i, 1000 + i) for i in range(500)]
        for text in lines:
            client.publish(SUBJECT, text)
        client.flush()
        for tap in taps:
            self.assertEqual(tap.wait(), 0)
            self.assertEqual(tap.stdout.splitlines(True), lines)
        self.assertEqual(running.stop(), 0)
        self.assertEqual(written(running), lines)

    def test_the_nats_command_sees_the_same_lines(self):
        nats = self.use(NatsServer())
        running = self.use(gateway(nats_table(nats), ROUTER, file_sink()))
        nats.wait_subscribed(SUBJECT)
        subscriber = self.use(NatsSubscriber(nats, SUBJECT, 3))
        client = self.use(NatsClient(nats))
        lines = [line(i, 1000 + i) for i in range(3)]
        for text in lines:
            client.publish(SUBJECT, text)
        self.assertEqual(subscriber.wait(), 0)
        self.assertEqual([text + "\n" for text in subscriber.stdout.split("\n") if text], lines)
        self.assertEqual(running.stop(), 0)
        self.assertEqual(written(running), lines)


if __name__ == "__main__":
    main()
