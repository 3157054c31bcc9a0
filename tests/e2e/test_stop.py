#!/usr/bin/python3
"""The end: within 10 s whatever hangs, with accounts that balance, a name for what was lost, and no process left behind."""

import json
import os
import signal
import socket
import time

from delivery import (
    EMBEDDED, ROUTER, SUBJECT, check_balance, clock_source, file_sink, gateway, line, nats_table, numbered, store_sink, wait_polls, written,
)  # fmt: skip
from harness import Answer, FaultServer, NatsServer, Prometheus, Relay, TestCase, eventually, main
from nats_client import NatsClient


class Stop(TestCase):
    def stop(self, running, code):
        """SIGTERM; the end must come within 10 s. Returns the accounts."""
        started = time.monotonic()
        running.signal(signal.SIGTERM)
        self.assertEqual(running.wait(20), code, running.tail())
        self.assertLess(time.monotonic() - started, 10)
        return check_balance(self, running)

    def test_all_that_was_polled_is_written_and_every_account_agrees(self):
        prometheus = self.use(Prometheus())
        running = self.use(gateway(EMBEDDED, clock_source(prometheus), ROUTER, file_sink()))
        eventually(lambda: len(written(running)) >= 3, 30, "three lines in the file")
        accounts = self.stop(running, 0)
        count = len(written(running))
        self.assertEqual({name: (a.entered, a.left) for name, a in accounts.items()}, dict.fromkeys(accounts, (count, count)))
        self.assertEqual(sorted(accounts), ["accept", "poll", "write copy"])

    def test_ctrl_c_is_the_same(self):
        running = self.use(gateway(EMBEDDED, ROUTER, file_sink()))
        running.wait_log(r"bus=nats state=up")
        running.signal(signal.SIGINT)
        self.assertEqual(running.wait(), 0)
        check_balance(self, running)

    def test_while_prometheus_hangs(self):
        hangs = self.use(FaultServer(Answer(hang=True)))
        running = self.use(gateway(EMBEDDED, clock_source(hangs, timeout="60s", interval="300s"), ROUTER, file_sink()))
        hangs.wait_requests(1)
        self.stop(running, 0)

    def test_while_the_store_hangs_what_is_lost_has_a_name(self):
        hangs = self.use(FaultServer(Answer(hang=True)))
        nats = self.use(NatsServer())
        client = self.use(NatsClient(nats))
        running = self.use(gateway(nats_table(nats), ROUTER, store_sink(hangs.url, timeout="60s")))
        nats.wait_subscribed(SUBJECT)
        client.publish(SUBJECT, line(1, 1000, "first") + line(2, 1000, "last"))
        hangs.wait_requests(1)
        account = self.stop(running, 1)["write ccms"]
        self.assertEqual((account.entered, account.left, account.reasons), (2, 0, {"stopped": 2}))
        running.wait_log(r'sink=ccms dropped=stopped lines=2 first="cpu_load first" last="cpu_load last" reason=\S')
        running.wait_log(r"gateway state=stopped unwritten_lines=2 ")

    def test_a_store_that_comes_back_at_the_last_moment_gets_everything(self):
        server = self.use(FaultServer(Answer.unavailable(60)))
        nats = self.use(NatsServer())
        client = self.use(NatsClient(nats))
        running = self.use(gateway(nats_table(nats), ROUTER, store_sink(server.url)))
        nats.wait_subscribed(SUBJECT)
        lines = numbered(10)
        client.publish(SUBJECT, "".join(lines))
        running.wait_log(r"sink=ccms state=down .*retry_s=60")
        server.always = Answer()
        accounts = self.stop(running, 0)
        self.assertEqual(accounts["write ccms"].left, 10)
        self.assertEqual(server.requests[-1].body.decode(), "".join(lines))

    def test_while_the_hold_is_full_the_unread_messages_are_counted(self):
        server = self.use(FaultServer(Answer.unavailable()))
        nats = self.use(NatsServer())
        client = self.use(NatsClient(nats))
        running = self.use(gateway(nats_table(nats), ROUTER, store_sink(server.url, batch_bytes="1KiB", hold_bytes="2KiB")))
        nats.wait_subscribed(SUBJECT)
        for text in numbered(200):
            client.publish(SUBJECT, text)
        client.flush()
        running.wait_log(r"router state=full")
        accounts = self.stop(running, 1)
        unwritten = accounts["write ccms"].reasons["stopped"]
        unread = int(running.wait_log(rf"state=stopped unread_messages=(\d+) unwritten_lines={unwritten} ")[1])
        self.assertEqual(unread + unwritten, 200)
        running.wait_log(rf"^  bus     {unread} messages left unread at the stop$")
        self.assertLess(unwritten, 40)

    def test_while_nats_is_away(self):
        nats = self.use(NatsServer())
        prometheus = self.use(Prometheus())
        running = self.use(gateway(nats_table(nats), clock_source(prometheus), ROUTER, file_sink()))
        eventually(lambda: written(running), 30, "a line in the file")
        nats.kill()
        running.wait_log(r"publish state=waiting")
        wait_polls(prometheus, 2)
        account = self.stop(running, 1)["poll"]
        self.assertGreaterEqual(account.reasons["stopped"], 2)
        running.wait_log(rf"gateway state=stopped unpublished_lines={account.reasons['stopped']} ")

    def test_while_four_nats_servers_accept_and_say_nothing(self):
        listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(4)]
        for listener in listeners:
            self.addCleanup(listener.close)
        urls = [f"nats://127.0.0.1:{listener.getsockname()[1]}" for listener in listeners]
        running = self.use(gateway("[nats]\nurl = " + json.dumps(urls) + "\n", ROUTER, file_sink()))
        self.addCleanup(listeners[0].accept()[0].close)  # it is trying, and the others come next
        self.stop(running, 0)

    def test_while_the_link_to_nats_is_frozen(self):
        nats = self.use(NatsServer())
        relay = self.use(Relay(nats.port))
        prometheus = self.use(Prometheus())
        running = self.use(gateway(nats_table(f"nats://{relay.address}"), clock_source(prometheus), ROUTER, file_sink()))
        eventually(lambda: written(running), 30, "a line in the file")
        relay.freeze()
        wait_polls(prometheus, 2)
        self.assertGreaterEqual(self.stop(running, 1)["poll"].reasons["stopped"], 1)


