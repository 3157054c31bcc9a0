#!/usr/bin/python3
"""Load files for `./dev bench codecs`: build/bench/FILE, and build/bench/loads.json, which says what a decoder must find in them.

All is made here from seeds, with the names, label sets and values of real sites: the same bytes on every machine. Nothing is made again while
this file is the same.
"""

import hashlib
import itertools
import json
import os
import pathlib
import random
import struct
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[3]
FOLDER = pathlib.Path(os.environ.get("CC_GATEWAY_BENCH", ROOT / "build/bench"))
START = 1722945600  # 2024-08-06T12:00:00Z


class Seen:
    """What a decoder must find, added up as tests/bench/codecs/load.h does."""

    def __init__(self):
        self.items = self.labels = self.text_bytes = 0
        self.values = self.seconds = 0.0

    def text(self, name):
        self.text_bytes += len(name.encode())

    def label(self, name, value):
        self.labels += 1
        self.text_bytes += len(name.encode()) + len(value.encode())

    def sample(self, value, seconds):
        self.items += 1
        self.values += value
        self.seconds += seconds


def host(i):
    return f"f{i // 64 + 1:02}{i % 64 + 1:02}"


def shortest(value):
    """The shortest text that reads back the same, as Go's %g writes it: 1, 0.1, 123456.7, 1.234567e+06."""
    text = repr(value).removesuffix(".0")
    if "e" in text or abs(value) < 1e6:
        return text
    whole, _, rest = text.partition(".")
    digits = (whole + rest).rstrip("0")
    return f"{digits[0]}{'.' if digits[1:] else ''}{digits[1:]}e+{len(whole) - 1:02}"


def measured(numbers, low, high):
    """As measurements are: most have few digits, every third has all of a double (rates, averages)."""
    value = numbers.uniform(low, high)
    return value if numbers.randrange(3) == 0 else float(f"{value:.4g}")


# ---- line protocol, as cc-metric-collector sends it from nodes with two sockets and four GPUs

# name, type, how many of it a node has, from, to (int: an integer field), unit
CC_METRICS = [
    ("cpu_load", "node", 1, 0.0, 128.0, None),
    ("cpu_user", "node", 1, 0.0, 100.0, None),
    ("mem_used", "node", 1, 1.0, 256.0, "GB"),
    ("mem_cached", "node", 1, 1.0, 256.0, "GB"),
    ("net_bytes_in", "node", 1, 1 << 30, 1 << 44, None),
    ("ib_recv", "node", 1, 0, 1 << 33, None),
    ("ib_xmit", "node", 1, 0, 1 << 33, None),
    ("lustre_open", "node", 1, 0, 5000, None),
    ("flops_any", "hwthread", 4, 0.0, 4000.0, None),
    ("ipc", "hwthread", 4, 0.0, 4.0, None),
    ("clock", "core", 4, 800.0, 3500.0, None),
    ("mem_bw", "socket", 2, 0.0, 200000.0, None),
    ("power", "socket", 2, 40.0, 280.0, None),
    ("acc_power", "accelerator", 2, 40.0, 500.0, None),
]


def all_cc_lines(numbers):
    for i in itertools.count():
        for name, kind, instances, low, high, unit in CC_METRICS:
            for n in range(instances):
                tags = {"cluster": "fritz", "hostname": host(i), "type": kind}
                if kind == "accelerator":
                    tags["type-id"] = f"0000:{n * 32 + 1:02x}:00.0"
                elif kind != "node":
                    tags["type-id"] = str(n)
                if unit:
                    tags["unit"] = unit
                value = numbers.randint(low, high) if isinstance(low, int) else measured(numbers, low, high)
                yield name, tags, value


def cc_lines(seen, count):
    lines = []
    for name, tags, value in itertools.islice(all_cc_lines(random.Random(1)), count):
        seen.text(name)
        for key, tag in tags.items():
            seen.label(key, tag)
        seen.sample(value, START)
        text = f"{value}i" if isinstance(value, int) else shortest(value)
        lines.append(f"{name},{','.join(f'{k}={v}' for k, v in tags.items())} value={text} {START}\n")
    return "".join(lines).encode()


# ---- a text page, as node_exporter and dcgm-exporter write it

