#!/usr/bin/python3
"""The demo: a real Prometheus and node_exporter, the gateway with its embedded NATS server, and a real metric store.

Runs conf/quickstart.toml with the demo's addresses in it, waits for a few intervals, asks the store for every host and metric, and prints a
table. Exit code 0 only if all of it is there. Nothing is left behind outside build/.
"""

import contextlib
import re
import sys
import time
import unittest
import urllib.parse

import harness
from harness import Gateway, KeyPair, MetricStore, NodeExporter, Prometheus, ROOT, eventually

CLUSTER = "demo"
INTERVAL = 2  # seconds; short, so that there is something to see soon
TICKS = 3
METRICS = ("cpu_load", "cpu_user", "mem_used", "net_bw")


def say(text):
    print(f"==> {text}", flush=True)


def quickstart(prometheus, store, state_dir):
    """conf/quickstart.toml with the demo's values; every substitution must find its place, or the file and the demo have drifted apart."""
    text = (ROOT / "conf/quickstart.toml").read_text()
    changes = {
        r'^cluster = ".*"': f'cluster = "{CLUSTER}"',
        r'^state_dir = ".*"': f'state_dir = "{state_dir}"',
        r'^embedded = true': f'embedded = true\nserver = "{harness.need("nats-server")}"',
        r'^url = "http://127.0.0.1:9090"': f'url = "{prometheus.url}"',
        r'^interval = ".*"': f'interval = "{INTERVAL}s"',
    }
    if store:
        changes[r'^url = "http://127.0.0.1:8082"'] = f'url = "{store.url}"'
        changes[r"^# token_file = .*"] = 'token_file = "ccms.jwt"'
    else:
        changes[r'^type = "cc_metric_store"'] = 'type = "file"'
        changes[r'^url = "http://127.0.0.1:8082"'] = 'path = "lines.lp"'
    for pattern, value in changes.items():
        text, count = re.subn(pattern, lambda _: value, text, count=1, flags=re.M)
        assert count == 1, f"conf/quickstart.toml has no line /{pattern}/"
    return text


def queries():
    """{metric: (query, unit)} as conf/quickstart.toml has them."""
    text = (ROOT / "conf/quickstart.toml").read_text()
    found = re.findall(r"\[\[source\.query\]\]\nmetric = \"(\w+)\"\nquery = '(.*)'\n(?:unit = \"(.*)\")?", text)
    return {metric: (query, unit or "-") for metric, query, unit in found}


def from_file(path, host, metric):
    """{time: value} of what the file sink has written."""
    values = {}
    for line in path.read_text().splitlines() if path.exists() else ():
        series, field, stamp = line.rsplit(" ", 2)
        if series.startswith(f"{metric},cluster={CLUSTER},hostname={host},"):
            values[int(stamp)] = float(field.removeprefix("value="))
    return values


def reader(store, gateway):
    if store is None:
        return lambda host, metric: from_file(gateway.dir / "lines.lp", host, metric)
    return lambda host, metric: store.values(CLUSTER, host, metric, time.time() - 600, time.time() + 1)


def collect(prometheus, read):
    """Rows (host, metric, time, value) for every host that Prometheus has each metric of; fails by name what does not arrive."""
    rows = []
    for metric, (query, _) in queries().items():
        hosts = sorted({urllib.parse.urlsplit(f"//{s['metric']['instance']}").hostname for s in prometheus.query(query)})
        if not hosts:
            say(f"Prometheus has nothing for {metric} on this machine (net_bw needs a network device besides lo)")
        for host in hosts:
            values = eventually(lambda: (v := read(host, metric)) and len(v) >= TICKS and v, 30, f"{TICKS} values of {metric} of {host} in the store")
            rows.append((host, metric, max(values), values[max(values)]))
    return rows


def table(rows):
    units = {metric: unit for metric, (_, unit) in queries().items()}
    print(f"\n  {'host':<12} {'metric':<10} {'value':>14} {'unit':<5} {'age':>5}")
    for host, metric, stamp, value in sorted(rows):
        print(f"  {host:<12} {metric:<10} {value:>14.3f} {units[metric]:<5} {int(time.time()) - stamp:>3} s")
    print(flush=True)


def what_to_try(prometheus, store, gateway):
    program, config = Gateway.program(), gateway.config
    nats_dir = gateway.dir / "state/nats"
    url, token = (nats_dir / "url").read_text().strip(), nats_dir / "token"
    print("It goes on running. In another terminal:\n")
    print(f"  {program} tap --config {config} --format table")
    print(f"  {harness.SERVERS / 'bin/nats'} --server nats://$(cat {token})@{url.removeprefix('nats://')} sub '{CLUSTER}.>'")
    print(f"  curl '{prometheus.url}/api/v1/query?query=node_load1'")
    if store:
        body = f'{{"cluster":"{CLUSTER}","from":{int(time.time()) - 60},"to":{int(time.time()) + 3600},"queries":[{{"metric":"cpu_load","host":"localhost"}}]}}'
        print(f"  curl -X GET {store.url}/api/query -H \"Authorization: Bearer $(cat {gateway.dir / 'ccms.jwt'})\" -d '{body}'")
    print(f"  less {gateway.stderr_path}\n\nCtrl-C ends everything.", flush=True)


def demo(stack, keep):
    hosts = ("127.0.0.1", "::1") if harness.have_ipv6() else ("127.0.0.1",)
    say("starting node_exporter and Prometheus, which scrapes it under several names")
    exporter = stack.enter_context(NodeExporter(hosts))
    prometheus = stack.enter_context(Prometheus([*exporter.addresses, f"localhost:{exporter.port}"]))
    store = None
    if (harness.SERVERS / "bin/metric_store").exists():
        say("starting the metric store (cc-backend's engine, in an HTTP shell of ours)")
        store = stack.enter_context(MetricStore({metric: INTERVAL for metric in METRICS}, keys=KeyPair.demo()))
    else:
        say("no metric store here (it needs Go >= 1.25 to build): the gateway writes to a file instead")
    prometheus.wait_for(queries()["cpu_user"][0], len(hosts) + 1)  # a rate needs two scrapes

    gateway = Gateway()
    if store:
        gateway.write_file("ccms.jwt", store.token)
    gateway.write_config(quickstart(prometheus, store, "state"))
    say(f"starting the gateway; it polls every {INTERVAL} s")
    stack.enter_context(gateway)
    rows = collect(prometheus, reader(store, gateway))
    table(rows)
    say(f"{len(rows)} series, each with {TICKS} values or more, went from Prometheus over NATS into {'the store' if store else 'the file'}")
    if keep:
        what_to_try(prometheus, store, gateway)
        with contextlib.suppress(KeyboardInterrupt):
            gateway.wait(timeout=None)
    code = gateway.stop()
    print(re.search(r"^balance\n(?:  .*\n)*", gateway.stderr, re.M)[0], flush=True)
    return code


def main():
    arguments = sys.argv[1:]
    if arguments not in ([], ["--keep"]):
        sys.exit("usage: demo.py [--keep]")
    try:
        with contextlib.ExitStack() as stack:
            sys.exit(demo(stack, keep=bool(arguments)))
    except KeyboardInterrupt:
        sys.exit(130)
    except (AssertionError, RuntimeError, unittest.SkipTest) as error:
        sys.exit(f"demo: {error}")


if __name__ == "__main__":
    main()
