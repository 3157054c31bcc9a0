#!/usr/bin/python3
"""Our decoders beside those of others: the same files, one core, CPU time, in turn, RUNS times.

    ./dev bench codecs [FORMAT...] [--runs N] [--seconds S]

FORMAT is the beginning of a row's name (line_protocol, cc_message, exposition, openmetrics, prometheus_json, remote_write, flux_csv, influxql_json,
influxdb3_json); all without. Each decoder goes over
its file for S seconds in each run. Ours are tests/bench/codecs/*_bench.cc, theirs are tests/bench/peers (Go) and what stands beside ours in C++.
What a decoder has found is compared with what loads.py put into the file: one that leaves something out is an error, not a record.

Speeds of this machine differ from run to run, so the best, the median and the worst are printed. The ratio is best by best; behind it the median
of the ratios of each run. Everything goes into build/bench/codecs.json.
"""

import argparse
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "codecs"))
import loads  # noqa: E402

OURS = loads.ROOT / "build/release/tests/bench/codecs/bench_codecs"
PEERS = pathlib.Path(os.environ.get("CC_GATEWAY_SERVERS", loads.ROOT / "build/servers")) / "bin/codec_peers"


class Aim:
    """What a row is to reach: MB/s or M items/s on one core, and so many times a peer."""

    def __init__(self, mb=None, items=None, **times):
        self.mb, self.items, self.times = mb, items, times

    def judge(self, ours, results):
        """[(text, reached)]"""
        verdicts = []
        if self.mb:
            verdicts.append((f"{self.mb} MB/s", ours.mb >= self.mb))
        if self.items:
            verdicts.append((f"{self.items} M/s", ours.items >= self.items))
        for peer, times in self.times.items():
            found = [result for who, result in results.items() if who.replace("-", "_").startswith(peer)]
            verdicts.append((f"{times}x {peer.replace('_', '-')}", bool(found) and ours.mb >= times * max(result.mb for result in found)))
        return verdicts


HOSTILE_US_MAX = 10_000  # what 1 KB of hostile input may cost

AIMS = {
    "line_protocol": Aim(mb=800, VictoriaMetrics=3, cc_line_protocol=8),
    "line_protocol_120k": Aim(mb=800, VictoriaMetrics=3, cc_line_protocol=8),
    "line_protocol_encode": Aim(mb=800),
    "exposition": Aim(mb=1000, VictoriaMetrics=2),
    "prometheus_json": Aim(mb=900),
    "remote_write": Aim(items=6, VictoriaMetrics=2),
    "flux_csv": Aim(mb=400),
}


class Result:
    """One decoder of one row: seconds a pass of each run."""

    def __init__(self, load):
        self.load, self.passes, self.allocations = load, [], 0.0

    def add(self, seconds, found):
        self.passes.append(seconds)
        self.allocations = found["allocations"] / found["items"]

    @property
    def speeds(self):
        return [self.load["bytes"] / seconds / 1e6 for seconds in self.passes]

    @property
    def mb(self):
        return max(self.speeds)

    @property
    def items(self):
        return self.load["items"] / min(self.passes) / 1e6


def check(row, who, load, found):
    """Ends the program where a decoder has not found what is in the file. Some peers round numbers in the last digit."""
    for key, within in {"items": 0, "labels": 0, "text_bytes": 0, "values": 1e-9, "seconds": 1e-12}.items():
        if abs(found[key] - load[key]) > within * abs(load[key]):
            sys.exit(f"{row}: {who} has found {key} = {found[key]!r} in {load['file']}, but {load[key]!r} were put in")


def output(command):
    run = subprocess.run(list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if run.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}\n{run.stderr}")
    return run.stdout


def run_ours(row, seconds):
    """Yields (who, seconds a pass, what was found)."""
    command = [OURS, f"--benchmark_filter=^{re.escape(row)}: ", f"--benchmark_min_time={seconds}", "--benchmark_format=json"]
    for one in json.loads(output(command))["benchmarks"]:
        if one.get("error_occurred"):
            sys.exit(f"{one['name']}: {one['error_message']}")
        yield one["name"].partition(": ")[2], one["cpu_time"] * {"ns": 1e-9, "us": 1e-6, "ms": 1e-3}[one["time_unit"]], one


def run_peers(row, load, seconds):
    for line in output([PEERS, row, loads.FOLDER / load["file"], seconds]).splitlines():
        one = json.loads(line)
        yield one["name"], one["seconds_a_pass"], one


def rows_of(command, known):
    """The rows that a program has decoders for, in the order of loads.py."""
    names = {line.partition(": ")[0] for line in output(command).splitlines()} - {"hostile"}
    unknown = names - set(known)
    if unknown:
        sys.exit(f"no load for {', '.join(sorted(unknown))}: loads.py knows {', '.join(known)}")
    return [row for row in known if row in names]


def machine(core):
    cpuinfo = pathlib.Path("/proc/cpuinfo").read_text()

    def of(key):
        found = re.search(rf"^{key}\s*: (.*)$", cpuinfo, re.M)
        return found[1] if found else "?"

    return {
        "cpu": f"{of('model name')} (family {of('cpu family')} model {of('model')}), {of('cpu MHz')} MHz",
        "cpus": os.cpu_count(),
        "pinned_to": core,
        "load_average": os.getloadavg()[0],
    }


