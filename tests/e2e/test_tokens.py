#!/usr/bin/python3
"""A token that the store refuses: the gateway says what is wrong with it, keeps the lines, and takes the new one from the file."""

import datetime
import re
import time

from delivery import ROUTER, SUBJECT, gateway, line, nats_table, store_sink
from harness import KeyPair, MetricStore, NatsServer, TestCase, eventually, main, mint_token
from nats_client import NatsClient


def iso(stamp):
    return re.escape(datetime.datetime.fromtimestamp(stamp, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"))


class Tokens(TestCase):
    def test_each_wrong_token_is_named_and_a_new_one_is_taken_without_a_restart(self):
        keys, now = KeyPair.demo(), int(time.time())
        nats = self.use(NatsServer())
        client = self.use(NatsClient(nats))
        store = self.use(MetricStore({"cpu_load": 1}, keys=keys))
        made = gateway(nats_table(nats), ROUTER, store_sink(store.url, token_file="ccms.jwt"))
        made.write_file("ccms.jwt", store.token)
        running = self.use(made)
        nats.wait_subscribed(SUBJECT)

        claims = {"sub": "cc-gateway", "roles": ["api"]}
        rows = [
            (mint_token(keys, claims | {"exp": now - 7200}), rf"HTTP 401: the token expired 2 h ago \({iso(now - 7200)}\): mint a new one"),
            (mint_token(keys, claims | {"nbf": now + 3600}), rf"HTTP 401: the token is not valid before {iso(now + 3600)}: "),
            (mint_token(keys, claims | {"iat": now + 3600}), r"HTTP 401: the token was issued in the future \(iat .*clocks"),
            (mint_token(KeyPair.generate()), r"HTTP 401: the token is signed by another key than the store's jwt-public-key: "),
            ("s3cret-but-no-token", r"HTTP 401: the token is no JWT \(expected three parts"),
        ]
        for i, (token, said) in enumerate(rows):
            with self.subTest(said):
                mark, stamp = running.mark(), now - 100 + i
                running.write_file("ccms.jwt", token + "\n")
                client.publish(SUBJECT, line(i + 0.5, stamp))
                running.wait_log(rf"sink=ccms state=down reason=\"{said}", since=mark)
                self.assertEqual(store.values("fritz", "n1", "cpu_load", stamp, stamp + 1), {})
                running.write_file("ccms.jwt", store.token)
                eventually(lambda: store.values("fritz", "n1", "cpu_load", stamp, stamp + 1) == {stamp: i + 0.5}, what="the kept line")
                running.wait_log(r"sink=ccms state=up", since=mark)
                self.assertNotIn(token, running.log)
        self.assertEqual(running.stop(), 0)

    def test_without_a_token_it_says_that_the_store_wants_one(self):
        nats = self.use(NatsServer())
        client = self.use(NatsClient(nats))
        store = self.use(MetricStore({"cpu_load": 1}, keys=KeyPair.demo()))
        running = self.use(gateway(nats_table(nats), ROUTER, store_sink(store.url)))
        nats.wait_subscribed(SUBJECT)
        client.publish(SUBJECT, line(1, int(time.time()) - 10))
        running.wait_log(r"state=down reason=\"HTTP 401: the store wants a token, and none is configured: set token_file")


if __name__ == "__main__":
    main()
