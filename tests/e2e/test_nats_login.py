#!/usr/bin/python3
"""Ways to NATS: logins, permissions, TLS, several servers, a small payload. What is wrong is said, nothing is lost meanwhile."""

import collections
import re
import signal
import time

import harness
from delivery import ROUTER, SUBJECT, check_balance, clock_source, file_sink, gateway, nats_table, source, wait_polls, written
from harness import Exposition, NatsServer, Prometheus, TestCase, eventually, main
from nats_client import NatsClient


def stamps(running):
    return [int(text.split()[-1]) for text in written(running)]


class Login(TestCase):
    def whole(self, server, **keys):
        prometheus = self.use(Prometheus())
        return gateway(nats_table(server, **keys), clock_source(prometheus), ROUTER, file_sink())

    def check_writes(self, running, since=0):
        eventually(lambda: [s for s in stamps(running) if s > since], 30, "a line in the file")

    def check_new_secret(self, running, file, old, new, secret):
        """The server comes back with another secret; the file follows later. Nothing polled meanwhile is lost."""
        self.check_writes(running)
        old.stop()
        self.use(new)
        mark = running.mark()
        running.wait_log(r"bus=nats state=down reason=.*(?i:authorization)", timeout=30, since=mark)
        running.write_file(file, secret)
        running.wait_log(r"bus=nats state=up", timeout=30, since=mark)
        self.check_writes(running, since=time.time())
        times = stamps(running)
        self.assertEqual(times, list(range(times[0], times[-1] + 1)))
        self.assertEqual(running.stop(), 0)
        self.assertNotIn(secret, running.log)
        check_balance(self, running)

    def test_a_new_password_is_taken_from_the_file_without_a_restart(self):
        old = self.use(NatsServer(user="gw", password="p:@/ä 1"))
        made = self.whole(old, user="gw", password_file="nats.password")
        made.write_file("nats.password", "p:@/ä 1\n")
        self.check_new_secret(self.use(made), "nats.password", old, NatsServer(user="gw", password="f00b@r", port=old.port), "f00b@r")

    def test_a_new_token_is_taken_from_the_file_without_a_restart(self):
        old = self.use(NatsServer(token="t0ps3cret"))
        made = self.whole(old, token_file="nats.token")
        made.write_file("nats.token", "t0ps3cret\n")
        self.check_new_secret(self.use(made), "nats.token", old, NatsServer(token="n3wt0ken", port=old.port), "n3wt0ken")

    def test_a_wrong_password_at_the_start_is_said_and_can_be_mended(self):
        server = self.use(NatsServer(user="gw", password="right"))
        made = self.whole(server, user="gw", password_file="nats.password")
        made.write_file("nats.password", "wr0ng")
        running = self.use(made)
        running.wait_log(r"bus=nats state=down reason=.*(?i:authorization)")
        made.write_file("nats.password", "right")
        self.check_writes(running)
        self.assertNotIn("wr0ng", running.log)

    def test_a_user_that_may_not_publish_keeps_its_lines_until_it_may(self):
        server = NatsServer()
        self.configure(server, "something.else")
        self.use(server)
        prometheus = self.use(Prometheus())
        poller = gateway(nats_table(server, user="gw", password_file="pw"), clock_source(prometheus))
        poller.write_file("pw", "p")
        self.use(poller)
        poller.wait_log(r"bus=nats state=refused what=publish subject=fritz\.metrics .*'cc-gateway subjects' prints")
        poller.wait_log(r"publish state=waiting reason=.*fritz\.metrics")
        wait_polls(prometheus, 2)
        server.user, server.password = "ear", "e"
        heard = self.use(NatsClient(server)).subscribe(SUBJECT)
        mark = poller.mark()
        self.configure(server, SUBJECT)
        server.signal(signal.SIGHUP)
        poller.wait_log(r"publish state=up", timeout=30, since=mark)
        lines = heard.wait_lines(3)
        self.assertEqual(poller.stop(), 0)
        times = sorted({int(text.split()[-1]) for text in lines})
        self.assertEqual(times, list(range(times[0], times[-1] + 1)))
        account = check_balance(self, poller)["poll"]
        self.assertEqual((account.left, account.dropped), (account.entered, 0))

    def test_what_may_not_be_published_is_not_counted_as_published(self):
        server = NatsServer()
        self.configure(server, "something.else")
        self.use(server)
        poller = gateway(nats_table(server, user="gw", password_file="pw"), clock_source(self.use(Prometheus())))
        poller.write_file("pw", "p")
        self.use(poller)
        poller.wait_log(r"publish state=waiting reason=.*fritz\.metrics")
        self.assertEqual(poller.stop(), 1)
        account = check_balance(self, poller)["poll"]
        self.assertGreater(account.entered, 0)
        self.assertEqual((account.left, account.reasons), (0, {"stopped": account.entered}))

    @staticmethod
    def configure(server, may_publish):
        conf = server.dir / "nats.conf"
        text = conf.read_text().partition("authorization")[0]
        conf.write_text(
            f'{text}authorization {{ users: [\n {{user: gw, password: p, permissions: {{publish: "{may_publish}", subscribe: "_INBOX.>"}}}}\n'
            " {user: ear, password: e}\n] }\n"
        )

    def test_over_tls(self):
        certificate = harness.Certificate.make()
        extra = f'tls {{ cert_file: "{certificate.certificate}", key_file: "{certificate.key}" }}\n'
        server = self.use(NatsServer(extra=extra))
        url = f"tls://localhost:{server.port}"
        running = self.use(gateway(nats_table(url), f'[nats.tls]\nca = "{certificate.ca}"\n', clock_source(self.use(Prometheus())), ROUTER, file_sink()))
        self.check_writes(running)
        stranger = self.use(gateway(nats_table(url), f'[nats.tls]\nca = "{harness.Certificate.make().ca}"\n', ROUTER, file_sink()))
        stranger.wait_log(r"bus=nats state=down reason=.*(?i:certificate|ssl|tls)")
        plain = self.use(gateway(nats_table(server), ROUTER, file_sink()))
        plain.wait_log(r"bus=nats state=down reason=.*(?i:secure|tls|ssl)")

    def test_of_several_servers_the_first_may_be_dead(self):
        server = self.use(NatsServer())
        prometheus = self.use(Prometheus())
        servers = nats_table(f"nats://127.0.0.1:{harness.free_port()}", server)
        running = self.use(gateway(servers, clock_source(prometheus), ROUTER, file_sink()))
        self.check_writes(running)
        self.assertIn(f"state=up url={server.url}", running.log)

    def test_a_server_that_takes_only_small_messages_gets_small_ones(self):
        server = self.use(NatsServer(extra="max_payload: 4KB\n"))
        heard = self.use(NatsClient(server)).subscribe(SUBJECT)
        hosts = {f"node{i:03}.long.name.example.org" for i in range(200)}
        page = self.use(Exposition("".join(f'load{{host="{host}"}} 1\n' for host in sorted(hosts))))
        prometheus = self.use(Prometheus([page.address]))
        prometheus.wait_for("load", len(hosts))
        running = self.use(gateway(nats_table(server), source(prometheus, "load", hostname="host", interval="2s"), ROUTER, file_sink()))
        eventually(lambda: len(written(running)) >= 2 * len(hosts), 30, "two ticks in the file")
        self.assertEqual(running.stop(), 0)
        self.assertEqual(check_balance(self, running)["poll"].dropped, 0)
        self.assertLessEqual(max(len(message.body) + len(message.headers) for message in heard.messages), 4096)
        self.assertEqual(collections.Counter(heard.lines), collections.Counter(text.rstrip("\n") for text in written(running)))
        per_tick = collections.defaultdict(list)
        for text in heard.lines:
            per_tick[text.split()[-1]].append(re.search(r"hostname=([^,]+)", text)[1])
        for tick, found in per_tick.items():
            self.assertEqual((len(found), set(found)), (len(hosts), hosts), tick)


if __name__ == "__main__":
    main()
