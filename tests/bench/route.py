#!/usr/bin/python3
"""Rules on lines: our router beside ClusterCockpit's own library on the same files, one core, CPU time, in turn, RUNS times.

    ./dev bench route [--runs N] [--seconds S]

Ours is tests/bench/route, theirs tests/servers/cc_lib (FromBytes, ProcessMessage, ToLineProtocol). 10,000 and 120,000 series; 1, 10, 100 and
1,000 rules that look at name and tags, and as many that look at the value too, of few series; 15 that look at
the value of each; value and time; units. The last column is the first pass, which learns the series. Rows `flat` say how fast 1,000 rules
are beside one.
What both write must be equally many lines; a difference ends the bench with an error. Speeds of this machine differ from run to run: best,
median and worst are printed.
Everything goes into build/bench/route.json.
"""

import argparse
import json
import os
import pathlib
import random
import statistics
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDER = pathlib.Path(os.environ.get("CC_GATEWAY_BENCH", ROOT / "build/bench"))
OURS = ROOT / "build/release/tests/bench/route/bench_route"
THEIRS = pathlib.Path(os.environ.get("CC_GATEWAY_SERVERS", ROOT / "build/servers")) / "bin/cc_lib"
START = 1722945600  # 2024-08-06T12:00:00Z
METRICS = ["cpu_load", "cpu_user", "mem_used", "mem_bw", "flops_any", "net_bytes_in", "net_bytes_out", "clock", "temp_core", "power"]


def lines(series, shuffled=False):
    """One interval of that many series, host by host; times in nanoseconds, which ClusterCockpit's library needs."""
    numbers, out = random.Random(1), []
    for host in range(series // 100):
        for i in range(100):
            kind = f"hwthread,type-id={i // 10}" if i >= 10 else "node"
            unit = "MB" if METRICS[i % 10].startswith("mem") else "Flops/s"
            tags = f"cluster=fritz,hostname=f{host // 64 + 1:02}{host % 64 + 1:02},type={kind},unit={unit}"
            out.append(f"{METRICS[i % 10]},{tags} value={numbers.uniform(0, 1000):.4g} {START}000000000")
    if shuffled:
        numbers.shuffle(out)
    return "\n".join(out) + "\n"


def series_rules(count):
    """The first one matches all lines, the others few or none, as those of a site do."""
    rules = {"add_tags_if": [{"key": "site", "value": "nhr", "if": "true"}], "drop_messages_if": [], "rename_messages": {}}
    for i in range(count - 1):
        if i % 3 == 0:
            rules["drop_messages_if"].append(f"name == 'gone_{i}' && tag.type == 'node'")
        elif i % 3 == 1:
            condition = f"tag.hostname == 'f01{i % 64 + 1:02}' && name == 'cpu_user_{i}'"
            rules["add_tags_if"].append({"key": "stype", "value": f"s{i}", "if": condition})
        else:
            rules["rename_messages"][f"old_{i}"] = f"new_{i}"
    return rules


def value_rules(count):
    """The first one asks each line for its value, the others those of few series or none."""
    few = [f"name == 'gone_{i}' && field.value > 5" for i in range(count - 1)]
    return {"add_tags_if": [{"key": "high", "value": "true", "if": "field.value > 500"}], "drop_messages_if": few}


def threshold_rules(count):
    """All of them ask each line for its value."""
    return {"add_tags_if": [{"key": f"over{i}", "value": "true", "if": f"field.value > {1000 * i // (count + 1)}"} for i in range(1, count + 1)]}


COUNTS = (1, 10, 100, 1000)
RULES = {f"{n} rules": series_rules(n) for n in COUNTS} | {f"{n} on value": value_rules(n) for n in COUNTS}
FLAT = (("1 rules", "1000 rules"), ("1 on value", "1000 on value"))
RULES["15 on one value"] = threshold_rules(15)
RULES["value and time"] = {
    "drop_messages_if": ["field.value > 990", "timestamp < 1000"],
    "add_tags_if": [{"key": "hot", "value": "true", "if": "name == 'temp_core' && field.value > 70"}],
}
RULES["prefix"] = {"change_unit_prefix": {"name == 'mem_used'": "G"}}


class Side:
    def __init__(self):
        self.speeds, self.last = [], {}

    def run(self, command):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            sys.exit(f"route: {' '.join(map(str, command))}: {done.stderr.strip()}")
        self.last = json.loads(done.stdout)
        self.speeds.append(self.last["lines_per_second"])

    @property
    def text(self):
        best, middle, worst = max(self.speeds), statistics.median(self.speeds), min(self.speeds)
        return f"{best / 1e6:8.3f} {middle / 1e6:8.3f} {worst / 1e6:8.3f}"


def measure(load, name, runs, seconds):
    other = [FOLDER / "route-120k.lp"] if "shuffled" in load else []  # each pass in another order than the one before
    file, rules = FOLDER / f"route-{load}.lp", FOLDER / f"route-{name.replace(' ', '-')}.json"
    rules.write_text(json.dumps(RULES[name]))
    ours, theirs = Side(), Side()
    for _ in range(runs):
        ours.run([OURS, file, rules, str(seconds), *other])
        if THEIRS.exists():
            theirs.run([THEIRS, "bench", file, rules, str(seconds)])
    if theirs.speeds and ours.last["dropped"] != theirs.last["dropped"]:
        sys.exit(f"route: {load}, {name}: {ours.last['dropped']} lines dropped, but {theirs.last['dropped']} by cc-lib")
    ratio = f"{max(ours.speeds) / max(theirs.speeds):7.0f}" if theirs.speeds else "      -"
    print(f"{load:<15} {name:<15} {ours.text} {theirs.text if theirs.speeds else '       -' * 3} {ratio}"
          f" {ours.last['allocations'] / ours.last['lines'] / ours.last['passes']:7.2f} {ours.last['bytes_per_series']:6.0f}"
          f" {ours.last['lines_per_second_learning'] / 1e6:9.3f}", flush=True)
    return {"load": load, "rules": name, "ours": ours.speeds, "cc-lib": theirs.speeds, "last": ours.last}


def flat(load, results):
    """How fast many rules are beside one."""
    best = {row["rules"]: row for row in results if row["load"] == load}
    for one, many in FLAT:
        ratios = [max(best[many][side]) / max(best[one][side]) if best[one][side] else None for side in ("ours", "cc-lib")]
        ours, theirs = (f"{ratio:8.0%}" if ratio else f"{'-':>8}" for ratio in ratios)
        print(f"{load:<15} {'flat: ' + many:<19} {ours} {'':<13} {theirs}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=1.0)
    options = parser.parse_args()
    FOLDER.mkdir(parents=True, exist_ok=True)
    loads = {"10k": lines(10_000), "120k": lines(120_000), "120k shuffled": lines(120_000, shuffled=True)}
    for load, text in loads.items():
        (FOLDER / f"route-{load}.lp").write_text(text)
    if not THEIRS.exists():
        print("cc-lib is not built (it needs Go): only ours")
    print(f"{'':<31} {'ours, M lines/s':>26} {'cc-lib, M lines/s':>26} {'ratio':>7} {'alloc/':>7} {'bytes/':>6} {'learning':>9}")
    print(f"{'series':<15} {'rules':<15} {'best':>8} {'median':>8} {'worst':>8} {'best':>8} {'median':>8} {'worst':>8} {'':>7} {'line':>7} "
          f"{'series':>6} {'M lines/s':>9}")
    results = []
    for load in loads:
        results += [measure(load, name, options.runs, options.seconds) for name in RULES]
        flat(load, results)
    (FOLDER / "route.json").write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
