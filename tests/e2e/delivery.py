"""What the tests of delivery share: configurations in pieces, numbered lines, the accounts as numbers."""

import dataclasses
import json
import re
import time

import harness
from harness import Gateway, eventually

CLUSTER = "fritz"
SUBJECT = f"{CLUSTER}.metrics"
EMBEDDED = "[nats]\nembedded = true\n"
ROUTER = "[router]\n"


def table(head, **keys):
    """One TOML table; JSON's strings, numbers and booleans are TOML's."""
    return f"{head}\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in keys.items())


def nats_table(*servers, **keys):
    return table("[nats]", url=[server if isinstance(server, str) else server.url for server in servers], **keys)


def store_sink(url, **keys):
    return table("[[sink]]", name="ccms", type="cc_metric_store", url=url, batch_age="50ms", **keys)


def file_sink(path="lines.lp", **keys):
    return table("[[sink]]", name="copy", type="file", path=str(path), batch_age="50ms", **keys)


def source(prometheus, query, metric="tick", hostname="instance", **keys):
    url = prometheus if isinstance(prometheus, str) else prometheus.url
    head = table("[[source]]", name="prometheus", type="prometheus", url=url, **{"interval": "1s", **keys})
    return head + table("[[source.query]]", metric=metric, query=query, hostname=hostname)


def clock_source(prometheus, **keys):
    """One series of one host n1 whose value is the tick's own time: a gap or a wrong second shows."""
    return source(prometheus, 'label_replace(vector(time()), "instance", "n1", "", "")', **keys)


def gateway(*parts):
    """A gateway with this configuration; state in its own folder, so `dead_letters` and file sinks are found there."""
    made = Gateway()
    made.write_config("\n".join((table("[gateway]", cluster=CLUSTER, instance="gw", state_dir="state"), *parts)))
    return made


def dead_letters(of, sink="ccms"):
    path = of.dir / f"state/dead-letter/{sink}.lp"
    return path.read_text() if path.exists() else ""


def written(of, path="lines.lp"):
    """The whole lines of a gateway's file sink."""
    path = of.dir / path
    return [line for line in path.read_text().splitlines(True) if line.endswith("\n")] if path.exists() else []


def line(value, stamp, host="n1", metric="cpu_load"):
    """A line as the gateway would write it itself, so that what comes out can be compared as text."""
    return f"{metric},cluster={CLUSTER},hostname={host},type=node value={value} {stamp}\n"


def numbered(count, host="n1", first=0):
    """So many lines of one host, one a second, all in the past, the value being the number."""
    begin = int(time.time()) - 1000
    return [line(i, begin + i, host) for i in range(first, first + count)]


def ticks(store, metric="tick", host="n1"):
    """{time: value} of the last ten minutes in the store; the present second cannot be read yet."""
    now = int(time.time())
    return store.values(CLUSTER, host, metric, now - 600, now + 1)


def polls(prometheus):
    """How many queries it has answered."""
    page = harness.request("GET", f"{prometheus.url}/metrics").text
    found = re.findall(r'^prometheus_http_requests_total\{code="200",handler="/api/v1/query"\} (\d+)', page, re.M)
    return int(found[0]) if found else 0


def wait_polls(prometheus, count, timeout=30):
    """Returns when so many more queries were answered than now."""
    before = polls(prometheus)
    eventually(lambda: polls(prometheus) >= before + count, timeout, f"{count} more queries at Prometheus")


def gaps(values):
    """What is missing or wrong between the first and the last second of {time: value} from clock_source."""
    return {t: values.get(t) for t in range(min(values), max(values) + 1) if values.get(t) != t}


@dataclasses.dataclass(frozen=True)
class Account:
    entered: int
    made: int
    left: int
    dropped: int
    held: int
    reasons: dict

    @property
    def balances(self):
        return self.entered + self.made == self.left + self.dropped + self.held and self.dropped == sum(self.reasons.values())


def balance(of):
    """The accounts that a gateway printed at its end: {"poll": …, "accept": …, "write NAME": …}."""
    accounts, last = {}, None
    text = of.stderr.rpartition("\nbalance\n")[2]
    for row in text.splitlines():
        if found := re.match(r"  (poll|accept|write) +(\S+) +(\d+) \w+(?: \+ (\d+) made by rules)? = (\d+) \w+ \+ (\d+) dropped \+ (\d+) held$", row):
            stage, name, *numbers = found.groups()
            last = Account(*(int(number or 0) for number in numbers), {})
            accounts[f"write {name}" if stage == "write" else stage] = last
        elif found := re.match(r"    dropped (\w+) +(\d+)$", row):
            last.reasons[found[1]] = int(found[2])
    return accounts


def check_balance(test, of):
    """Every account balances, and nothing is on the way any more. Returns the accounts."""
    accounts = balance(of)
    test.assertTrue(accounts, f"no balance in\n{of.tail()}")
    for name, account in accounts.items():
        test.assertTrue(account.balances, f"{name}: {account}")
        test.assertEqual(account.held, 0, name)
    return accounts
