"""Writes FOLDER/<target>/: what the corpora hold, in the shape that each fuzzer takes. Usage: seed.py FOLDER

The corpora are at $CC_GATEWAY_CORPORA or beside the repository; without them there is nothing to do. A folder stays as
it is once it is there.
"""

import base64
import gzip
import json
import os
import pathlib
import shutil
import sys

SEEDS_MAX = 300  # a target: a fuzzer reads all of them before it begins
BYTES_MAX = 4 * 1024  # a seed: its size bounds what the fuzzer makes of it, and large inputs are slow

HERE = pathlib.Path(__file__).resolve().parent
CORPORA = pathlib.Path(os.environ.get("CC_GATEWAY_CORPORA", HERE.parents[2] / "shared/corpora"))


def files(*patterns):
    """The content of all files that match, in the order of their names."""
    for pattern in patterns:
        for path in sorted(CORPORA.glob(pattern)):
            if path.is_file():
                yield path.read_bytes()


def entries(*patterns):
    """The entries of the JSON lists in all files that match."""
    for content in files(*patterns):
        yield from json.loads(content)


def as_bytes(text):
    """A text of a corpus: plain, or base64 under `binary` or `base64`."""
    if isinstance(text, str):
        return text.encode()
    return base64.b64decode(text.get("binary") or text.get("base64") or "")


def head(text):
    """The whole lines of `text` that a seed has room for."""
    return text if len(text) < BYTES_MAX else text[: text.rfind(b"\n", 0, BYTES_MAX - 2) + 1]


def unsnappy(block):
    """The content of a snappy block (format_description.txt of google/snappy); nothing where it is none."""
    out = bytearray()
    at = 0
    try:
        while block[at] & 0x80:  # the length of the content, which the rest says too
            at += 1
        at += 1
        while at < len(block) and len(out) < BYTES_MAX:
            tag = block[at]
            at += 1
            if tag & 3 == 0:
                size = tag >> 2
                if size >= 60:
                    more = size - 59
                    size = int.from_bytes(block[at : at + more], "little")
                    at += more
                out += block[at : at + size + 1]
                at += size + 1
                continue
            if tag & 3 == 1:
                size, offset = (tag >> 2 & 7) + 4, (tag >> 5) << 8 | block[at]
                at += 1
            else:
                width = 2 if tag & 3 == 2 else 4
                size, offset = (tag >> 2) + 1, int.from_bytes(block[at : at + width], "little")
                at += width
            for _ in range(size):
                out.append(out[-offset])
    except IndexError:
        return b""
    return bytes(out)


