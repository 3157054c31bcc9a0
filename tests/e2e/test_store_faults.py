#!/usr/bin/python3
"""A store that is away, that refuses lines, or that is none: what is kept, what is said, and what is in the store in the end."""

import json
import re
import threading

from delivery import ROUTER, SUBJECT, check_balance, dead_letters, gateway, line, nats_table, numbered, store_sink
from harness import Answer, FaultServer, MetricStore, NatsServer, TestCase, eventually, main
from nats_client import NatsClient


class StoreFaults(TestCase):
    def setUp(self):
        self.nats = self.use(NatsServer())
        self.client = self.use(NatsClient(self.nats))

    def start(self, url, **keys):
        made = self.use(gateway(nats_table(self.nats), ROUTER, store_sink(url, **keys)))
        self.nats.wait_subscribed(SUBJECT)
        return made

    def send(self, *lines):
        self.client.publish(SUBJECT, b"".join(part if isinstance(part, bytes) else part.encode() for part in lines))
        self.client.flush()

    def wait_stored(self, store, host, lines):
        expected = {int(text.split()[-1]): float(re.search(r"value=(\S+)", text)[1]) for text in lines}
        span = min(expected), max(expected) + 1
        eventually(lambda: store.values("fritz", host, "cpu_load", *span) == expected, 30, f"{len(lines)} values of {host} in the store")


class RealStore(StoreFaults):
    def test_what_the_store_would_choke_on_does_not_reach_it(self):
        store = self.use(MetricStore({"cpu_load": 1}))
        running = self.start(store.url)
        poison = {
            "nan": b"cpu_load,cluster=fritz,hostname=x,type=node value=nan %d\n",
            "no equals sign": b"cpu_load,cluster=fritz,hostname=x,type value=1 %d\n",
            "another field": b"cpu_load,cluster=fritz,hostname=x,type=node valve=1 %d\n",
            "text": b'cpu_load,cluster=fritz,hostname=x,type=node value="high" %d\n',
            "no utf-8": b"cpu_load,cluster=fritz,hostname=x,type=node,unit=\xb0C value=1 %d\n",
            "no blank": b"cpu_load,cluster=fritz,hostname=xvalue=1,%d\n",
        }
        for i, (what, text) in enumerate(poison.items()):
            with self.subTest(what):
                lines = numbered(3, host=f"n{i}")
                bad = text % int(lines[1].split()[-1])
                self.assertEqual(store.write(bad).status, 400, "the store takes it, so this row shows nothing")
                self.send(lines[0], bad, *lines[1:])
                self.wait_stored(store, f"n{i}", lines)
        self.assertEqual(running.stop(), 0)
        accounts = check_balance(self, running)
        self.assertEqual((accounts["accept"].left, accounts["accept"].dropped), (3 * len(poison), len(poison)))
        self.assertEqual(accounts["write ccms"].left, 3 * len(poison))
        self.assertEqual(dead_letters(running), "")

    def test_a_line_that_the_store_refuses_goes_to_the_dead_letters_and_all_others_are_written(self):
        # The gateway lets nothing through that a store of today refuses, so one of tomorrow stands before it: it refuses
        # a host, as the store does it: what stands before the line is written, nothing after it.
        store = self.use(MetricStore({"cpu_load": 1}))

        def choosy(received):
            before, found, _ = received.body.partition(b"cpu_load,cluster=fritz,hostname=poison,")
            answer = store.write(before)
            if not found:
                return Answer(answer.status, answer.body, {"Content-Type": "application/json"})
            error = {"status": "Bad Request", "error": f"host poison: at line {before.count(10) + 1}: no such host"}
            return Answer(400, json.dumps(error), {"Content-Type": "application/json"})

        front = self.use(FaultServer(choosy))
        running = self.start(front.url)
        hosts = {f"{letter}{i}": numbered(2, f"{letter}{i}") for letter in "az" for i in range(20)}
        bad = line(7, 1000, "poison")
        self.send(*(text for lines in hosts.values() for text in lines), bad)
        for host, lines in hosts.items():
            self.wait_stored(store, host, lines)
        eventually(lambda: dead_letters(running), what="the dead letter")
        self.assertRegex(dead_letters(running), r"^# \S+Z HTTP 400: host poison: at line \d+: no such host\n" + re.escape(bad) + "$")
        running.wait_log(r"sink=ccms line=refused reason=\"HTTP 400: .*no such host\"")
        self.assertEqual(running.stop(), 0)
        accounts = check_balance(self, running)
        self.assertEqual((accounts["write ccms"].left, accounts["write ccms"].reasons), (80, {"refused": 1}))

    def test_a_store_that_was_away_for_a_while_misses_nothing(self):
        store = self.use(MetricStore({"cpu_load": 1}))
        running = self.start(store.url)
        before, during = numbered(60)[:10], numbered(60)[10:]
        self.send(*before)
        self.wait_stored(store, "n1", before)
        store.kill()
        mark = running.mark()
        for text in during[:30]:
            self.send(text)
        running.wait_log(r"sink=ccms state=down reason=\"?no connection.* retry_s=", since=mark)
        for text in during[30:]:
            self.send(text)
        store.start()
        self.wait_stored(store, "n1", during)
        running.wait_log(r"sink=ccms state=up held_s=[\d.]+$", since=mark)
        said = running.since(mark)
        self.assertEqual((said.count("state=down"), said.count("state=up")), (1, 1), said)
        self.assertEqual(running.stop(), 0)
        self.assertEqual(check_balance(self, running)["write ccms"].left, 60)