class EmbeddedServer(TestCase):
    def setUp(self):
        self.running = self.use(gateway(EMBEDDED, ROUTER, file_sink()))
        self.running.wait_log(r"nats=embedded state=up")

    def child(self):
        (pid,) = eventually(self.running.children, what="the embedded server")
        return pid

    def test_it_ends_with_the_gateway(self):
        self.child()
        self.running.signal(signal.SIGTERM)
        self.assertEqual(self.running.wait(), 0)
        self.assertEqual(self.running.children(), {})
        self.assertFalse((self.running.dir / "state/nats/token").exists())

    def test_it_ends_with_a_gateway_that_is_killed(self):
        self.child()
        os.kill(self.running.pid, signal.SIGKILL)
        self.running.wait()
        eventually(lambda: not self.running.children(), what="the embedded server is gone")

    def test_a_gateway_whose_server_died_says_so_and_ends(self):
        os.kill(self.child(), signal.SIGKILL)
        self.assertEqual(self.running.wait(30), 1)
        self.running.wait_log(r"nats=embedded state=down hint=.* log_file=\S+server\.log")

    def test_a_second_gateway_with_the_same_state_dir_is_refused(self):
        second = self.running.run("run", "--config", self.running.config)
        self.assertEqual(second.returncode, 1)
        self.assertRegex(second.stderr, r"cc-gateway run: embedded NATS: another gateway runs with \S+state .*give each its own state_dir")
        self.assertTrue(self.running.running)
        self.child()

    def test_after_a_kill_the_next_one_starts(self):
        os.kill(self.running.pid, signal.SIGKILL)
        self.running.kill()
        mark = self.running.mark()
        self.running.start()
        self.running.wait_log(r"bus=nats state=up", since=mark)


if __name__ == "__main__":
    main()
