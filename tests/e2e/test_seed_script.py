#!/usr/bin/python3
"""What goes wrong with the usual cron script between Prometheus and cc-metric-store goes right here, or is named: one test a fault.

The script itself runs beside the gateway in test_beside_the_script.py."""

import json
import time
import tomllib

import harness
from harness import Exposition, KeyPair, MetricStore, NatsServer, Prometheus, ROOT, TestCase, eventually, main
from polling import CLUSTER, History, balance, gateway, once, query, source, stored_now, to_file, to_store, written

LOAD = [query("cpu_load", "node_load1")]


def recommended(metric):
    """The query that conf/prometheus.toml recommends."""
    rows = tomllib.loads((ROOT / "conf/prometheus.toml").read_text())["source"][0]["query"]
    (row,) = (row for row in rows if row["metric"] == metric)
    return row


class World(TestCase):
    def scrape(self, pages, **options):
        """Prometheus scraping an exporter of ours whose page differs from instance to instance: {instance: page}."""
        exporter = self.use(Exposition())
        targets = []
        for i, (instance, page) in enumerate(pages.items()):
            exporter.set_page(page, f"/{i}")
            targets.append((exporter.address, {"instance": instance, "__metrics_path__": f"/{i}"}))
        prometheus = self.use(Prometheus(targets, **options))
        eventually(lambda: all(s["value"][1] == "1" for s in prometheus.wait_for("up offset 2s", len(targets))), what="all are scraped")
        return prometheus

    def lines(self, prometheus, queries, **settings):
        """One poll: the lines without their time."""
        program = gateway(None, source(prometheus.url, queries, **settings), to_file())
        done = once(program)
        self.assertEqual(done.returncode, 0, done.stderr)
        return [line.rpartition(" ")[0] for line in written(program)], done

    def hosts(self, prometheus, queries, **settings):
        lines, done = self.lines(prometheus, queries, **settings)
        return [line.partition(f",cluster={CLUSTER},hostname=")[2].partition(",type=node value=")[0] for line in lines], done


class Poison(World):
    def test_an_odd_instance_a_nan_and_an_infinity_cost_nothing_but_themselves(self):
        good = {f"n{i:02}:9100": "node_load1 0.5\nnode_memory_used 7\n" for i in range(1, 20)}
        bad = {
            "n20:9100": "node_load1 NaN\nnode_memory_used 7\n",
            "n21:9100": "node_load1 +Inf\nnode_memory_used -Inf\n",
            "n22:9100": "node_load1 1e301\nnode_memory_used 7\n",
            "rack/7:9100": "node_load1 0.5\nnode_memory_used 7\n",
            "ends in a backslash\\": "node_load1 0.5\nnode_memory_used 7\n",
        }
        prometheus = self.scrape(bad | good)
        store = self.use(MetricStore({"cpu_load": 1, "mem_used": 1}, keys=KeyPair.demo()))
        queries = [*LOAD, query("mem_used", "node_memory_used")]
        done = once(gateway(None, source(prometheus.url, queries), to_store(store), store=store))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.balance["poll"].total, 2 * (len(good) + len(bad)))
        self.assertEqual(done.balance["poll"].reasons, {"nan": 1, "infinite": 2, "out_of_range": 1, "not_representable": 2})
        self.assertEqual(done.balance["accept"].reasons, {"bad_host": 2})  # the store would file it outside its folder
        self.assertEqual(done.balance["write"].out, 2 * len(good) + 2)
        for instance in good:
            host = instance.removesuffix(":9100")
            self.assertEqual(list(stored_now(store, host, "cpu_load").values()), [0.5], host)
            self.assertEqual(list(stored_now(store, host, "mem_used").values()), [7], host)
        self.assertEqual(list(stored_now(store, "n20", "mem_used").values()), [7])
        self.assertEqual(stored_now(store, "n20", "cpu_load"), {})