MODES = ("idle", "iowait", "irq", "nice", "softirq", "steal", "system", "user")
DISKS = [f"nvme{i}n1" for i in range(8)]
MOUNTS = ("/", "/boot/efi", "/var/lib/containers", "/scratch", "/home", "/opt/software", "/run/user/1000", "/mnt/lustre/fritz")
NICS = ("lo", "eno1", "eno2", "ib0", "ib1", "docker0", "br-5a1c3f20e4d7")
UNITS = [f"{name}.service" for name in ("slurmd", "munge", "sshd", "chronyd", "nv-fabricmanager", "nvidia-persistenced", "rpcbind", "node_exporter", "sssd")]
STATES = ("activating", "active", "deactivating", "failed", "inactive")


def page_families():
    """name, type, help, label sets, from, to"""
    yield "node_cpu_seconds_total", "counter", "Seconds the CPUs spent in each mode.", [{"cpu": str(c), "mode": m} for c in range(128) for m in MODES], 0.0, 5e6
    yield "node_cpu_guest_seconds_total", "counter", "Seconds the CPUs spent in guests (VMs) for each mode.", [{"cpu": str(c), "mode": m} for c in range(128) for m in ("nice", "user")], 0, 0
    for what in ("avail_bytes", "free_bytes", "size_bytes", "files", "files_free"):
        sets = [{"device": f"/dev/mapper/vg0-{m.strip('/').replace('/', '-') or 'root'}", "fstype": "xfs", "mountpoint": m} for m in MOUNTS]
        yield f"node_filesystem_{what}", "gauge", f"Filesystem {what.replace('_', ' ')}.", sets, 1 << 20, 1 << 42
    for what in ("reads_completed_total", "read_bytes_total", "read_time_seconds_total", "writes_completed_total", "written_bytes_total", "io_time_seconds_total"):
        yield f"node_disk_{what}", "counter", f"The total number of {what.replace('_', ' ')}.", [{"device": d} for d in DISKS], 0, 1 << 40
    for direction in ("receive", "transmit"):
        for what in ("bytes", "packets", "errs", "drop", "fifo", "frame", "compressed", "multicast"):
            yield f"node_network_{direction}_{what}_total", "counter", f"Network device statistic {direction}_{what}.", [{"device": d} for d in NICS], 0, 1 << 44
    for what in ("MemTotal", "MemFree", "MemAvailable", "Buffers", "Cached", "Active", "Inactive", "Dirty", "Slab", "HugePages_Total", "HugePages_Free"):
        yield f"node_memory_{what}_bytes", "gauge", f"Memory information field {what}_bytes.", [{}], 1 << 20, 1 << 39
    for window in (1, 5, 15):
        yield f"node_load{window}", "gauge", f"{window}m load average.", [{}], 0.0, 128.0
    for what in ("port_data_received_bytes_total", "port_data_transmitted_bytes_total", "port_packets_received_total", "port_rcv_errors_total"):
        yield f"node_infiniband_{what}", "counter", f"Number of {what.replace('_', ' ')}.", [{"device": f"mlx5_{d}", "port": "1"} for d in range(4)], 0, 1 << 48
    yield "node_systemd_unit_state", "gauge", "Systemd unit", [{"name": u, "state": s, "type": "notify"} for u in UNITS for s in STATES], 0, 1
    for what in ("SM_CLOCK", "MEM_CLOCK", "GPU_TEMP", "MEMORY_TEMP", "POWER_USAGE", "GPU_UTIL", "MEM_COPY_UTIL", "FB_FREE", "FB_USED"):
        sets = [
            {
                "gpu": str(g),
                "UUID": f"GPU-6f9a1c2e-7b3d-4e5f-8a9b-0c1d2e3f4a{g:02x}",
                "pci_bus_id": f"00000000:{g * 32 + 1:02X}:00.0",
                "device": f"nvidia{g}",
                "modelName": "NVIDIA A100-SXM4-80GB",
                "hostname": "f0101",
            }
            for g in range(8)
        ]
        yield f"DCGM_FI_DEV_{what}", "gauge", f"Value of {what.replace('_', ' ').lower()} (in its unit).", sets, 0.0, 1500.0
    lustre = [{"component": "client", "target": f"fritz-OST{t:04x}", "path": "/mnt/lustre/fritz"} for t in range(96)]
    for what in ("read_bytes", "write_bytes", "read_samples", "write_samples", "open", "close", "getattr", "setattr"):
        yield f"lustre_{what}_total", "counter", f"The total number of {what.replace('_', ' ')} of the client.", lustre, 0, 1 << 46
    for quantile in range(100):
        buckets = [{"handler": f"/api/v{quantile}/jobs", "code": "200", "le": le} for le in ("0.005", "0.05", "0.5", "5", "50", "+Inf")]
        yield f"slurm_rest_request_duration_{quantile:02}_seconds_bucket", "counter", "Durations of requests by handler.", buckets, 0, 1 << 20
    yield "lustre_job_stats_total", "counter", "Operations by job.", [{"jobid": str(4000000 + j), "operation": o, "target": f"fritz-MDT{j % 4:04x}"} for j in range(1000) for o in ("open", "unlink")], 0, 1 << 24


