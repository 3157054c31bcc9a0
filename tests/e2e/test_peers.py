#!/usr/bin/python3
"""Several gateways of one queue group share the messages: nothing twice, nothing missing, whoever comes, goes or listens beside them."""

import collections
import threading

from delivery import ROUTER, SUBJECT, check_balance, file_sink, gateway, line, nats_table, source, written
from harness import Exposition, NatsServer, Prometheus, TestCase, eventually, main
from nats_client import NatsClient


class Peers(TestCase):
    def setUp(self):
        self.nats = self.use(NatsServer())
        self.parts = nats_table(self.nats), ROUTER, file_sink()

    def subscriber(self):
        before = len(self.nats.subscriptions(SUBJECT))
        running = self.use(gateway(*self.parts))
        self.nats.wait_subscribed(SUBJECT, before + 1)
        return running

    def check_union(self, peers, published):
        """What the peers wrote together is what was published: as often, no more."""
        union = lambda: collections.Counter(text for peer in peers for text in written(peer))
        eventually(lambda: sum(union().values()) >= len(published), 30, f"{len(published)} lines in the files")
        for peer in peers:
            self.assertEqual(peer.stop(), 0)
        self.assertEqual(union(), collections.Counter(published))
        accounts = [check_balance(self, peer) for peer in peers]
        self.assertEqual(sum(a["accept"].entered for a in accounts), len(published))
        self.assertEqual(sum(a["write copy"].left for a in accounts), len(published))

    def test_two_peers_and_a_poller(self):
        hosts = [f"n{i:02}" for i in range(50)]
        page = self.use(Exposition("".join(f'load{{host="{host}"}} 1\n' for host in hosts)))
        prometheus = self.use(Prometheus([page.address]))
        prometheus.wait_for("load", len(hosts))
        heard = self.use(NatsClient(self.nats)).subscribe(SUBJECT)  # a listener beside them gets everything
        peers = [self.subscriber(), self.subscriber()]
        poller = self.use(gateway(nats_table(self.nats), source(prometheus, "load", hostname="host")))
        heard.wait_lines(10 * len(hosts), 30)
        self.assertEqual(poller.stop(), 0)
        published = check_balance(self, poller)["poll"].left
        lines = heard.wait_lines(published)
        self.assertEqual(len(lines), published)
        self.assertEqual(len(set(lines)), published)
        self.check_union(peers, [text + "\n" for text in lines])

    def publish(self, count, at, do):
        """Messages of two lines each without a pause, so that always some are on their way; at message `at` something happens meanwhile."""
        client = self.use(NatsClient(self.nats))
        lines, reached = [], threading.Event()

        def run():
            for i in range(count):
                pair = [line(i, 1000 + i, f"n{i % 7}"), line(i, 1000 + i, f"m{i % 5}")]
                client.publish(SUBJECT, "".join(pair))
                lines.extend(pair)
                if i == at:
                    reached.set()

        publisher = threading.Thread(target=run)
        publisher.start()
        reached.wait(30)
        do()
        publisher.join()
        client.flush(30)
        return lines

    def test_a_peer_that_ends_in_the_middle_loses_nothing(self):
        leaving, staying = self.subscriber(), self.subscriber()
        codes = []
        lines = self.publish(20000, at=5000, do=lambda: codes.append(leaving.stop()))
        self.assertEqual(codes, [0])
        self.assertGreater(len(written(leaving)), 0)
        self.check_union([leaving, staying], lines)

    def test_a_peer_that_comes_in_the_middle_doubles_nothing(self):
        first, second = self.subscriber(), gateway(*self.parts)
        lines = self.publish(20000, at=5000, do=lambda: self.use(second))
        self.check_union([first, second], lines)


if __name__ == "__main__":
    main()
