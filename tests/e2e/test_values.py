#!/usr/bin/python3
"""What Prometheus holds is what the store returns, value for value: a real node_exporter, Prometheus, NATS server and store engine."""

import time
import tomllib

import harness
from harness import Exposition, KeyPair, MetricStore, NatsServer, NodeExporter, Prometheus, ROOT, TestCase, eventually, main
from nats_client import NatsClient
from polling import CLUSTER, balance, gateway, query, source, stored_now, to_store

INTERVAL = 2
TICKS = 3
HWTHREAD = '100 * rate(node_cpu_seconds_total{mode="user"}[2m])'


def host_of(series):
    """The host name that belongs to an `instance` with a port."""
    return series["metric"]["instance"].rpartition(":")[0].strip("[]")


def quickstart_queries():
    return tomllib.loads((ROOT / "conf/quickstart.toml").read_text())["source"][0]["query"]


class Values(TestCase):
    def start(self, targets, queries, metrics, wait):
        """Everything from Prometheus to the store, running, with `wait` (query, series) already answered."""
        self.prometheus = self.use(Prometheus(targets))
        self.nats = self.use(NatsServer())
        self.store = self.use(MetricStore({metric: INTERVAL for metric in metrics}, keys=KeyPair.demo()))
        self.prometheus.wait_for(*wait)
        polled = source(self.prometheus.url, queries, interval=f"{INTERVAL}s")
        self.gateway = gateway(self.nats, polled, to_store(self.store), store=self.store)
        self.heard = self.use(NatsClient(self.nats)).subscribe(f"{CLUSTER}.metrics")
        self.use(self.gateway)

    def check_series(self, promql, host, metric, matches=lambda series: True, **selector):
        """TICKS values of a series in the store, each compared with what Prometheus says for that time."""

        def enough():
            values = stored_now(self.store, host, metric, **selector)
            return len(values) >= TICKS and values

        values = eventually(enough, 40, f"{TICKS} values of {metric} of {host} {selector} in the store")
        for stamp, value in values.items():
            self.assertEqual(stamp % INTERVAL, 0, "a tick is a multiple of the interval")
            found = [s for s in self.prometheus.query(promql, at=stamp) if host_of(s) == host and matches(s)]
            self.assertEqual(len(found), 1, (promql, stamp, found))
            # The store's answers have three decimals.
            self.assertAlmostEqual(value, float(found[0]["value"][1]), delta=0.00051, msg=f"{metric} of {host} {selector} at {stamp}")

    def check_accounts(self, lines):
        """Nothing is lost or dropped on the way, and at the end everything is written."""
        self.assertEqual(self.gateway.stop(), 0)
        accounts = balance(self.gateway.stderr)
        self.assertEqual({stage: account.dropped + account.held for stage, account in accounts.items()}, {"poll": 0, "accept": 0, "write": 0})
        self.assertGreaterEqual(accounts["write"].out, lines)
        self.assertEqual(accounts["write"].out, accounts["poll"].total)

    def test_node_and_hwthread_metrics_of_hosts_by_name_ipv4_and_ipv6(self):
        addresses = ("127.0.0.1", "::1") if harness.have_ipv6() else ("127.0.0.1",)
        exporter = self.use(NodeExporter(addresses))
        hosts = {*addresses, "localhost"}
        node = quickstart_queries()
        self.assertEqual([row["metric"] for row in node], ["cpu_load", "cpu_user", "mem_used", "net_bw"])
        # The same metric of the node and of its threads would share the store's levels; a name of its own keeps them apart here.
        thread = query("thread_user", HWTHREAD, type="hwthread", type_id="cpu", unit="%")
        metrics = [row["metric"] for row in node] + ["thread_user"]
        self.start([*exporter.addresses, f"localhost:{exporter.port}"], [*node, thread], metrics, (HWTHREAD, len(hosts)))

        series = 0
        for row in node:
            found = {host_of(s) for s in self.prometheus.query(row["query"])}
            if row["metric"] != "net_bw":  # a machine may have no network device but lo
                self.assertEqual(found, hosts, row["metric"])
            for host in found:
                with self.subTest(metric=row["metric"], host=host):
                    series += 1
                    self.check_series(row["query"], host, row["metric"])
        cpus = {s["metric"]["cpu"] for s in self.prometheus.query(HWTHREAD)}
        self.assertGreaterEqual(len(cpus), 1)
        for host in hosts:
            for cpu in cpus:
                with self.subTest(cpu=cpu, host=host):
                    series += 1
                    self.check_series(HWTHREAD, host, "thread_user", lambda s, cpu=cpu: s["metric"]["cpu"] == cpu, type="hwthread", type_ids=[cpu])

        lines = [line for message in self.heard.messages for line in message.lines]
        for host in hosts:
            self.assertTrue([line for line in lines if line.startswith(f"cpu_load,cluster={CLUSTER},hostname={host},type=node value=")], host)
            start = f"thread_user,cluster={CLUSTER},hostname={host},type=hwthread,type-id=0,unit=% value="
            self.assertTrue([line for line in lines if line.startswith(start)], start)
        self.check_accounts(series * TICKS)

    def test_labels_become_tags_and_values_are_scaled(self):
        page = self.use(
            Exposition(
                'disk_read_bytes{device="sda",rack="r 1"} 1000000\n'
                'gpu_power_milliwatts{gpu="GPU-0,1"} 250500\nsmall 2.46913578\nlarge 123456789012345680\nnegative -0.5\n'
            )
        )
        queries = [
            query("disk_read", "disk_read_bytes", scale=1e-6, unit="MB", labels={"stype-id": "device", "rack": "rack"}, tags={"stype": "disk"}),
            query("gpu_power", "gpu_power_milliwatts", scale=0.001, unit="W", type="accelerator", type_id="gpu"),
            query("small", "small", scale=0.5),
            query("large", "large"),
            query("negative", "negative"),
        ]
        targets = [(page.address, {"instance": "n1:9100"})]
        self.start(targets, queries, [row["metric"] for row in queries], ("disk_read_bytes", 1))

        eventually(lambda: stored_now(self.store, "n1", "negative"), 40, "values in the store")
        self.assertEqual(set(stored_now(self.store, "n1", "negative").values()), {-0.5})
        self.assertEqual(set(stored_now(self.store, "n1", "small").values()), {1.235})
        self.assertEqual(set(stored_now(self.store, "n1", "large").values()), {123456789012345680})
        self.assertEqual(set(stored_now(self.store, "n1", "gpu_power", type="accelerator", type_ids=["GPU-0,1"]).values()), {250.5})

        lines = {line.rpartition(" ")[0] for message in self.heard.messages for line in message.lines}
        self.assertEqual(
            lines,
            {
                r"disk_read,cluster=c,hostname=n1,rack=r\ 1,stype=disk,stype-id=sda,type=node,unit=MB value=1",
                r"gpu_power,cluster=c,hostname=n1,type=accelerator,type-id=GPU-0\,1,unit=W value=250.5",
                r"small,cluster=c,hostname=n1,type=node value=1.23456789",
                r"large,cluster=c,hostname=n1,type=node value=123456789012345680",
                r"negative,cluster=c,hostname=n1,type=node value=-0.5",
            },
        )
        self.check_accounts(len(queries))


if __name__ == "__main__":
    main()