class NotAStore(StoreFaults):
    def answered(self, server, text):
        return [r for r in server.requests if text.encode() in r.body]

    def test_wrong_answers_are_named_and_the_lines_kept(self):
        server = self.use(FaultServer())
        running = self.start(server.url, timeout="1s")
        redirect = Answer.login_page(302)
        redirect.headers["Location"] = "https://sso.example.org/login"
        rows = [
            (Answer.login_page(), r"state=down reason=\"probably not a metric store: HTTP 200 \(text/html; charset=utf-8\) from http://"),
            (redirect, r"state=down reason=\"probably not a metric store: HTTP 302 .*https://sso\.example\.org/login"),
            (Answer(404, "404 page not found\n"), r"state=down reason=\"probably not a metric store: HTTP 404 .*api/write/"),
            (Answer(405), r"state=down reason=\"probably not a metric store: HTTP 405 "),
            (Answer(204), r"state=down reason=\"probably not a metric store: HTTP 204 "),
            (Answer.unavailable(), r"state=down reason=\"HTTP 503 .*Service Unavailable"),
            (Answer(500, "oops"), r"state=down reason=\"HTTP 500 .*oops"),
            (Answer(hang=True), r"state=down reason=\"no answer in time"),
            (Answer(reset=True), r"state=down reason=\"no (connection|whole answer|answer)"),
        ]
        for i, (answer, said) in enumerate(rows):
            with self.subTest(said):
                mark, text = running.mark(), line(1, 1000 + i)
                server.always = answer
                self.send(text)
                running.wait_log(said, since=mark)
                server.always = Answer()
                running.wait_log(r"sink=ccms state=up", since=mark)
                self.assertGreaterEqual(len(self.answered(server, text)), 2)
        self.assertEqual(running.stop(), 0)
        self.assertEqual(check_balance(self, running)["write ccms"].left, len(rows))
        self.assertEqual(dead_letters(running), "")

    def test_retry_after_is_obeyed(self):
        server = self.use(FaultServer())
        running = self.start(server.url)
        server.then(Answer(429, "slow down", {"Retry-After": "3"}))
        self.send(line(1, 1000))
        running.wait_log(r"state=down reason=\"HTTP 429 .*slow down.* retry_s=3$")
        running.wait_log(r"state=up")
        first, second = server.wait_requests(2)
        self.assertEqual(first.body, second.body)
        self.assertGreaterEqual(second.at - first.at, 2.9)

    def test_too_large_requests_are_halved_until_they_pass(self):
        taken = []

        def narrow(received):
            if len(received.body) > 500:
                return Answer(413, "Request Entity Too Large")
            taken.extend(received.body.decode().splitlines(True))
            return Answer()

        running = self.start(self.use(FaultServer(narrow)).url)
        lines = [text for i in range(50) for text in numbered(1, f"n{i:02}")]
        self.send(*lines)
        eventually(lambda: len(taken) >= 50, what="all lines in small requests")
        self.assertEqual(taken, lines)
        self.assertEqual(running.stop(), 0)
        self.assertEqual(check_balance(self, running)["write ccms"].left, 50)

    def test_a_full_hold_stops_the_reading_and_nothing_is_lost_or_out_of_order(self):
        taken, is_open = [], threading.Event()

        def door(received):
            if not is_open.is_set():
                return Answer.unavailable()
            taken.extend(received.body.decode().splitlines(True))
            return Answer()

        running = self.start(self.use(FaultServer(door)).url, batch_bytes="1KiB", hold_bytes="2KiB")
        hosts = {f"n{i}": numbered(50, f"n{i}") for i in range(4)}
        for i in range(50):
            self.send(*(lines[i] for lines in hosts.values()))
        running.wait_log(r"router state=full sink=ccms")
        is_open.set()
        eventually(lambda: len(taken) >= 200, 30, "all lines at the store")
        running.wait_log(r"router state=reading")
        for host, lines in hosts.items():
            self.assertEqual([text for text in taken if f"hostname={host}," in text], lines)
        self.assertEqual(running.stop(), 0)
        accounts = check_balance(self, running)
        self.assertEqual((accounts["accept"].entered, accounts["write ccms"].left), (200, 200))


if __name__ == "__main__":
    main()
