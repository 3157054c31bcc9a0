#!/usr/bin/python3
"""The sinks that need no server: a file that is rotated under them, and standard output."""

import os

from delivery import EMBEDDED, ROUTER, SUBJECT, check_balance, clock_source, file_sink, gateway, nats_table, numbered, table, written
from harness import NatsServer, Prometheus, TestCase, eventually, main
from nats_client import NatsClient


class Sinks(TestCase):
    def setUp(self):
        self.nats = self.use(NatsServer())
        self.client = self.use(NatsClient(self.nats))

    def start(self, *sinks):
        running = self.use(gateway(nats_table(self.nats), ROUTER, *sinks))
        self.nats.wait_subscribed(SUBJECT)
        return running

    def test_a_file_that_was_renamed_is_begun_anew(self):
        running = self.start(file_sink())
        lines = numbered(20)
        self.client.publish(SUBJECT, "".join(lines[:10]))
        eventually(lambda: written(running) == lines[:10], what="the first lines")
        os.rename(running.dir / "lines.lp", running.dir / "lines.lp.1")
        self.client.publish(SUBJECT, "".join(lines[10:]))
        eventually(lambda: written(running) == lines[10:], what="the new lines in a new file")
        self.assertEqual(written(running, "lines.lp.1"), lines[:10])
        self.assertEqual(running.stop(), 0)
        check_balance(self, running)

    def test_a_file_is_appended_to(self):
        running = self.start(file_sink())
        lines = numbered(2)
        self.client.publish(SUBJECT, lines[0])
        eventually(lambda: written(running) == lines[:1], what="the first line")
        running.stop()
        running.start()
        self.nats.wait_subscribed(SUBJECT)
        self.client.publish(SUBJECT, lines[1])
        eventually(lambda: written(running) == lines, what="both lines")

    def test_a_file_that_cannot_be_written_is_said_at_the_start(self):
        running = gateway(nats_table(self.nats), ROUTER, file_sink("nowhere/lines.lp"))
        done = running.run("run", "--config", running.config)
        self.assertEqual(done.returncode, 2)
        self.assertRegex(done.stderr, r"cc-gateway run: cannot open \S*nowhere/lines\.lp: No such file or directory")

    def test_every_sink_gets_every_line(self):
        running = self.start(file_sink(), file_sink("more.lp").replace('"copy"', '"more"'), table("[[sink]]", name="screen", type="stdout"))
        lines = numbered(5)
        self.client.publish(SUBJECT, "".join(lines))
        for read in (lambda: written(running), lambda: written(running, "more.lp"), lambda: running.stdout.splitlines(True)):
            eventually(lambda: read() == lines, what="the lines")
        self.assertEqual(running.stop(), 0)
        accounts = check_balance(self, running)
        self.assertEqual([a.left for name, a in accounts.items() if name.startswith("write ")], [5, 5, 5])
        self.assertEqual(running.stdout.splitlines(True), lines)

    def test_once_writes_to_standard_output_and_says_the_balance_beside_it(self):
        running = gateway(EMBEDDED, clock_source(self.use(Prometheus())), ROUTER, table("[[sink]]", name="screen", type="stdout"))
        done = running.run("run", "--config", running.config, "--once")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r"^tick,cluster=fritz,hostname=n1,type=node value=(\d+) \1\n$")
        self.assertRegex(done.stderr, r"write +screen +1 accepted = 1 written \+ 0 dropped \+ 0 held")


if __name__ == "__main__":
    main()
