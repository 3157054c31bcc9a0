#!/usr/bin/python3
"""One tick of 4 queries x HOSTS hosts into a real store: the gateway beside the cron script of ClusterCockpit's documentation.

Both get the same answers from a replay server of ours on loopback (recorded once from its own generator), both write to the real metric
store, in turn, RUNS times. Figures of a process are the kernel's (wait4): CPU = user + system, RSS = its peak. The gateway works through a
nats-server; what that costs is printed as its own line and added to the gateway's CPU in the ratio.

The script is taken from the documentation at run time: CC_GATEWAY_SEEDS, else ../shared/seeds.
"""

import json
import os
import pathlib
import random
import re
import statistics
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
from harness import Answer, FaultServer, Gateway, KeyPair, MetricStore, NatsServer, ROOT, eventually, run_dir  # noqa: E402

HOSTS = int(os.environ.get("HOSTS", 10_000))
RUNS = int(os.environ.get("RUNS", 5))
METRICS = ("cpu_load", "cpu_user", "mem_used", "net_bw")
FREQUENCIES = {metric: 60 for metric in METRICS}


def recorded_answers():
    """{metric: body} as Prometheus writes them, with values of the usual lengths."""
    numbers = random.Random(1)
    answers = {}
    for metric in METRICS:
        result = [
            {"metric": {"instance": f"node{i:05}:9100", "job": "node"}, "value": [1700000000.123, repr(numbers.random() * 1000)]}
            for i in range(HOSTS)
        ]
        body = {"status": "success", "data": {"resultType": "vector", "result": result}}
        answers[metric] = json.dumps(body, separators=(",", ":")).encode()
    return answers


def replay(answers):
    """A stand-in for Prometheus: the same answer for each of the four queries, told apart by what they ask for."""
    marks = {"node_load1": "cpu_load", "node_cpu": "cpu_user", "node_memory": "mem_used", "node_network": "net_bw"}

    def answer(received):
        query = received.parameters["query"][0]
        metric = next(metric for mark, metric in marks.items() if mark in query)
        return Answer(body=answers[metric], headers={"Content-Type": "application/json"})

    return FaultServer(answer)


def seed_script(url, store):
    """The script as documented, with the four settings that it says to change."""
    folder = pathlib.Path(os.environ.get("CC_GATEWAY_SEEDS", ROOT.parent / "shared/seeds"))
    texts = [path.read_text() for path in sorted(folder.glob("*.txt"))] if folder.is_dir() else []
    found = [m for text in texts if (m := re.search(r'(#!/usr/bin/env python3\n"""Sync metrics from Prometheus.*?)\nMake the script', text, re.S))]
    if not found:
        sys.exit(f"skipped: needs the documented script in {folder} (CC_GATEWAY_SEEDS)")
    script = found[0][1]
    for name, value in {"PROMETHEUS_URL": url, "CCMS_URL": store.url, "JWT_TOKEN": store.token, "CLUSTER_NAME": "c"}.items():
        script, count = re.subn(rf'^({name}\s*=).*$', lambda m: f"{m[1]} {value!r}", script, flags=re.M)
        assert count == 1, name
    path = run_dir("bench") / "prom2ccms.py"
    path.write_text(script)
    return path


def config(url, store, nats):
    text = (ROOT / "conf/quickstart.toml").read_text()
    changes = {
        r'^cluster = ".*"': 'cluster = "c"',
        r'^state_dir = ".*"': 'state_dir = "state"',
        r"^embedded = true.*": f'url = "{nats.url}"',
        r'^url = "http://127.0.0.1:9090"': f'url = "{url}"',
        r'^url = "http://127.0.0.1:8082"': f'url = "{store.url}"',
        r"^# token_file = .*": 'token_file = "ccms.jwt"',
    }
    for pattern, value in changes.items():
        text, count = re.subn(pattern, lambda _: value, text, count=1, flags=re.M)
        assert count == 1, pattern
    return text