def series_line(seen, numbers, name, labels, low, high):
    value = numbers.randint(low, high) if isinstance(low, int) else measured(numbers, low, high)
    seen.text(name)
    for label in labels.items():
        seen.label(*label)
    seen.sample(value, 0)
    text = ",".join(f'{k}="{v}"' for k, v in labels.items())
    return f"{name}{{{text}}} {shortest(float(value))}" if labels else f"{name} {shortest(float(value))}"


def page(seen, count):
    numbers = random.Random(2)
    lines = []
    for name, kind, explanation, sets, low, high in page_families():
        lines += [f"# HELP {name} {explanation}", f"# TYPE {name} {kind}"]
        for labels in sets:
            if len(lines) == count:
                break
            lines.append(series_line(seen, numbers, name, labels, low, high))
    assert len(lines) == count, len(lines)
    return ("\n".join(lines) + "\n").encode()


def openmetrics(seen):
    """The same families in OpenMetrics 1.0, where a counter is named without its _total."""
    numbers = random.Random(2)
    lines = []
    for name, kind, explanation, sets, low, high in page_families():
        family = name.removesuffix("_total")
        kind = kind if family != name else "gauge"
        lines += [f"# HELP {family} {explanation}", f"# TYPE {family} {kind}"]
        for labels in sets:
            lines.append(series_line(seen, numbers, name, labels, low, high))
    return ("\n".join(lines) + "\n# EOF\n").encode()


# ---- answers to queries, as Prometheus writes them


def answer(kind, elements, **how):
    return json.dumps({"status": "success", "data": {"resultType": kind, "result": elements}}, **how).encode()


def instant(seen, count, job="node", **how):
    numbers = random.Random(3)
    elements = []
    for i in range(count):
        labels = {"__name__": "node_load1", "cluster": "fritz", "instance": f"{host(i)}:9100", "job": job}
        value = measured(numbers, 0, 128)
        for label in labels.items():
            seen.label(*label)
        seen.sample(value, START + 0.781)
        elements.append({"metric": labels, "value": [START + 0.781, shortest(value)]})
    return answer("vector", elements, **(how or {"separators": (",", ":")}))


# Nothing of the usual compact form: blanks, an escape and a letter beyond ASCII in every element.
def instant_odd(seen, count):
    return instant(seen, count, job="n\u00f6de\\1", indent=1, ensure_ascii=False)


def query_range(seen, series, points):
    numbers = random.Random(5)
    elements = []
    for i in range(series):
        labels = {"__name__": "node_load1", "cluster": "fritz", "instance": f"{host(i)}:9100", "job": "node"}
        values = []
        for point in range(points):
            value = measured(numbers, 0, 128)
            for label in labels.items():
                seen.label(*label)
            seen.sample(value, START + 15 * point + 0.781)
            values.append([START + 15 * point + 0.781, shortest(value)])
        elements.append({"metric": labels, "values": values})
    return answer("matrix", elements, separators=(",", ":"))


# ---- remote_write 1.0 (https://prometheus.io/docs/specs/prw/remote_write_spec/), as Prometheus sends it: one sample a series


def varint(number):
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes(out) + bytes([number])