class Hostnames(World):
    def test_instances_become_host_names(self):
        names = {
            "n1:9100": "n1",
            "n2": "n2",
            "192.0.2.7:9100": "192.0.2.7",
            "[::1]:9100": "::1",
            "[2001:db8::7]:9100": "2001:db8::7",
            "[2001:db8::8]": "2001:db8::8",
            "2001:db8::9": "2001:db8::9",
            "n3.example.org:9100": "n3.example.org",
        }
        found, _ = self.hosts(self.scrape({instance: "node_load1 1\n" for instance in names}), LOAD)
        self.assertEqual(found, sorted(names.values()))

    def test_domains_are_shortened_by_a_suffix_or_an_expression(self):
        prometheus = self.scrape({f"{name}:9100": "node_load1 1\n" for name in ("n1.example.org", "n2.other.net", "login")})
        for settings, want in (
            ({}, ["login", "n1.example.org", "n2.other.net"]),
            ({"strip_suffix": ".example.org"}, ["login", "n1", "n2.other.net"]),
            ({"hostname_regex": "^([^.]+)"}, ["login", "n1", "n2"]),
            ({"strip_suffix": ".example.org", "add_suffix": "-ib"}, ["login-ib", "n1-ib", "n2.other.net-ib"]),
        ):
            with self.subTest(settings):
                self.assertEqual(self.hosts(prometheus, LOAD, **settings)[0], want)
                self.assertEqual(self.hosts(prometheus, [LOAD[0] | settings])[0], want, "the same in the query")
        found, done = self.hosts(prometheus, LOAD, hostname_regex="^(n[0-9]+)")
        self.assertEqual((found, done.balance["poll"].reasons), (["n1", "n2"], {"no_hostname": 1}))

    def test_characters_that_need_escaping_arrive(self):
        hosts = ["rack 7", "a,b=c", 'quo"te', "nöde-1", "back\\slash in the middle", "#hash"]
        prometheus = self.scrape({f"{host}:9100": f'node_load1{{device={json.dumps(host, ensure_ascii=False)}}} 1\n' for host in hosts})
        store = self.use(MetricStore({"cpu_load": 1}, keys=KeyPair.demo()))
        program = gateway(None, source(prometheus.url, [LOAD[0] | {"labels": {"device": "device"}}]), to_store(store), store=store)
        done = once(program)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.balance["write"].reasons, {}, done.stderr)
        for host in hosts:
            if "\\" not in host:  # the store skips such a host, lest it leave its folder
                self.assertEqual(list(stored_now(store, host, "cpu_load").values()), [1], host)
        self.assertEqual(done.balance["accept"].reasons, {"bad_host": 1})


class TwoJobs(World):
    """The same host is scraped by jobs a and b."""

    def scrape_twice(self, page_a, page_b):
        instance = {"instance": "n1:9100"}
        jobs = {job: [(self.use(Exposition(page)).address, instance)] for job, page in (("b", page_b), ("a", page_a))}
        prometheus = self.use(Prometheus(jobs=jobs))
        prometheus.wait_for("up offset 2s", 2)
        return prometheus

    def test_the_first_by_label_order_is_written_and_the_other_named_once(self):
        prometheus = self.scrape_twice("node_load1 1\n", "node_load1 2\n")
        program = self.use(gateway(self.use(NatsServer()), source(prometheus.url, LOAD), to_file()))
        eventually(lambda: len(written(program)) >= 3, 30, "three ticks")
        self.assertEqual(program.stop(), 0)
        lines = written(program)
        self.assertEqual({line.rpartition(" ")[0] for line in lines}, {"cpu_load,cluster=c,hostname=n1,type=node value=1"})
        self.assertEqual(balance(program.stderr)["poll"].reasons, {"duplicate": len(lines)})
        (told,) = (line for line in program.stderr.splitlines() if "dropped=duplicate" in line)
        self.assertRegex(told, r'metric=cpu_load .*kept="\{.*job=\\"a\\".*dropped_series="\{.*job=\\"b\\"')

    def history_twice(self):
        def page(moment):
            return {f'node_network_{way}_bytes_total{{device="eth0"}}': 1000 * (moment % 10**6) for way in ("receive", "transmit")}

        history = self.use(History({"/a": page, "/b": page}))
        targets = {job: [(history.address, {"instance": "n1:9100", "__metrics_path__": f"/{job}"})] for job in ("a", "b")}
        prometheus = self.use(Prometheus(jobs=targets, scrape_interval="300ms"))
        eventually(history.complete, 40, "two minutes of history are scraped")
        return prometheus

    def test_a_sum_is_not_doubled(self):
        prometheus = self.history_twice()
        rates = "rate(node_network_receive_bytes_total[1m]) + rate(node_network_transmit_bytes_total[1m])"

        def value_of(row):
            lines, done = self.lines(prometheus, [row])
            (line,) = lines
            return float(line.rpartition("value=")[2]), done.balance["poll"].reasons

        value, reasons = value_of(query("net_bw", f"sum by(instance)({rates})"))
        self.assertAlmostEqual(value, 4000, delta=400)  # the script's way: twice
        value, reasons = value_of(query("net_bw", f"sum by(instance,job)({rates})"))
        self.assertAlmostEqual(value, 2000, delta=200)
        self.assertEqual(reasons, {"duplicate": 1})
        value, reasons = value_of(recommended("net_bw"))
        self.assertAlmostEqual(value, 2000, delta=200)
        self.assertEqual(reasons, {})


class Devices(World):
    def test_one_way_devices_count_and_bonds_do_not_count_twice(self):
        rates = {"eth0": (1000, 500), "eth1": (100, None), "ib0": (None, 30), "bond0": (1000, 500), "lo": (7, 7), "br0": (1, 1), "eth0.100": (900, 400)}

        def page(moment):
            return {
                f'node_network_{way}_bytes_total{{device="{device}"}}': rate * (moment % 10**6)
                for device, both in rates.items()
                for way, rate in zip(("receive", "transmit"), both)
                if rate is not None
            }

        history = self.use(History({"/metrics": page}))
        prometheus = self.use(Prometheus([(history.address, {"instance": "n1:9100"})], scrape_interval="300ms"))
        eventually(history.complete, 40, "two minutes of history are scraped")
        (line,), _ = self.lines(prometheus, [recommended("net_bw")])
        self.assertTrue(line.startswith("net_bw,cluster=c,hostname=n1,type=node,unit=B/s value="), line)
        self.assertAlmostEqual(float(line.rpartition("value=")[2]), 1000 + 500 + 100 + 30, delta=100)
        script = 'sum by(instance)(rate(node_network_receive_bytes_total{device!="lo"}[2m]) + rate(node_network_transmit_bytes_total{device!="lo"}[2m]))'
        (line,), _ = self.lines(prometheus, [query("net_bw", script)])
        self.assertAlmostEqual(float(line.rpartition("value=")[2]), 1500 + 1500 + 2 + 1300, delta=250)


