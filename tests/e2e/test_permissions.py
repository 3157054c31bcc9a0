#!/usr/bin/python3
"""The permissions that `cc-gateway subjects` prints: nats-server takes them, and each role can do its work and nothing else."""

import subprocess

from delivery import ROUTER, SUBJECT, check_balance, clock_source, file_sink, gateway, nats_table, written
from harness import Gateway, NatsServer, Prometheus, TestCase, eventually, main, need
from nats_client import NatsClient
from test_tap import Tap

ROLES = ("gateway", "poller", "subscriber", "tap", "control")


def block(role, *args):
    done = Gateway().run("subjects", "--cluster", "fritz", "--permissions", role, *args)
    assert done.returncode == 0, done.stderr
    return done.stdout


class Permissions(TestCase):
    def setUp(self):
        users = "".join(f"{{ user: {role}, password: p\n{block(role)} }}\n" for role in ROLES)
        self.server = NatsServer(extra=f"authorization {{ users: [\n{users} {{ user: admin, password: p }}\n] }}\n")
        self.use(self.server)

    def login(self, role):
        """A client of ours with this role."""
        self.server.user, self.server.password = role, "p"
        return self.use(NatsClient(self.server, role))

    def run_as(self, role, *parts):
        made = gateway(nats_table(self.server, user=role, password_file="pw"), *parts)
        made.write_file("pw", "p")
        return self.use(made)

    def refusals(self, client):
        client.flush()
        found, client.errors = client.errors, []
        return found

    def test_nats_server_takes_them_also_with_a_prefix(self):
        users = "".join(f"{{ user: {role}, password: p\n{block(role, '--prefix', 'site.a')} }}\n" for role in ROLES)
        conf = self.server.dir / "prefixed.conf"
        conf.write_text(f"authorization {{ users: [\n{users}] }}\n")
        done = subprocess.run([need("nats-server"), "-t", "-c", conf], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn('"site.a.fritz.metrics"', conf.read_text())

    def test_what_each_role_may_publish_and_hear(self):
        subjects = ("fritz.metrics", "fritz.events.job", "fritz.log.ccgw", "fritz.control", "other.metrics", "$SYS.x", "fritz.>")
        allowed = {  # role: (may publish, may hear) of the subjects above; ">" is only a subscription
            "gateway": ("fritz.metrics fritz.events.job fritz.log.ccgw", "fritz.metrics"),
            "poller": ("fritz.metrics fritz.events.job fritz.log.ccgw", ""),
            "subscriber": ("", "fritz.metrics"),
            "tap": ("", "fritz.metrics fritz.events.job fritz.log.ccgw"),
            "control": ("fritz.control", ""),
        }
        for role, (publish, hear) in allowed.items():
            with self.subTest(role):
                client = self.login(role)
                can_publish, can_hear = [], []
                for subject in subjects:
                    if subject != "fritz.>":
                        client.publish(subject, "x")
                        if not self.refusals(client):
                            can_publish.append(subject)
                    client.subscribe(subject)
                    if not self.refusals(client):
                        can_hear.append(subject)
                self.assertEqual((can_publish, can_hear), (publish.split(), hear.split()))

    def test_a_control_user_gets_its_answers_in_its_private_inbox(self):
        admin, control = self.login("admin"), self.login("control")
        asked, answers = admin.subscribe("fritz.control"), control.subscribe("_INBOX_ctl.x.>")
        control.publish("fritz.control", "question", "_INBOX_ctl.x.1")
        admin.publish(asked.wait(1)[0].reply, "answer")
        self.assertEqual(answers.wait(1)[0].text, "answer")
        control.subscribe("_INBOX.>")
        self.assertIn("Permissions Violation for Subscription", self.refusals(control)[0])

    def test_a_poller_and_a_subscriber_do_their_work(self):
        subscriber = self.run_as("subscriber", ROUTER, file_sink())
        self.server.wait_subscribed(SUBJECT)
        poller = self.run_as("poller", clock_source(self.use(Prometheus())))
        eventually(lambda: len(written(subscriber)) >= 2, 30, "two lines in the file")
        for running in (poller, subscriber):
            self.assertEqual(running.stop(), 0)
            check_balance(self, running)
            self.assertNotIn("state=refused", running.log)

    def test_the_whole_gateway_does_its_work(self):
        running = self.run_as("gateway", clock_source(self.use(Prometheus())), ROUTER, file_sink())
        eventually(lambda: len(written(running)) >= 2, 30, "two lines in the file")
        self.assertEqual(running.stop(), 0)
        self.assertNotIn("state=refused", running.log)

    def tap_config(self, role):
        folder = Gateway()
        return folder.write_config(
            '[gateway]\ncluster = "fritz"\nstate_dir = "state"\n'
            + nats_table(self.server, user=role, password_file=str(folder.write_file("pw", "p")))
            + ROUTER + file_sink()
        )  # fmt: skip

    def test_a_tap_that_may_hear_nothing_ends(self):
        done = Gateway().run("tap", "--config", self.tap_config("poller"))
        self.assertEqual(done.returncode, 1)
        self.assertIn("cc-gateway tap: this user may not hear fritz.metrics nor fritz.events.> nor fritz.log.>\n", done.stderr)

    def test_a_tap_that_may_hear_a_part_listens_to_that(self):
        tap = self.use(Tap(self.server, "--config", self.tap_config("subscriber"), "--count", "1", subscriptions=1))
        tap.wait_log(r"state=refused what=subscribe subject=fritz\.log\.")
        self.login("admin").publish(SUBJECT, "cpu_load,hostname=n1 value=1 1\n")
        self.assertEqual(tap.wait(), 0)

    def test_a_tap_listens(self):
        tap = self.use(Tap(self.server, "--config", self.tap_config("tap"), "--count", "1"))
        self.login("admin").publish(SUBJECT, "cpu_load,hostname=n1 value=1 1\n")
        self.assertEqual(tap.wait(), 0)
        self.assertEqual((tap.stdout, tap.told), ("cpu_load,hostname=n1 value=1 1\n", ""))


if __name__ == "__main__":
    main()