def part(field, content):
    """A length-delimited field of a protobuf message."""
    return varint(field << 3 | 2) + varint(len(content)) + content


def all_series(seen, count):
    """Yields (labels, a Sample message)."""
    numbers = random.Random(4)
    for i in range(count):
        labels = {
            "__name__": "node_cpu_seconds_total",
            "cluster": "fritz",
            "cpu": str(i // 8 % 72),
            "instance": f"{host(i // 576)}:9100",
            "job": "node",
            "mode": MODES[i % 8],
            "partition": "singlenode",
            "rack": f"r{i // 576 // 4:02}",
        }
        value, time_ms = measured(numbers, 0, 5e6), START * 1000 + 781
        for label in labels.items():
            seen.label(*label)
        seen.sample(value, time_ms / 1000)
        yield labels, b"\x09" + struct.pack("<d", value) + b"\x10" + varint(time_ms)


def remote_write(seen, count):
    body = bytearray()
    for labels, sample in all_series(seen, count):
        series = b"".join(part(1, part(1, name.encode()) + part(2, text.encode())) for name, text in labels.items())
        body += part(1, series + part(2, sample))
    return bytes(body)


def remote_write_v2(seen, count):
    """2.0 (https://prometheus.io/docs/specs/prw/remote_write_spec_2_0/): labels are numbers of a table of symbols, and each series has its type."""
    symbols, body = {"": 0}, bytearray()
    for labels, sample in all_series(seen, count):
        refs = b"".join(varint(symbols.setdefault(text, len(symbols))) for label in labels.items() for text in label)
        help_ref = symbols.setdefault("Seconds the CPUs spent in each mode.", len(symbols))
        body += part(5, part(1, refs) + part(2, sample) + part(5, b"\x08\x01\x18" + varint(help_ref)))
    return b"".join(part(4, symbol.encode()) for symbol in symbols) + bytes(body)


def snappy(raw):
    """A snappy block (https://github.com/google/snappy/blob/main/format_description.txt): greedy, copies of 4 to 64 bytes with 2-byte offsets."""
    out, last_at, begin, at = bytearray(varint(len(raw))), {}, 0, 0

    def literals(end):
        for start in range(begin, end, 60):
            chunk = raw[start : min(start + 60, end)]
            out.append((len(chunk) - 1) << 2)
            out.extend(chunk)

    while at + 4 <= len(raw):
        found = last_at.get(raw[at : at + 4], -1)
        last_at[raw[at : at + 4]] = at
        if found < 0 or at - found > 65535:
            at += 1
            continue
        length = 4
        while length < 64 and at + length < len(raw) and raw[found + length] == raw[at + length]:
            length += 1
        literals(at)
        out += bytes([(length - 1) << 2 | 2]) + struct.pack("<H", at - found)
        at += length
        begin = at
    literals(len(raw))
    return bytes(out)


# ---- a Flux answer, as InfluxDB 2 writes it with all annotations


def flux(seen, count):
    numbers = random.Random(5)
    rows_a_table, lines = 100, []

    def annotations(kind):
        lines.extend(
            [
                f"#datatype,string,long,dateTime:RFC3339,dateTime:RFC3339,dateTime:RFC3339,{kind},string,string,string,string",
                "#group,false,false,true,true,false,false,true,true,true,true",
                "#default,_result,,,,,,,,,",
                ",result,table,_start,_stop,_time,_value,_field,_measurement,cpu,host",
            ]
        )

    for i in range(count):
        table, row = divmod(i, rows_a_table)
        if i == 0 or i == count // 2:
            if i:
                lines.append("")
            annotations("double" if i == 0 else "long")
        at = START + 10 * row
        value = measured(numbers, 0, 100) if i < count // 2 else numbers.randint(0, 1 << 44)
        columns = {"_field": "usage_user" if i < count // 2 else "time_total", "_measurement": "cpu", "cpu": f"cpu{table % 128}", "host": f"{host(table)}.fritz.example.org"}
        for column in columns.items():
            seen.label(*column)
        seen.sample(value, at)

        def stamp(seconds):
            return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))

        text = str(value) if isinstance(value, int) else shortest(value)
        lines.append(f",,{table},{stamp(START)},{stamp(START + 3600)},{stamp(at)},{text},{','.join(columns.values())}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


# ---- answers of InfluxDB 1 (epoch=s) and 3 in JSON


def influxql(seen, series, rows):
    numbers = random.Random(6)
    shown = []
    for i in range(series):
        tags = {"cpu": f"cpu{i % 128}", "host": host(i)}
        values = []
        for row in range(rows):
            value = measured(numbers, 0, 100)
            for tag in tags.items():
                seen.label(*tag)
            seen.sample(value, START + 10 * row)
            values.append([START + 10 * row, value])
        shown.append({"name": "cpu", "tags": tags, "columns": ["time", "mean"], "values": values})
    return json.dumps({"results": [{"statement_id": 0, "series": shown}]}, separators=(",", ":")).encode()


def influxdb3(seen, count):
    numbers = random.Random(7)
    rows = []
    for i in range(count):
        at = START + 10 * (i // 100)
        row = {"cpu": f"cpu{i % 128}", "host": host(i % 4096), "time": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at)), "usage": measured(numbers, 0, 100)}
        seen.label("cpu", row["cpu"])
        seen.label("host", row["host"])
        seen.sample(row["usage"], at)
        rows.append(row)
    return json.dumps(rows, separators=(",", ":")).encode()