def lines():
    """Bodies in line protocol: odd lines of test tables, and whole bodies."""
    corpus = json.loads((CORPORA / "line-protocol-corpus/corpus.json").read_bytes())
    decode = [entry["input"] for _, entry in sorted(corpus["decode"].items())]
    for entry in decode[:: len(decode) // 120]:
        yield as_bytes(entry.get("text", entry))
    for entry in entries("lineprotocol-extracted/*.json"):
        yield as_bytes(entry["Input"])
    for entry in entries("captured-influxdb1/influxdb-1.6.7/INDEX.json"):
        if entry["name"].startswith("w_") and isinstance(entry["request_body"], str):
            yield entry["request_body"].encode("latin-1", "ignore")
    for content in files("telegraf-lineprotocol/*.out", "influx-iox-lp/*.lp"):
        yield head(content)


def pages():
    """Pages of metrics: whole ones, and the inputs of test tables."""
    for content in files(
        "openmetrics-parsers/parsers/*/metrics",
        "prometheus-expfmt/corpus/*",
        "prometheus-textparse/*.txt",
        "captured-scrapes/*.text.txt",
        "telegraf-parsers/*/*/input.txt",
        "node-exporter-e2e/**/*.prom",
    ):
        yield head(content)
    for entry in entries("promtext-extracted/*.json"):
        yield as_bytes(entry["Input"])


def remote_write_headers():
    for entry in entries("remote-write-constructed/INDEX.json"):
        yield from (value.encode() for value in entry["headers"].values())
    for content in files("captured-remote-write/*/*.request.json"):
        yield from (value.encode() for _, value in json.loads(content)["headers"])


def remote_writes():
    """The first byte chooses the version: an even one 1.0."""
    for entry in entries("remote-write-constructed/INDEX.json"):
        version = b"\1" if "v2" in entry["headers"].get("Content-Type", "") else b"\0"
        yield version + unsnappy((CORPORA / "remote-write-constructed" / entry["file"]).read_bytes())
    for block in files("captured-remote-write/*/*.snappy"):
        yield b"\0" + unsnappy(block)
    for block in files("remote-write-third-party/*.snappy"):
        yield b"\1" + unsnappy(block)


def flux_bodies():
    return (entry["csv"].encode() for entry in entries("flux-csv/flux-csv-inputs.json"))


def times():
    for body in flux_bodies():
        yield from (cell for cell in body.replace(b"\n", b",").split(b",") if cell[4:5] == b"-" and b"T" in cell)


def influxql_answers():
    for entry in entries("influxql-results/*.json"):
        yield entry["Expected"].encode()
    yield from files("influxql-results/node-influx-fixtures/*/*", "captured-influxdb1/influxdb-1.6.7/*.json")


def conditions():
    """Those of ClusterCockpit, and some of the general expressions."""
    for line in (CORPORA / "expr-lang/cc-conditions.jsonl").read_text().splitlines()[1:]:
        yield json.loads(line)["condition"].encode()
    yield from (CORPORA / "expr-lang/fuzz_corpus.txt").read_bytes().splitlines()[::400]


def line(message):
    """A message of the corpus of conditions, in line protocol."""
    shapes = {"string": '"{}"', "int": "{}i", "uint": "{}u"}

    def written(field):
        value = str(field["value"]).replace('"', '\\"')
        return shapes.get(field["type"], "{}").format(value.lower() if field["type"] == "bool" else value)

    tags = "".join(f",{key}={value}" for key, value in message["tags"].items())
    fields = ",".join(f"{key}={written(field)}" for key, field in message["fields"].items())
    return f"{message['name']}{tags} {fields} {message['timestamp']}\n"


def routes():
    """Each condition of ClusterCockpit as a rule, with a line for each of its results."""
    head, *rows = map(json.loads, (CORPORA / "expr-lang/cc-conditions.jsonl").read_text().splitlines())
    for row in rows:
        names = {True: "metric_float", False: "event"}  # also where the condition is refused
        names |= {result: name for name, result in row.get("results", {}).items()}
        lines = "".join(line(head["messages"][name]) for name in names.values())
        yield (json.dumps({"drop_metrics_if": [row["condition"]]}) + "\n\n" + lines).encode()


def with_head(heads, bodies):
    """Puts in front what a fuzzer takes its choices from, another one each time."""
    return (heads[i % len(heads)] + body for i, body in enumerate(bodies))


PIECES = [b"\x00", b"\x06", b"\x17", b"\x3f"]  # bytes a piece, less one
LINE_CHOICES = [b"\x00\x05", b"\x01\x11", b"\x02\x20", b"\x03\x40"]  # dialect, leniency; where to cut

TARGETS = {
    "fuzz_cc_message": lines,
    "fuzz_csv": lambda: with_head(PIECES, [*files("csv-spectrum/csvs/*"), *flux_bodies()]),
    "fuzz_exposition": pages,
    "fuzz_expression": conditions,
    "fuzz_flux_csv": lambda: with_head(PIECES, flux_bodies()),
    "fuzz_gzip": lambda: [*files("telegraf-parsers/influx_listener/*.gz"), *(gzip.compress(body, mtime=0) for body in flux_bodies())],
    "fuzz_influxql_json": lambda: with_head(PIECES, influxql_answers()),
    "fuzz_line_protocol": lambda: with_head(LINE_CHOICES, lines()),
    "fuzz_prometheus_json": lambda: files("captured-prometheus-api/*/*.json"),
    "fuzz_remote_write": remote_writes,
    "fuzz_remote_write_http": remote_write_headers,
    "fuzz_rfc3339": times,
    "fuzz_router": routes,
    "fuzz_snappy_block": lambda: files("captured-remote-write/*/*.snappy", "remote-write-constructed/*.bin"),
}


def write(folder, seeds):
    chosen = list(dict.fromkeys(seed for seed in seeds if 0 < len(seed) <= BYTES_MAX))
    chosen = [chosen[i * len(chosen) // SEEDS_MAX] for i in range(SEEDS_MAX)] if len(chosen) > SEEDS_MAX else chosen
    unfinished = folder.with_name(folder.name + ".new")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    for i, seed in enumerate(chosen):
        (unfinished / f"{i:03}").write_bytes(seed)
    unfinished.rename(folder)


def main():
    root = pathlib.Path(sys.argv[1])
    if not CORPORA.is_dir():
        print("skipped: corpora not found")
        return
    for target, seeds in TARGETS.items():
        if not (root / target).exists():
            write(root / target, seeds())


main()
