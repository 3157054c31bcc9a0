"""What the end-to-end tests of polling share: configurations as rows, the balance as numbers, what the file sink wrote."""

import dataclasses
import json
import re
import subprocess
import time

import harness
from harness import Gateway

CLUSTER = "c"


def toml(value):
    """A value of TOML. JSON writes strings, numbers, lists and truth as TOML does; only tables differ."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{json.dumps(key)} = {toml(item)}" for key, item in value.items()) + " }"
    return json.dumps(str(value) if hasattr(value, "__fspath__") else value, ensure_ascii=False)


def table(header, keys):
    return header + "\n" + "".join(f"{key} = {toml(value)}\n" for key, value in keys.items())


def query(metric, promql, **keys):
    return {"metric": metric, "query": promql, **keys}


def source(url, queries, **keys):
    """A source that is polled every second, late enough that Prometheus has the sample of the tick's own moment."""
    keys = {"name": "prometheus", "type": "prometheus", "url": url, "interval": "1s", "delay": "500ms", "timeout": "5s", **keys}
    return table("[[source]]", keys) + "".join(table("[[source.query]]", row) for row in queries)


def to_file(name="lines.lp"):
    """A sink that tests read line by line: what it gets is what every sink gets."""
    return table("[router]", {}) + table("[[sink]]", {"name": "file", "type": "file", "path": name, "batch_age": "50ms"})


def to_store(store, **keys):
    login = {"token_file": "store.jwt"} if store.token else {}
    keys = {"name": "ccms", "type": "cc_metric_store", "url": store.url, "batch_age": "50ms", **login, **keys}
    return table("[router]", {}) + table("[[sink]]", keys)


def gateway(nats, *parts, store=None):
    """The program with a configuration of these parts; `nats` is a server, or None for the gateway's own."""
    bus = {"url": nats.url} if nats else {"embedded": True, "server": harness.need("nats-server")}
    made = Gateway(table("[gateway]", {"cluster": CLUSTER, "state_dir": "state"}) + table("[nats]", bus) + "".join(parts))
    if store is not None and store.token:
        made.write_file("store.jwt", store.token)
    return made


@dataclasses.dataclass
class Account:
    """One line of the balance, with the reasons below it."""

    total: int
    out: int
    dropped: int
    held: int
    reasons: dict


_LINE = re.compile(r"  (\S+) +(\S+) +(\d+) (\w+) = (\d+) (\w+) \+ (\d+) dropped \+ (\d+) held")
_REASON = re.compile(r"    dropped (\S+) +(\d+)")


def balance(log):
    """The balance that stands at the end of a log, as {"poll": Account, "accept": …, "write": …}. Fails if it does not add up."""
    _, found, text = log.rpartition("balance\n")
    assert found, f"no balance in:\n{log}"
    accounts = {}
    for line in text.splitlines():
        if match := _LINE.fullmatch(line):
            stage = match[1]
            assert stage not in accounts, f"two accounts of stage {stage}"
            accounts[stage] = Account(int(match[3]), int(match[5]), int(match[7]), int(match[8]), {})
        else:
            match = _REASON.fullmatch(line)
            assert match, f"not a line of the balance: {line!r}"
            accounts[stage].reasons[match[1]] = int(match[2])
    for stage, account in accounts.items():
        assert account.total == account.out + account.dropped + account.held, f"{stage} does not add up:\n{text}"
        assert account.dropped == sum(account.reasons.values()), f"the reasons of {stage} do not add up:\n{text}"
    return accounts


def once(program):
    """Runs `run --once` to its end; the result has .balance besides .returncode, .stdout and .stderr."""
    done = program.run("run", "--config", program.config, "--once")
    done.balance = balance(done.stderr) if "balance\n" in done.stderr else None
    return done


def written(program, name="lines.lp"):
    """The lines that the file sink has written so far, sorted."""
    path = program.dir / name
    return sorted(path.read_text().splitlines()) if path.exists() else []


def stored_now(store, host, metric, **selector):
    """What the store holds of a series in these minutes: {time: value}."""
    now = int(time.time())
    return store.values(CLUSTER, host, metric, now - 900, now + 60, **selector)


class History(harness.Exposition):
    """An exporter of ours whose every scrape is a moment 15 s later than the one before, so that a real Prometheus has two minutes of counters
    in a few seconds. `pages` maps a path to a function of the moment (Unix time) that gives {series: value}."""

    STEP, STEPS = 15, 10

    def __init__(self, pages):
        super().__init__()
        self.pages = pages
        self.end = int(time.time())
        self.dead = False
        self._next = {path: 0 for path in pages}

    def handle(self, http_request, body):
        path = http_request.path
        step = min(self._next[path], self.STEPS)
        self._next[path] = step + 1
        moment = self.end - (self.STEPS - step) * self.STEP
        page = "".join(f"{series} {value} {moment}000\n" for series, value in self.pages[path](moment).items())
        self.set_page(None if self.dead else page, path)
        super().handle(http_request, body)

    def complete(self):
        return all(step > self.STEPS for step in self._next.values())


def python_with(module):
    """Debian's Python, if it has the module; skips the test that asks when it has not."""
    if subprocess.run(["/usr/bin/python3", "-c", f"import {module}"], capture_output=True).returncode:
        raise harness.unittest.SkipTest(f"skipped: needs python3-{module}")
    return "/usr/bin/python3"