# ---- row of the table -> its file, what an item of it is, and how it is made

LOADS = {
    "line_protocol": ("cc_lines.lp", "lines", lambda seen: cc_lines(seen, 10_000)),
    "line_protocol_120k": ("cc_lines_120k.lp", "lines", lambda seen: cc_lines(seen, 120_000)),
    "line_protocol_encode": ("cc_lines.lp", "lines", lambda seen: cc_lines(seen, 10_000)),
    "exposition": ("node_exporter.prom", "samples", lambda seen: page(seen, 5_000)),
    "cc_message": ("cc_lines.lp", "messages", lambda seen: cc_lines(seen, 10_000)),
    "openmetrics": ("node_exporter.om", "samples", openmetrics),
    "prometheus_json": ("instant.json", "samples", lambda seen: instant(seen, 10_000)),
    "prometheus_json_odd": ("instant_odd.json", "samples", lambda seen: instant_odd(seen, 10_000)),
    "prometheus_json_range": ("range.json", "samples", lambda seen: query_range(seen, 100, 1_000)),
    "remote_write": ("remote_write.pb", "series", lambda seen: remote_write(seen, 1_000)),
    "remote_write_snappy": ("remote_write.snappy", "series", lambda seen: snappy(remote_write(seen, 1_000))),
    "remote_write_encode": ("remote_write.pb", "series", lambda seen: remote_write(seen, 1_000)),
    "remote_write_v2": ("remote_write_v2.pb", "series", lambda seen: remote_write_v2(seen, 1_000)),
    "flux_csv": ("flux.csv", "rows", lambda seen: flux(seen, 10_000)),
    "influxql_json": ("influxql.json", "rows", lambda seen: influxql(seen, 100, 100)),
    "influxdb3_json": ("influxdb3.json", "rows", lambda seen: influxdb3(seen, 10_000)),
}


def make():
    """Makes what is not there; answers {row: {file, unit, bytes, items, labels, text_bytes, values, seconds}}."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    index = FOLDER / "loads.json"
    version = hashlib.sha256(pathlib.Path(__file__).read_bytes()).hexdigest()
    if index.exists():
        known = json.loads(index.read_text())
        if known["version"] == version and all((FOLDER / load["file"]).exists() for load in known["loads"].values()):
            return known["loads"]
    loads = {}
    for row, (file, unit, write) in LOADS.items():
        seen = Seen()
        body = write(seen)
        (FOLDER / file).write_bytes(body)
        loads[row] = {"file": file, "unit": unit, "bytes": len(body), **vars(seen)}
    index.write_text(json.dumps({"version": version, "loads": loads}, indent=1))
    return loads


if __name__ == "__main__":
    for row, load in make().items():
        print(f"{row:20} {load['file']:20} {load['bytes']:>9} bytes {load['items']:>7} {load['unit']:8} {load['bytes'] / load['items']:6.1f} bytes each")
    sys.exit(0)