class Time(World):
    def test_the_time_is_the_tick_s(self):
        prometheus = self.scrape({f"n{i}:9100": "node_load1 1\n" for i in range(3)})
        prometheus.wait_for("node_load1 offset 7s", 3)
        program = gateway(None, source(prometheus.url, LOAD, interval="7s", delay="0s"), to_file())
        before = int(time.time())
        self.assertEqual(once(program).returncode, 0)
        (stamp,) = {int(line.rpartition(" ")[2]) for line in written(program)}
        self.assertEqual(stamp % 7, 0)
        self.assertIn(stamp, range(before - 6, int(time.time()) + 1))

    def test_an_old_sample_is_not_stored_as_now(self):
        now = int(time.time())
        prometheus = self.scrape({"n1:9100": f"node_load1 7 {now - 243}000\n", "n2:9100": f"node_load1 8 {now - 60}000\n", "n3:9100": "node_load1 9\n"})
        self.assertEqual(len(prometheus.query("node_load1")), 3)  # Prometheus itself takes all three for present
        for promql in ("node_load1", "max by(instance)(node_load1)", "node_load1 * 1 + 0"):
            with self.subTest(promql):
                self.assertEqual(self.hosts(prometheus, [query("cpu_load", promql)])[0], ["n2", "n3"])
                self.assertEqual(self.hosts(prometheus, [query("cpu_load", promql)], max_age="30s")[0], ["n3"])
                self.assertEqual(self.hosts(prometheus, [query("cpu_load", promql)], max_age="280s")[0], ["n1", "n2", "n3"])

    def test_a_host_that_cannot_be_scraped_any_more_vanishes_at_once(self):
        page = self.use(Exposition("node_load1 1\n"))
        prometheus = self.use(Prometheus([(page.address, {"instance": "n1:9100"})]))
        prometheus.wait_for("node_load1 offset 2s")
        self.assertEqual(self.hosts(prometheus, LOAD)[0], ["n1"])
        page.set_page(None)
        prometheus.wait_for("up offset 2s == 0")
        self.assertEqual(self.hosts(prometheus, LOAD)[0], [])


    def test_the_rates_of_a_dead_exporter_end_at_once_as_conf_recommends_them(self):
        def page(moment):
            ways = ("receive", "transmit")
            return {f'node_network_{way}_bytes_total{{device="eth0"}}': moment % 10**6 for way in ways} | {
                'node_cpu_seconds_total{cpu="0",mode="user"}': moment % 10**6 / 2
            }

        history = self.use(History({"/metrics": page}))
        prometheus = self.use(Prometheus([(history.address, {"instance": "n1:9100"})], scrape_interval="300ms"))
        eventually(history.complete, 40, "two minutes of history are scraped")
        queries = [recommended("cpu_user"), recommended("net_bw")]
        self.assertEqual(len(self.lines(prometheus, queries)[0]), 2)
        history.dead = True
        prometheus.wait_for("up offset 2s == 0")
        self.assertEqual(self.lines(prometheus, queries)[0], [])
        script = query("cpu_user", '100 * avg by(instance)(rate(node_cpu_seconds_total{mode="user"}[2m]))')
        self.assertEqual(len(self.lines(prometheus, [script])[0]), 1)  # it goes on for the window


class Failing(World):
    def test_prometheus_down_is_an_error(self):
        store = self.use(MetricStore({"cpu_load": 1}))
        done = once(gateway(None, source(f"http://127.0.0.1:{harness.free_port()}", LOAD), to_store(store)))
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r"metric=cpu_load state=failing reason=.*[Cc]onnect")

    def test_the_key_to_read_back_by_is_host(self):
        prometheus = self.scrape({"n1:9100": "node_load1 1\n"})
        store = self.use(MetricStore({"cpu_load": 1}))
        self.assertEqual(once(gateway(None, source(prometheus.url, LOAD), to_store(store))).returncode, 0)

        def read(key):
            now = int(time.time())
            body = {"cluster": CLUSTER, "from": now - 60, "to": now + 1, "with-padding": False, "queries": [{"metric": "cpu_load", key: "n1"}]}
            return store.call("GET", "/api/query", json.dumps(body)).json()["results"]

        self.assertEqual(read("hostname"), [[]])
        self.assertEqual(eventually(lambda: read("host")[0], what="the value can be read")[0]["data"][-1], 1)


if __name__ == "__main__":
    main()
