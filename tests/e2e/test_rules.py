#!/usr/bin/python3
"""Rules between NATS and the store: in a file or in the configuration, replaced by SIGHUP without losing a line, refused with their place."""

import json
import os
import signal
import subprocess
import time

from delivery import CLUSTER, SUBJECT, check_balance, clock_source, file_sink, gateway, line, nats_table, store_sink, table, written
from harness import Gateway, MetricStore, NatsServer, Prometheus, TestCase, eventually, main
from nats_client import NatsClient


class Rules(TestCase):
    def setUp(self):
        self.nats = self.use(NatsServer())
        self.client = self.use(NatsClient(self.nats))

    def make(self, router, *sinks, rules=None):
        made = gateway(nats_table(self.nats), router, *sinks)
        if rules is not None:
            self.write(made, rules)
        return made

    @staticmethod
    def write(made, rules):
        (made.dir / "router.json").write_text(rules if isinstance(rules, str) else json.dumps(rules))

    def start(self, *args, **kwargs):
        running = self.use(self.make(*args, **kwargs))
        self.nats.wait_subscribed(SUBJECT)
        return running

    def test_a_router_json_decides_what_the_store_gets(self):
        store = self.use(MetricStore({"mem_used_gb": 1, "load": 1, "temp_core_1": 1}))
        rules = {
            "drop_metrics_if": ["match('temp_core_%d+', name)"],
            "rename_metrics": {"mem_used": "mem_used_gb"},
            "process_messages": {"change_unit_prefix": {"name == 'mem_used_gb'": "G"}},
        }
        running = self.start(table("[router]", rules="router.json"), store_sink(store.url), rules=rules)
        now = int(time.time()) - 10
        used = f"mem_used,cluster={CLUSTER},hostname=n1,type=node,unit=MB value=1500 {now}\n"
        self.client.publish(SUBJECT, used + line(3, now, metric="temp_core_1") + line(7, now, metric="load"))
        eventually(lambda: store.values(CLUSTER, "n1", "load", now - 5, now + 5) == {now: 7}, what="the load in the store")
        self.assertEqual(store.values(CLUSTER, "n1", "mem_used_gb", now - 5, now + 5), {now: 1.5})
        self.assertEqual(store.values(CLUSTER, "n1", "temp_core_1", now - 5, now + 5), {})
        self.assertEqual(running.stop(), 0)
        account = check_balance(self, running)["accept"]
        self.assertEqual((account.entered, account.left, account.reasons), (3, 2, {"rule": 1}))
        running.wait_log(r"^    rule \S*router\.json:1:\d+ drop_metrics_if: match\('temp_core_%d\+', name\): 1 dropped$")

    def test_rules_in_the_configuration_itself_and_aggregates_at_the_end_of_their_interval(self):
        router = table("[router]", interval="2s", grace="1s", num_cache_intervals=1) + table(
            "[[router.interval_aggregates]]", name="load_sum", function="sum(values)", **{"if": "name == 'load'"}
        )
        router += '[router.interval_aggregates.tags]\ntype = "node"\n'
        running = self.start(router, file_sink())

        def send_and_look():
            """A value of each of two cores of the present second, until the sum of an interval that saw both is there."""
            now = int(time.time())
            for core in 0, 1:
                self.client.publish(SUBJECT, f"load,hostname=n1,type=core,type-id={core} value={core + 1} {now}\n")
            return [text for text in written(running) if text.startswith("load_sum,")]

        first = eventually(send_and_look, what="an aggregate in the file")[0]
        self.assertRegex(first, rf"^load_sum,cluster={CLUSTER},hostname=n1,type=node value=3 \d*[02468]\n$")
        self.assertEqual(running.stop(), 0)
        self.assertGreaterEqual(check_balance(self, running)["accept"].made, 1)

    def test_sighup_replaces_rules_between_two_messages_and_no_line_is_lost(self):
        running = self.start(table("[router]", rules="router.json"), file_sink(), rules={"rename_metrics": {"a": "old", "b": "old"}})
        stamp, sent, swaps = int(time.time()) - 1000, 0, 0
        while swaps < 20:
            new = "new" if swaps % 2 else "old"
            self.write(running, {"rename_metrics": {"a": new, "b": new}})
            mark = running.mark()
            running.signal(signal.SIGHUP)
            while "router rules=" not in running.since(mark):
                # One message, two lines: a message that is routed by half of a rule set would show two names.
                for _ in range(20):
                    self.client.publish(SUBJECT, line(sent, stamp, "n1", "a") + line(sent, stamp, "n1", "b"))
                    sent += 1
            swaps += 1
        eventually(lambda: len(written(running)) == 2 * sent, 30, f"{2 * sent} lines in the file")
        names = {}
        for text in written(running):
            names.setdefault(text.split("value=")[1], []).append(text.split(",")[0])
        self.assertEqual(len(names), sent)
        self.assertEqual({tuple(pair) for pair in names.values()}, {("old", "old"), ("new", "new")})
        self.assertEqual(running.stop(), 0)
        check_balance(self, running)

    def test_sighup_to_a_gateway_without_router_says_that_there_is_nothing_to_read(self):
        running = self.use(gateway(nats_table(self.nats), clock_source(self.use(Prometheus()))))
        running.wait_log(r"bus=nats state=up")
        running.signal(signal.SIGHUP)
        running.wait_log(r'router reload=none config=\S+ hint="only \[router\] is read again, and this gateway was started without one; ')
        self.assertEqual(running.stop(), 0)

    def test_that_aggregates_want_no_second_subscriber_of_the_queue_group_is_said_at_the_start(self):
        rules = {"num_cache_intervals": 1, "interval_aggregates": [{"name": "x", "function": "sum(values)"}]}
        running = self.start(table("[router]", rules="router.json"), file_sink(), rules=rules)
        running.wait_log(r'router aggregates=1 queue=\S+ hint="let no second subscriber of this queue group compute them: ')
        self.assertEqual(running.stop(), 0)

    def test_rules_that_are_wrong_leave_those_before_in_force(self):
        running = self.start(table("[router]", rules="router.json"), file_sink(), rules={"rename_metrics": {"a": "before"}})
        self.write(running, '{"drop_metrics_if": ["metrc.Name() == \'a\'", "mesage.Name() == \'a\'"]}')
        running.signal(signal.SIGHUP)
        running.wait_log(r"router problem=\"\S*router\.json:1:23: unknown name 'metrc', did you mean 'metric'\"$")
        running.wait_log(r"router problem=\"\S*router\.json:1:46: unknown name 'mesage', did you mean 'message'\"$")
        running.wait_log(r"router reload=refused config=\S+ hint=\"the rules before stay in force\"$")
        self.client.publish(SUBJECT, line(1, 1000, metric="a"))
        eventually(lambda: written(running) == [line(1, 1000, metric="before")], what="the line under the name of the old rules")
        self.write(running, {"rename_metrics": {"a": "after"}})
        running.signal(signal.SIGHUP)
        running.wait_log(r"router rules=\S*router\.json count=1$")
        self.client.publish(SUBJECT, line(2, 1000, metric="a"))
        eventually(lambda: written(running)[1:] == [line(2, 1000, metric="after")], what="the line under the new name")
        self.assertEqual(running.stop(), 0)
        check_balance(self, running)

    def test_a_rule_that_fails_on_a_message_leaves_it_as_it_was_and_is_told_once(self):
        tags = ("hot", "yes", "name == 'a' && value + type > 1"), ("cold", "yes", "name == 'b' && value + type > 1"), ("rack", "r1", "*")
        rules = {"add_tags": [{"key": key, "value": value, "if": condition} for key, value, condition in tags]}
        running = self.start(table("[router]", rules="router.json"), file_sink(), rules=rules)
        self.client.publish(SUBJECT, line(1, 1000, metric="a") + line(2, 1000, metric="a"))
        running.wait_log(r'text="add_tags: hot = yes" state=failed reason=.* hint="the message stays as it was; told once, counted"$')
        # Once the second rule's failure is told, the first one's has been looked at again.
        self.client.publish(SUBJECT, line(3, 1000, metric="a") + line(4, 1000, metric="b"))
        running.wait_log(r'text="add_tags: cold = yes" state=failed reason=')
        eventually(lambda: len(written(running)) == 4, what="all lines in the file")
        self.assertTrue(all(",rack=r1 " in text and "hot" not in text and "cold" not in text for text in written(running)))
        # What rules did is told when others take their place, and at the end.
        self.write(running, {"add_tags": [{"key": "warm", "value": "yes", "if": "name == 'a' && value + type > 1"}]})
        running.signal(signal.SIGHUP)
        running.wait_log(r'router rules=replaced report="rule \S+ add_tags: hot = yes: 3 failed \(.*\)"$')
        self.client.publish(SUBJECT, line(5, 1000, metric="a"))
        eventually(lambda: len(written(running)) == 5, what="the line after the change of rules")
        self.assertEqual(running.stop(), 0)
        self.assertEqual(running.stderr.count("state=failed"), 3)
        running.wait_log(r"^    rule \S+ add_tags: warm = yes: 1 failed \(")

    def test_hosts_that_the_topology_does_not_have_are_told_once_and_counted(self):
        rules = {"drop_metrics_if": ["type-id in getSockCpuList(1)"]}
        made = self.make(table("[router]", rules="router.json", topology="cluster.json"), file_sink(), rules=rules)
        threads = {"node": [0, 1], "socket": [[0], [1]]}
        made.write_file("cluster.json", json.dumps({"subClusters": [{"nodes": "n1", "topology": threads}]}))
        running = self.use(made)
        self.nats.wait_subscribed(SUBJECT)
        lines = [f"a,cluster={CLUSTER},hostname={host},type=core,type-id=1 value=1 1000\n" for host in ("n1", "n2.site", "n3.site")]
        self.client.publish(SUBJECT, lines[0] + lines[1])
        running.wait_log(r'router host=n2\.site state="not in the topology" hint=".* give nil; told once, .*"$')
        self.client.publish(SUBJECT, lines[2])
        eventually(lambda: written(running) == lines[1:], what="the lines of these hosts")
        self.assertEqual(running.stop(), 0)
        self.assertEqual(running.stderr.count("not in the topology"), 1)
        running.wait_log(r"^    series of hosts that the topology does not have, like 'n2\.site': 2$")

    def test_check_and_run_refuse_a_wrong_rule_with_its_place_and_a_caret(self):
        for rules, router in ('{"drop_metrics_if": ["metrc.Name() == \'a\'"]}', table("[router]", rules="router.json")), (
            None, table("[router]", drop_metrics_if=["metrc.Name() == 'a'"]),
        ):  # fmt: skip
            made = self.make(router, file_sink(), rules=rules)
            for verb in "check", "run":
                done = made.run(verb, "--config", made.config)
                self.assertEqual(done.returncode, 2, done.stderr)
                self.assertRegex(done.stderr, r":\d+:\d+: .*'metrc'.*\n.*metrc.*\n +\^", done.stderr)

    def test_a_rules_file_that_is_not_there_is_told_at_its_line(self):
        made = self.make(table("[router]", rules="none.json"), file_sink())
        done = made.run("check", "--config", made.config)
        self.assertEqual(done.returncode, 2)
        self.assertRegex(done.stderr, r":\d+:9: cannot read rules '\S*none\.json': No such file or directory\n")


class StandardInput(TestCase):
    def test_route_says_why_it_cannot_be_read(self):
        program = Gateway(None)
        rules = program.write_file("router.json", "{}")
        folder = os.open("/", os.O_RDONLY)
        self.addCleanup(os.close, folder)
        done = subprocess.run([program.program(), "route", "--rules", rules], stdin=folder, capture_output=True, text=True, timeout=60)
        self.assertEqual((done.returncode, done.stderr), (1, "cc-gateway route: cannot read standard input: Is a directory\n"))


if __name__ == "__main__":
    main()
