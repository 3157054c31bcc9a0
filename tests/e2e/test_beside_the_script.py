#!/usr/bin/python3
"""The usual cron script between Prometheus and cc-metric-store, beside the gateway on the same input: it loses lines, the gateway does not.

The script is taken out of the project's seed documents at run time, as it stands but for its addresses; CC_GATEWAY_SEEDS names their folder."""

import os
import pathlib
import re
import subprocess
import unittest

import harness
from harness import Exposition, Gateway, KeyPair, MetricStore, Prometheus, ROOT, TestCase, main
from polling import CLUSTER, gateway, once, python_with, query, source, stored_now, to_store

HOSTS = [f"n{i:02}" for i in range(1, 11)]
METRICS = {"cpu_load": 0.5, "mem_used": 7}


def seed_script():
    folder = pathlib.Path(os.environ.get("CC_GATEWAY_SEEDS", ROOT / "../shared/seeds"))
    for document in folder.glob("000_*.txt"):
        text = document.read_text()
        begin = text.find('#!/usr/bin/env python3\n"""Sync metrics from Prometheus to cc-metric-store."""')
        end = text.find("    main()\n", begin)
        if begin >= 0 and end >= 0:
            return text[begin : end + len("    main()\n")]
    raise unittest.SkipTest("skipped: needs the seed documents")


class Script(harness.Process):
    name = "script"

    def __init__(self, prometheus_url, store):
        super().__init__()
        text = seed_script()
        values = {"PROMETHEUS_URL": prometheus_url, "CCMS_URL": store.url, "JWT_TOKEN": store.token, "CLUSTER_NAME": CLUSTER}
        for name, value in values.items():
            text, count = re.subn(rf'(?m)^{name} *= ".*?"', f'{name} = "{value}"', text)
            assert count == 1, f"the script has no {name}"
        self.path = self.dir / "script.py"
        self.path.write_text(text)

    def once(self):
        return subprocess.run([python_with("requests"), str(self.path)], capture_output=True, text=True, timeout=60)


class Beside(TestCase):
    def world(self, bad):
        """Prometheus with ten good hosts and, if `bad`, three that are not; a store for the script and one for the gateway."""
        exporter = self.use(Exposition())
        good = "node_load1 0.5\nnode_memory_MemTotal_bytes 8388608\nnode_memory_MemAvailable_bytes 1048576\n"
        pages = {f"{host}:9100": good for host in HOSTS}
        if bad:
            pages |= {"n98:9100": good.replace("0.5", "NaN"), "n99:9100": good.replace("0.5", "+Inf"), "a rack:9100": good}
        targets = []
        for i, (instance, page) in enumerate(pages.items()):
            exporter.set_page(page, f"/{i}")
            targets.append((exporter.address, {"instance": instance, "__metrics_path__": f"/{i}"}))
        prometheus = self.use(Prometheus(targets))
        prometheus.wait_for("node_load1 offset 2s", len(pages))
        return prometheus, *(self.use(MetricStore({metric: 1 for metric in METRICS}, keys=KeyPair.demo())) for _ in range(2))

    def run_gateway(self, prometheus, store):
        queries = [
            query("cpu_load", "node_load1"),
            query("mem_used", "(node_memory_MemTotal_bytes - node_memory_MemAvailable_bytes) / (1024*1024)"),
        ]
        return once(gateway(None, source(prometheus.url, queries), to_store(store), store=store))

    def missing(self, store):
        """(host, metric) of the good hosts whose value is not in the store."""
        return [(h, m) for h in HOSTS for m, value in METRICS.items() if value not in stored_now(store, h, m).values()]

    def test_with_good_input_both_write_the_same(self):
        prometheus, of_script, of_gateway = self.world(bad=False)
        script, program = Script(prometheus.url, of_script).once(), self.run_gateway(prometheus, of_gateway)
        self.assertEqual((script.returncode, program.returncode), (0, 0), script.stderr + program.stderr)
        harness.eventually(lambda: not self.missing(of_script), what="the script's values can be read")
        self.assertEqual(self.missing(of_gateway), [])

    def test_what_the_script_is_converted_to_writes_the_same(self):
        prometheus, of_script, of_gateway = self.world(bad=False)
        script = Script(prometheus.url, of_script)
        done = script.once()
        self.assertEqual(done.returncode, 0, done.stderr)
        program = Gateway()
        converted = program.run("convert", script.path)
        self.assertEqual((converted.returncode, converted.stderr), (0, ""))
        # What the test changes: the store; a folder and a nats-server of the tests; the tick, as this Prometheus knows nothing of the last minute.
        text = converted.stdout.replace(of_script.url, of_gateway.url)
        for old, new in (
            ("[gateway]\n", '[gateway]\nstate_dir = "state"\n'),
            ("[nats]\n", f'[nats]\nserver = "{harness.need("nats-server")}"\n'),
            ('interval = "60s"', 'delay = "500ms"\ninterval = "1s"'),
        ):
            self.assertEqual(text.count(old), 1, text)
            text = text.replace(old, new)
        program.write_config(text)
        program.write_file("ccms.jwt", of_gateway.token)
        ran = program.run("run", "--once", "--config", program.config)
        self.assertEqual(ran.returncode, 0, ran.stderr)
        harness.eventually(lambda: not self.missing(of_script), what="the script's values can be read")
        self.assertEqual(self.missing(of_gateway), [])

    def test_with_odd_input_the_script_loses_lines_and_the_gateway_does_not(self):
        prometheus, of_script, of_gateway = self.world(bad=True)
        script, program = Script(prometheus.url, of_script).once(), self.run_gateway(prometheus, of_gateway)
        self.assertEqual((script.returncode, program.returncode), (1, 0), script.stderr + program.stderr)
        self.assertIn("400 Client Error", script.stderr)
        self.assertEqual(self.missing(of_gateway), [])
        self.assertEqual(program.balance["poll"].reasons, {"nan": 1, "infinite": 1})
        self.assertEqual(set(stored_now(of_gateway, "a rack", "cpu_load").values()), {0.5})
        # Its request is refused in the midst of cpu_load, so all of mem_used comes too late.
        lost = self.missing(of_script)
        self.assertTrue({(host, "mem_used") for host in HOSTS} <= set(lost), lost)

    def test_with_prometheus_away_the_script_says_that_all_is_well(self):
        of_script, of_gateway = (self.use(MetricStore({metric: 1 for metric in METRICS}, keys=KeyPair.demo())) for _ in range(2))
        nobody = Prometheus()
        script, program = Script(nobody.url, of_script).once(), self.run_gateway(nobody, of_gateway)
        self.assertEqual((script.returncode, program.returncode), (0, 1))


if __name__ == "__main__":
    main()
