#!/usr/bin/python3
"""transport = "nats": the store's own subscription gets the lines, on the server that the gateway uses itself."""

import time

from delivery import CLUSTER, ROUTER, SUBJECT, check_balance, clock_source, gateway, gaps, line, nats_table, numbered, table, ticks
from harness import MetricStore, NatsServer, Prometheus, TestCase, eventually, main
from nats_client import NatsClient

FEED = f"ccms.{CLUSTER}"
SINK = table("[[sink]]", name="ccms", type="cc_metric_store", transport="nats", subject=FEED, batch_age="50ms")


class StoreOverNats(TestCase):
    def setUp(self):
        self.nats = self.use(NatsServer())
        self.store = self.use(MetricStore({"cpu_load": 1, "tick": 1}, nats=self.nats, subscriptions=[(FEED, CLUSTER)]))

    def start(self, *parts):
        running = self.use(gateway(nats_table(self.nats), *parts, ROUTER, SINK))
        self.nats.wait_subscribed(SUBJECT)
        return running

    def stored(self, host):
        now = int(time.time())
        return self.store.values(CLUSTER, host, "cpu_load", now - 2000, now)

    def test_what_was_polled_is_in_the_store(self):
        running = self.start(clock_source(self.use(Prometheus())))
        values = eventually(lambda: (found := ticks(self.store)) and len(found) >= 4 and found, 30, "four ticks in the store")
        self.assertEqual(gaps(values), {})
        self.assertEqual(running.stop(), 0)
        accounts = check_balance(self, running)
        self.assertEqual(accounts["poll"].entered, accounts["write ccms"].left)

    def test_a_bad_line_does_not_cost_the_others(self):
        running = self.start()
        lines = numbered(4)
        bad = line("nan", 1000, "x"), "cpu_load,hostname=y value=1,other=2 1000\n", "garbage\n"
        self.use(NatsClient(self.nats)).publish(SUBJECT, "".join((lines[0], bad[0], lines[1], bad[1], lines[2], bad[2], lines[3])))
        expected = {int(text.split()[-1]): float(i) for i, text in enumerate(lines)}
        eventually(lambda: self.stored("n1") == expected, what="all good lines in the store")
        self.assertEqual(running.stop(), 0)
        accounts = check_balance(self, running)
        self.assertEqual((accounts["accept"].entered, accounts["accept"].reasons), (7, {"syntax": 2}))

    def test_many_lines_beside_a_poller_that_publishes_too(self):
        running = self.start(clock_source(self.use(Prometheus())))
        hosts = {f"n{i:03}": numbered(20, f"n{i:03}") for i in range(200)}
        client = self.use(NatsClient(self.nats))
        for lines in hosts.values():
            client.publish(SUBJECT, "".join(lines))
        for host, lines in hosts.items():
            expected = {int(text.split()[-1]): float(i) for i, text in enumerate(lines)}
            eventually(lambda: self.stored(host) == expected, 30, f"all lines of {host} in the store")
        self.assertEqual(running.stop(), 0)
        check_balance(self, running)

    def test_while_nats_is_away_the_lines_are_kept(self):
        running = self.start(clock_source(self.use(Prometheus())))
        eventually(lambda: ticks(self.store), 30, "a tick in the store")
        self.nats.kill()
        running.wait_log(r"bus=nats state=down")
        self.nats.start()
        self.nats.wait_subscribed(FEED)
        back = time.time()
        values = eventually(lambda: (found := ticks(self.store)) and max(found) > back and found, 30, "a new tick in the store")
        self.assertEqual(gaps(values), {})
        self.assertEqual(running.stop(), 0)
        check_balance(self, running)


if __name__ == "__main__":
    main()