class Cost:
    """What one run of a process took. It is started by time(1): a child of ours would begin with our own memory as its peak."""

    def __init__(self, command, cwd):
        peak = run_dir("bench") / "peak"
        begin = time.monotonic()
        process = subprocess.Popen(
            ["/usr/bin/time", "-f", "%M", "-o", str(peak), *map(str, command)], cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self.output = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        self.wall = time.monotonic() - begin
        process.returncode = self.code = os.waitstatus_to_exitcode(status)
        self.cpu = usage.ru_utime + usage.ru_stime
        self.rss = int(peak.read_text().split()[-1]) / 1024


def cpu_of(pid):
    """CPU seconds of all threads, by the scheduler's nanoseconds."""
    return sum(int((task / "schedstat").read_text().split()[0]) for task in pathlib.Path(f"/proc/{pid}/task").iterdir()) / 1e9


def stored(store):
    """How many of the lines the store really has."""
    queries = [{"host": f"node{i:05}", "metric": metric} for metric in METRICS for i in range(HOSTS)]
    now = int(time.time())
    body = json.dumps({"cluster": "c", "from": now - 600, "to": now + 60, "with-padding": False, "queries": queries})
    answer = store.call("GET", "/api/query", body, timeout=60)
    return sum(1 for result in answer.json()["results"] if result and any(v is not None for v in result[0].get("data") or []))


def measure(make_command, cwd):
    with MetricStore(FREQUENCIES, keys=KeyPair.demo()) as store:
        cost = Cost(make_command(store), cwd)
        cost.stored = eventually(lambda: stored(store), 30, "something in the store")
    return cost


class Tick:
    """What one tick costs a gateway that runs: CPU of TICKS ticks, after two to warm up, divided by them."""

    TICKS = 5

    def __init__(self, prometheus, nats):
        with MetricStore(FREQUENCIES, keys=KeyPair.demo()) as store:
            gateway = prepared(prometheus, nats, store, interval="2s")
            with gateway:
                self._wait(prometheus, 2)
                before, nats_before = cpu_of(gateway.pid), cpu_of(nats.pid)
                self._wait(prometheus, self.TICKS)
                self.cpu = (cpu_of(gateway.pid) - before) / self.TICKS
                self.nats_cpu = (cpu_of(nats.pid) - nats_before) / self.TICKS
                self.total_cpu = self.cpu + self.nats_cpu
                peak = re.search(r"VmHWM:\s+(\d+) kB", pathlib.Path(f"/proc/{gateway.pid}/status").read_text())
                self.rss = int(peak[1]) / 1024
            self.stored, self.code = stored(store), gateway.returncode
            self.output = gateway.log

    @staticmethod
    def _wait(prometheus, ticks):
        """Waits until so many more ticks have begun; what a tick leaves to do at its end belongs to the next one's wait."""
        prometheus.wait_requests(len(prometheus.requests) + 4 * ticks, timeout=60)


def prepared(prometheus, nats, store, interval="60s"):
    gateway = Gateway()
    gateway.write_file("ccms.jwt", store.token)
    gateway.write_config(config(prometheus.url, store, nats).replace('interval = "60s"', f'interval = "{interval}"'))
    return gateway


def row(name, costs, key, unit):
    values = [getattr(cost, key) for cost in costs]
    return f"  {name:<22} {statistics.median(values):>10.3f} {min(values):>10.3f} {max(values):>10.3f} {unit}"


def main():
    answers = recorded_answers()
    lines = len(METRICS) * HOSTS
    size = sum(map(len, answers.values())) / 1e6
    print(f"one tick, 4 queries x {HOSTS} hosts = {lines} lines; {size:.1f} MB of answers; {RUNS} runs in turn; {os.cpu_count()} CPUs")
    scripts, onces, ticks = [], [], []
    with replay(answers) as prometheus, NatsServer() as nats:
        for _ in range(RUNS):
            scripts.append(measure(lambda store: ["/usr/bin/python3", seed_script(prometheus.url, store)], None))

            def command(store):
                gateway = prepared(prometheus, nats, store)
                return [Gateway.program(), "run", "--once", "--config", gateway.config]

            before = cpu_of(nats.pid)
            onces.append(measure(command, None))
            onces[-1].nats_cpu = cpu_of(nats.pid) - before
            onces[-1].total_cpu = onces[-1].cpu + onces[-1].nats_cpu
            ticks.append(Tick(prometheus, nats))

    print(f"  {'':<34} {'median':>10} {'min':>10} {'max':>10}")
    print(row("script: wall", scripts, "wall", "s"))
    print(row("cc-gateway --once: wall", onces, "wall", "s"))
    for name, costs in (("script", scripts), ("cc-gateway --once", onces), ("cc-gateway run, a tick", ticks)):
        print(row(f"{name}: CPU", costs, "cpu", "s"))
        if costs is not scripts:
            print(row(f"{name}: + nats-server", costs, "nats_cpu", "s"))
        print(row(f"{name}: peak RSS", costs, "rss", "MiB"))
        print(f"  {name}: in the store {sorted({c.stored for c in costs})} of {lines}; exit codes {sorted({c.code for c in costs})}")

    def ratio(costs, of, by):
        return statistics.median(getattr(a, of) / getattr(b, by) for a, b in zip(scripts, costs))

    print("script / gateway, pair by pair, median:")
    print(f"  --once       wall {ratio(onces, 'wall', 'wall'):.1f}   CPU {ratio(onces, 'cpu', 'cpu'):.1f}   CPU with nats-server {ratio(onces, 'cpu', 'total_cpu'):.1f}   RSS {ratio(onces, 'rss', 'rss'):.1f}")
    print(f"  run, a tick              CPU {ratio(ticks, 'cpu', 'cpu'):.1f}   CPU with nats-server {ratio(ticks, 'cpu', 'total_cpu'):.1f}   RSS {ratio(ticks, 'rss', 'rss'):.1f}")
    for cost in onces + ticks:
        if cost.stored != lines or cost.code != 0:
            print(cost.output)
            sys.exit("the gateway did not write every line")


if __name__ == "__main__":
    main()
