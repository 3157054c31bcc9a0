#!/usr/bin/python3
"""NATS goes away and comes back: every tick that was polled meanwhile is in the store in the end."""

import signal
import time

from delivery import ROUTER, SUBJECT, check_balance, clock_source, gateway, gaps, nats_table, store_sink, ticks, wait_polls
from harness import MetricStore, NatsServer, Prometheus, Relay, TestCase, eventually, main


class Outage(TestCase):
    def setUp(self):
        self.nats = self.use(NatsServer())
        self.prometheus = self.use(Prometheus())
        self.store = self.use(MetricStore({"tick": 1}))

    def parts(self, *servers):
        return nats_table(*(servers or (self.nats,))), clock_source(self.prometheus), ROUTER, store_sink(self.store.url)

    def wait_tick(self, since):
        """Returns when a tick from after `since` is in the store, and checks that none before it is missing."""
        values = eventually(lambda: (found := ticks(self.store)) and max(found) > since and found, 30, "a new tick in the store")
        self.assertEqual(gaps(values), {})
        return values

    def check_outage(self, running, away, back, polled=3):
        before = self.wait_tick(0)
        away()
        for gateway_ in running:
            gateway_.wait_log(r"bus=nats state=down")
        wait_polls(self.prometheus, polled)
        back()
        after = self.wait_tick(time.time())
        self.assertEqual(min(after), min(before))
        self.assertGreaterEqual(len(after), polled)
        for gateway_ in running:
            self.assertEqual(gateway_.stop(), 0)
            check_balance(self, gateway_)

    def test_one_process_a_server_that_stops_and_starts(self):
        running = self.use(gateway(*self.parts()))
        self.check_outage([running], self.nats.stop, self.nats.start)
        running.wait_log(r"publish state=waiting reason=")
        running.wait_log(r"publish state=up")

    def test_one_process_a_server_that_is_killed(self):
        self.check_outage([self.use(gateway(*self.parts()))], self.nats.kill, self.nats.start)

    def test_two_processes_the_publisher_waits_until_the_subscriber_is_back(self):
        server, poll, router, sink = self.parts()
        relay = self.use(Relay(self.nats.port))
        subscriber = self.use(gateway(nats_table(f"nats://{relay.address}"), router, sink))
        self.nats.wait_subscribed(SUBJECT)
        poller = self.use(gateway(server, poll))

        def away():
            relay.cut()
            self.nats.kill()

        def back():
            mark = poller.mark()
            self.nats.start()
            poller.wait_log(r"bus=nats state=up", since=mark)
            relay.start()  # so the subscriber is always the later one

        self.check_outage([poller, subscriber], away, back)

    def test_a_link_that_is_cut(self):
        relay = self.use(Relay(self.nats.port))
        running = self.use(gateway(*self.parts(f"nats://{relay.address}")))
        self.check_outage([running], relay.cut, relay.start)

    def test_a_link_that_swallows_everything_before_it_breaks(self):
        relay = self.use(Relay(self.nats.port))
        running = self.use(gateway(*self.parts(f"nats://{relay.address}")))

        def away():
            relay.freeze()
            running.wait_log(r"publish state=waiting reason=", timeout=30)
            wait_polls(self.prometheus, 2)
            relay.cut()
            relay.thaw()

        self.check_outage([running], away, relay.start)

    def test_a_link_that_pauses(self):
        relay = self.use(Relay(self.nats.port))
        running = self.use(gateway(*self.parts(f"nats://{relay.address}")))
        self.wait_tick(0)
        relay.freeze()
        running.wait_log(r"publish state=waiting reason=", timeout=30)
        relay.thaw()
        running.wait_log(r"publish state=up")
        self.wait_tick(time.time())
        self.assertEqual(running.stop(), 0)
        check_balance(self, running)

    def test_a_server_that_is_not_there_yet(self):
        self.nats.stop()
        running = self.use(gateway(*self.parts()))
        running.wait_log(r"bus=nats state=down reason=")
        wait_polls(self.prometheus, 3)
        started = time.time()
        self.nats.start()
        values = self.wait_tick(started)
        self.assertLess(min(values), started - 1)

    def test_a_server_that_says_goodbye_first(self):
        running = self.use(gateway(*self.parts()))
        self.wait_tick(0)
        self.nats.signal(signal.SIGUSR2)
        running.wait_log(r"bus=nats state=lame_duck url=nats://")
        self.check_outage([running], self.nats.kill, self.nats.start)


if __name__ == "__main__":
    main()