def ratio(ours, peer):
    return ours.mb / peer.mb, statistics.median(theirs / us for us, theirs in zip(ours.passes, peer.passes))


def print_row(row, load, results):
    print(f"\n{row}: {load['file']}, {load['items']} {load['unit']} of {load['bytes'] / load['items']:.0f} bytes")
    print(f"  {'decoder':<32} {'best':>7} {'median':>7} {'worst':>7} MB/s {'M items/s':>10} {'allocs/item':>12}   ours / it (median)")
    ours = results.get("ours")
    for who, result in sorted(results.items(), key=lambda entry: -entry[1].mb):
        speeds = result.speeds
        line = f"  {who:<32} {max(speeds):>7.0f} {statistics.median(speeds):>7.0f} {min(speeds):>7.0f}      {result.items:>10.2f} {result.allocations:>12.2f}"
        if ours and result is not ours:
            line += "   {:.2f} ({:.2f})".format(*ratio(ours, result))
        print(line)


def print_summary(table):
    print(f"\n{'decoder':<21} {'MB/s':>6} {'M items/s':>10} {'allocs/item':>12}  {'best peer':<32} {'MB/s':>6} {'ratio':>6} {'median':>7}  aim")
    for row, results in table.items():
        peers = {who: result for who, result in results.items() if not who.startswith("ours")}
        best = max(peers, key=lambda who: peers[who].mb, default=None)
        ours = results.get("ours")
        line = f"{row:<21} " + (f"{ours.mb:>6.0f} {ours.items:>10.2f} {ours.allocations:>12.2f}" if ours else f"{'-':>6} {'-':>10} {'-':>12}")
        line += f"  {best or '-':<32} {f'{peers[best].mb:.0f}' if best else '-':>6} "
        line += "{:>6.2f} {:>7.2f}".format(*ratio(ours, peers[best])) if ours and best else f"{'-':>6} {'-':>7}"
        verdicts = AIMS[row].judge(ours, results) if ours and row in AIMS else []
        print(f"{line}  {', '.join(f'{text}: ' + ('yes' if reached else 'NO') for text, reached in verdicts)}".rstrip())


def print_hostile():
    """What the dearest of some hundred hostile bodies costs."""
    print("\nthe dearest hostile body of 1 KB")
    for one in json.loads(output([OURS, "--benchmark_filter=^hostile: ", "--benchmark_format=json"]))["benchmarks"]:
        name = one["name"].partition(": ")[2].partition("/")[0]
        print(f"  {name:<32} {one['worst_us']:>7.0f} us")
        if one["worst_us"] > HOSTILE_US_MAX:
            sys.exit(f"{name}: more than {HOSTILE_US_MAX} us for 1 KB")


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("formats", nargs="*", metavar="FORMAT")
    arguments.add_argument("--runs", type=int, default=7)
    arguments.add_argument("--seconds", type=float, default=0.3, help="of each decoder in each run (default: 0.3)")
    options = arguments.parse_args()

    known = loads.make()
    rows = {"ours": rows_of([OURS, "--benchmark_list_tests"], known), "peers": rows_of([PEERS], known) if PEERS.exists() else []}
    wanted = [row for row in known if row in rows["ours"] + rows["peers"] and (not options.formats or row.startswith(tuple(options.formats)))]
    if not wanted:
        arguments.error(f"no such format; there are {', '.join(known)}")
    core = max(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {core})  # and so every process started from here
    about = machine(core)
    print(f"{about['cpu']}, {about['cpus']} CPUs, pinned to CPU {core}; load average {about['load_average']:.1f}")
    print(f"{options.runs} runs in turn, {options.seconds} s of CPU time for each decoder in each run")
    if not PEERS.exists():
        print("the peers in Go are left out: they need a newer Go (tests/servers/get peers says which)")

    table = {row: {} for row in wanted}
    for run in range(options.runs):
        for row in wanted:
            load = known[row]
            if sys.stderr.isatty():
                print(f"\rrun {run + 1} of {options.runs}: {row:<24}", end="\r", file=sys.stderr, flush=True)
            results = [*run_ours(row, options.seconds)] if row in rows["ours"] else []
            results += run_peers(row, load, options.seconds) if row in rows["peers"] else []
            for who, seconds, found in results:
                check(row, who, load, found)
                table[row].setdefault(who, Result(load)).add(seconds, found)

    for row, results in table.items():
        print_row(row, known[row], results)
    print_summary(table)
    print_hostile()
    (loads.FOLDER / "codecs.json").write_text(
        json.dumps(
            {
                "machine": about,
                "runs": options.runs,
                "seconds": options.seconds,
                "rows": {
                    row: {
                        "load": known[row],
                        "decoders": {who: {"mb_per_s": result.speeds, "m_items_per_s": result.items, "allocations_per_item": result.allocations} for who, result in results.items()},
                    }
                    for row, results in table.items()
                },
            },
            indent=1,
        )
        + "\n"
    )


if __name__ == "__main__":
    main()
