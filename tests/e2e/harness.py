#!/usr/bin/python3
"""Starts and stops the real servers that end-to-end tests, the demo and benchmarks talk to.

    with NatsServer() as nats, MetricStore({"cpu_load": 10}, keys=KeyPair.demo()) as store, Gateway() as gateway: ...

Every server runs on loopback, on a port of its own that it keeps when it is started again, in a folder of its own under build/run/ that goes
away at the end. A server is stopped by its own process id, and dies with the test however the test dies. Nothing here sleeps and hopes:
start() returns when the server answers, and eventually() asks again until something is true.

Python's standard library only. One rule for callers: start servers from a thread that lives as long as they shall (the kernel ends them with it).
"""

import atexit
import base64
import dataclasses
import gzip
import http.client
import http.server
import json
import os
import pathlib
import random
import re
import select
import shutil
import signal
import socket
import ssl
import struct
import subprocess
import tempfile
import threading
import time
import unittest
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parents[2]
SERVERS = pathlib.Path(os.environ.get("CC_GATEWAY_SERVERS", ROOT / "build/servers"))
RUN = ROOT / "build/run"
# Programs under a sanitizer on two busy cores are slow to start; a wait ends as soon as it can, so generous costs nothing.
START_TIMEOUT = 30
STOP_TIMEOUT = 15


if threading.current_thread() is threading.main_thread():
    # Being asked to end is the same as Ctrl-C: what stands in `with` and `finally` is still done.
    for _number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(_number) is signal.SIG_DFL:
            signal.signal(_number, signal.default_int_handler)


# --- small tools ------------------------------------------------------------------------------------------------------------------------------


def eventually(ask, timeout=15, what="the condition"):
    """Asks until the answer is true and returns it. An AssertionError inside `ask` counts as not yet."""
    deadline = time.monotonic() + timeout
    while True:
        try:
            last = ask()
            if last:
                return last
        except AssertionError as error:
            last = error
        if time.monotonic() > deadline:
            raise AssertionError(f"after {timeout} s still not true: {what} (last answer: {last!r})")
        time.sleep(0.02)  # between two questions; nothing relies on its length


_claims = []  # one abstract socket a port: it tells the other harnesses on this machine that the port is taken


def free_port():
    """A loopback port that nobody else uses, below the range from which the kernel picks, kept for this process until it ends."""
    for port in random.sample(range(10000, 32000), 500):
        claim = socket.socket(socket.AF_UNIX)
        probe = socket.socket(socket.AF_INET)
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            claim.bind(f"\0cc-gateway-test-port-{port}")
            probe.bind(("127.0.0.1", port))
            _claims.append(claim.detach())  # open until the process ends
            return port
        except OSError:
            claim.close()
        finally:
            probe.close()
    raise AssertionError("no free port between 10000 and 32000")


def have_ipv6():
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
        return True
    except OSError:
        return False


_folders = []


def run_dir(name):
    """A new folder under build/run/, removed when the process ends. CC_GATEWAY_KEEP=1 keeps it, to look into."""
    RUN.mkdir(parents=True, exist_ok=True)
    path = pathlib.Path(tempfile.mkdtemp(prefix=f"{name}-", dir=RUN))
    _folders.append(path)
    return path


def need(program):
    """The path of a server's program; skips the test that asks when it was not built."""
    path = SERVERS / "bin" / program
    if path.exists():
        return path
    hint = {
        "metric_store": "needs Go >= 1.25 and then: tests/servers/get store",
        "nats": "needs Go >= 1.25 and then: tests/servers/get nats-cli",
        "cc-backend": "needs Go >= 1.25 and then: tests/servers/get cc-backend",
    }.get(program, f"needs {program}: tests/servers/get debian")
    raise unittest.SkipTest(f"skipped: {hint}")


@dataclasses.dataclass
class Response:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def text(self):
        return self.body.decode(errors="replace")

    def json(self):
        return json.loads(self.body)


def request(method, url, body=None, headers=None, timeout=10):
    """One HTTP request, a body with GET allowed, no proxies, no exception for a bad status."""
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=timeout)
    try:
        path = urllib.parse.urlunsplit(("", "", parts.path or "/", parts.query, ""))
        connection.request(method, path, body.encode() if isinstance(body, str) else body, headers or {})
        answer = connection.getresponse()
        return Response(answer.status, answer.headers, answer.read())
    finally:
        connection.close()


def answers(method, url, status=200):
    """True if that URL answers with that status: what readiness is asked with."""
    try:
        return request(method, url, timeout=2).status == status
    except (OSError, http.client.HTTPException):
        return False


# --- tokens -----------------------------------------------------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class KeyPair:
    """An Ed25519 key pair as ClusterCockpit writes it: `public` is the base64 of 32 bytes, `private` that of seed and public key."""

    seed: bytes
    public: str

    # The 32 bytes of a key are the end of a DER structure whose beginning is always the same.
    _PRIVATE_DER = bytes.fromhex("302e020100300506032b657004220420")

    @classmethod
    def demo(cls):
        """The pair that ClusterCockpit's own examples use. Known to everyone, so good for nothing but tests."""
        private = base64.b64decode("dtPC/6dWJFKZK7KZ78CvWuynylOmjBFyMsUWArwmodOTN9itjL5POlqdZkcnmpJ0yPm4pRaCrvgFaFAbpyik/Q==")
        return cls(private[:32], base64.b64encode(private[32:]).decode())

    @classmethod
    def generate(cls):
        private = _openssl("genpkey", "-algorithm", "ed25519", "-outform", "DER")
        public = _openssl("pkey", "-inform", "DER", "-pubout", "-outform", "DER", stdin=private)
        return cls(private[-32:], base64.b64encode(public[-32:]).decode())

    @property
    def private(self):
        return base64.b64encode(self.seed + base64.b64decode(self.public)).decode()

    def sign(self, data):
        with tempfile.NamedTemporaryFile() as key, tempfile.NamedTemporaryFile() as message:
            key.write(self._PRIVATE_DER + self.seed)
            message.write(data)
            key.flush()
            message.flush()  # openssl wants to know the size beforehand, so no pipe
            return _openssl("pkeyutl", "-sign", "-rawin", "-keyform", "DER", "-inkey", key.name, "-in", message.name)


def _openssl(*args, stdin=None):
    done = subprocess.run(["openssl", *args], input=stdin, capture_output=True)
    if done.returncode:
        raise AssertionError(f"openssl {args[0]}: {done.stderr.decode()}")
    return done.stdout


def mint_token(keys, claims=None, valid_for=3600):
    """A JWT for cc-metric-store. `claims` replaces the usual ones; without it the token is valid from now for `valid_for` seconds
    (a negative number makes an expired one)."""
    if claims is None:
        claims = {"sub": "cc-gateway", "roles": ["api"], "exp": int(time.time()) + valid_for}

    def encode(data):
        return base64.urlsafe_b64encode(data).rstrip(b"=")

    header = json.dumps({"alg": "EdDSA", "typ": "JWT"}, separators=(",", ":")).encode()
    signed = encode(header) + b"." + encode(json.dumps(claims, separators=(",", ":")).encode())
    return (signed + b"." + encode(keys.sign(signed))).decode()


@dataclasses.dataclass(frozen=True)
class Certificate:
    """A server certificate for localhost, 127.0.0.1 and ::1 that is its own authority: files for servers, and as `ca` for clients."""

    certificate: pathlib.Path
    key: pathlib.Path

    @classmethod
    def make(cls):
        folder = run_dir("certificate")
        made = cls(folder / "server.crt", folder / "server.key")
        _openssl(
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=localhost",
            "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1", "-keyout", str(made.key), "-out", str(made.certificate),
        )  # fmt: skip
        return made

    @property
    def ca(self):
        return self.certificate


# --- processes --------------------------------------------------------------------------------------------------------------------------------

_running = set()


@atexit.register
def _clean_up():
    for process in list(_running):
        process.kill()
    if not os.environ.get("CC_GATEWAY_KEEP"):
        for folder in _folders:
            shutil.rmtree(folder, ignore_errors=True)


def session_of(pid):
    """The session that a process belongs to; None if there is no such process or only its unread exit status is left."""
    try:
        state, _, _, session = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[:4]
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if state == "Z" else int(session)


def command_line(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    except (FileNotFoundError, ProcessLookupError):
        return ""


class Process:
    """One child process with its folder, its output in files and a way to know that it is ready. It can be started again after it was stopped."""

    name = "process"

    def __init__(self):
        self.dir = run_dir(self.name)
        self.stdout_path = self.dir / "stdout"
        self.stderr_path = self.dir / "stderr"
        self.process = None

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    def command(self):
        raise NotImplementedError

    def ready(self):
        return True

    def start(self):
        self.spawn([str(part) for part in self.command()])
        self.wait_ready()
        return self

    def spawn(self, command, env=None):
        assert not self.running, f"{self.name} runs already"
        # setpriv lets the kernel kill the child when we die, however we die, and becomes the program: the process id is the program's own.
        # A session of its own keeps a Ctrl-C for us from reaching it before we have said goodbye properly.
        with open(self.stdout_path, "ab") as out, open(self.stderr_path, "ab") as err:
            self.process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", *command],
                stdin=subprocess.DEVNULL, stdout=out, stderr=err, cwd=self.dir, start_new_session=True,
                env={**os.environ, "HOME": str(self.dir), **(env or {})},
            )  # fmt: skip
        _running.add(self)

    def wait_ready(self):
        def ask():
            if self.process.poll() is not None:
                raise RuntimeError(f"{self.name} ended at once with status {self.process.returncode}:\n{self.tail()}")
            return self.ready()

        try:
            eventually(ask, START_TIMEOUT, f"{self.name} is ready")
        except AssertionError as error:
            tail = self.tail()
            self.kill()
            raise AssertionError(f"{error}\n{tail}") from None
        except RuntimeError:
            self.kill()
            raise

    @property
    def pid(self):
        return self.process.pid

    @property
    def running(self):
        return self.process is not None and self.process.poll() is None

    @property
    def returncode(self):
        """None while it runs; negative for the signal that ended it."""
        return self.process.poll() if self.process else None

    def signal(self, number):
        self.process.send_signal(number)

    def wait(self, timeout=STOP_TIMEOUT):
        """Waits for an end that is coming by itself; returns the status."""
        try:
            return self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self.name} did not end within {timeout} s\n{self.tail()}") from None

    def stop(self, timeout=STOP_TIMEOUT):
        """SIGTERM, and SIGKILL if that is ignored. Returns the status; fine to call when nothing runs."""
        if self.running:
            self.process.terminate()
            try:
                self.process.wait(timeout)
            except subprocess.TimeoutExpired:
                pass
        return self.kill()

    def kill(self):
        """SIGKILL for what still runs, the process and whatever it started. Returns the status."""
        if self.process is None:
            return None
        if self in _running:
            _running.discard(self)
            try:
                os.killpg(self.process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            self.process.wait()
        return self.process.returncode

    def children(self):
        """The processes of this one's session besides itself, as {pid: command}: what it started, and what is left of it after its end."""
        pids = [int(entry) for entry in os.listdir("/proc") if entry.isdigit()]
        return {pid: command_line(pid) for pid in pids if pid != self.pid and session_of(pid) == self.pid}

    @property
    def stdout(self):
        return self.stdout_path.read_text(errors="replace") if self.stdout_path.exists() else ""

    @property
    def stderr(self):
        return self.stderr_path.read_text(errors="replace") if self.stderr_path.exists() else ""

    @property
    def log(self):
        """Both outputs, for those who do not care which."""
        return self.stdout + self.stderr

    def tail(self, lines=25):
        text = "\n".join(self.log.splitlines()[-lines:])
        return f"--- last lines of {self.name} ({self.dir}):\n{text}\n---"

    def mark(self):
        """Where the log ends now; wait_log(…, since=mark) looks only at what comes later."""
        return (len(self.stdout), len(self.stderr))

    def since(self, mark):
        return self.stdout[mark[0] :] + self.stderr[mark[1] :]

    def wait_log(self, pattern, timeout=15, since=(0, 0)):
        """Waits until the log matches the regular expression and returns the match."""
        try:
            return eventually(lambda: re.search(pattern, self.since(since), re.M), timeout, f"the log of {self.name} says /{pattern}/")
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.tail()}") from None


# --- the real servers -------------------------------------------------------------------------------------------------------------------------


def _quoted(text):
    return json.dumps(text, ensure_ascii=False)  # nats-server knows no \\u


class NatsServer(Process):
    """nats-server. `extra` is pasted into its configuration (max_payload, TLS, accounts, leaf nodes, …)."""

    name = "nats-server"

    def __init__(self, user=None, password=None, token=None, jetstream=False, port=None, extra=""):
        super().__init__()
        self.user, self.password, self.token = user, password, token
        self.port = port or free_port()
        self.monitor_port = free_port()
        login = ""
        if user is not None:
            login = f"authorization {{ user: {_quoted(user)}, password: {_quoted(password)} }}\n"
        elif token is not None:
            login = f"authorization {{ token: {_quoted(token)} }}\n"
        (self.dir / "nats.conf").write_text(
            f'listen: "127.0.0.1:{self.port}"\nhttp: "127.0.0.1:{self.monitor_port}"\n{login}'
            + (f'jetstream {{ store_dir: "{self.dir}/jetstream" }}\n' if jetstream else "")
            + extra
        )

    def command(self):
        return [need("nats-server"), "-c", self.dir / "nats.conf"]

    def ready(self):
        return answers("GET", f"http://127.0.0.1:{self.monitor_port}/healthz")

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    @property
    def url(self):
        return f"nats://{self.address}"

    @property
    def url_with_login(self):
        """The same with user and password, or the token, in it: for clients that have no better place for them."""
        login = ":".join(urllib.parse.quote(part, safe="") for part in (self.user, self.password or self.token) if part is not None)
        return f"nats://{login}@{self.address}" if login else self.url

    def monitor(self, path):
        """What the monitoring endpoint says, for example monitor("connz?subs=1")."""
        return request("GET", f"http://127.0.0.1:{self.monitor_port}/{path}").json()

    def connections(self):
        return self.monitor("connz?subs=detail")["connections"]

    def subscriptions(self, subject):
        """The subscriptions that a message on this subject would reach, each with its queue group as `qgroup`.
        A subject with wildcards finds those that say exactly that."""
        listed = self.monitor("subsz?subs=1&limit=100000").get("subscriptions_list") or []
        return [entry for entry in listed if entry["subject"] == subject or _matches(entry["subject"].split("."), subject.split("."))]

    def wait_subscribed(self, subject, count=1, timeout=15):
        return eventually(lambda: len(self.subscriptions(subject)) >= count, timeout, f"{count} subscription(s) that match {subject}")


def _matches(pattern, subject):
    if not pattern or not subject:
        return pattern == subject
    return pattern == [">"] or (pattern[0] in ("*", subject[0]) and _matches(pattern[1:], subject[1:]))


class Prometheus(Process):
    """Prometheus scraping `targets`: each an address, or (address, {label: value}); a label `instance` replaces the usual one.
    `jobs` adds more: {job: targets}."""

    name = "prometheus"

    def __init__(self, targets=(), scrape_interval="1s", job="node", jobs=None, args=()):
        super().__init__()
        self.port = free_port()
        self.args = args
        self.scrape_interval = scrape_interval
        self.configure({job: targets, **(jobs or {})})

    def configure(self, jobs):
        """Other targets; a running server reads them at its next start."""

        def static(target):
            address, labels = target if isinstance(target, tuple) else (target, {})
            return {"targets": [address], "labels": labels}

        config = {
            "global": {"scrape_interval": self.scrape_interval, "scrape_timeout": self.scrape_interval},
            "scrape_configs": [{"job_name": job, "static_configs": [static(t) for t in targets]} for job, targets in jobs.items()],
        }
        (self.dir / "prometheus.yml").write_text(json.dumps(config))  # JSON is YAML

    def command(self):
        return [
            need("prometheus"), f"--config.file={self.dir}/prometheus.yml", f"--storage.tsdb.path={self.dir}/data",
            f"--web.listen-address=127.0.0.1:{self.port}", "--log.level=warn", *self.args,
        ]  # fmt: skip

    def ready(self):
        return answers("GET", f"{self.url}/-/ready")

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def query(self, expression, at=None):
        """An instant query's result: [{"metric": {…}, "value": [time, "text"]}, …]."""
        parameters = {"query": expression, **({} if at is None else {"time": at})}
        answer = request("GET", f"{self.url}/api/v1/query?{urllib.parse.urlencode(parameters)}").json()
        assert answer["status"] == "success", answer
        return answer["data"]["result"]

    def wait_for(self, expression, count=1, timeout=20):
        """Waits until the query has at least so many series and returns them."""
        return eventually(
            lambda: (lambda found: len(found) >= count and found)(self.query(expression)), timeout, f"{count} series of {expression}"
        )


class NodeExporter(Process):
    """Debian's prometheus-node-exporter on one port of each of `hosts`."""

    name = "node-exporter"

    def __init__(self, hosts=("127.0.0.1",), args=()):
        super().__init__()
        self.port = free_port()
        self.hosts = hosts
        self.args = args

    @property
    def addresses(self):
        return [f"[{host}]:{self.port}" if ":" in host else f"{host}:{self.port}" for host in self.hosts]

    @property
    def address(self):
        return self.addresses[0]

    def command(self):
        return [need("prometheus-node-exporter"), *(f"--web.listen-address={a}" for a in self.addresses), *self.args]

    def ready(self):
        return all(answers("GET", f"http://{address}/") for address in self.addresses)

    def page(self):
        return request("GET", f"http://{self.address}/metrics").text


class MetricStore(Process):
    """The metric store: the real engine, our HTTP shell (tests/servers/metric_store).

    `metrics` maps a name to its frequency in seconds, or to {"frequency": …, "aggregation": "sum" | "avg" | None}.
    `keys` is the key pair whose tokens it accepts; without one it asks for none. `subscriptions` are subjects, or (subject, cluster) pairs,
    that it hears on `nats`.
    """

    name = "metric-store"

    def __init__(self, metrics, keys=None, nats=None, subscriptions=(), loglevel="info", file_format="wal", main=None):
        super().__init__()
        self.port = free_port()
        self.keys = keys
        self.nats = nats
        self.loglevel = loglevel
        self.metrics = {n: m if isinstance(m, dict) else {"frequency": m, "aggregation": None} for n, m in metrics.items()}
        self.subscriptions = [s if isinstance(s, tuple) else (s, "") for s in subscriptions]
        self.token = mint_token(keys) if keys else None
        store = {
            "retention-in-memory": "48h", "memory-cap": 1, "num-workers": 1,
            "checkpoints": {"file-format": file_format, "directory": str(self.dir / "checkpoints")},
        }  # fmt: skip
        config = {
            "main": {"addr": self.address, "jwt-public-key": keys.public if keys else "", **(main or {})},
            "metrics": self.metrics,
            "metric-store": store,
        }
        if nats:
            config["nats"] = {"address": nats.url}
            if nats.user is not None:
                config["nats"] |= {"username": nats.user, "password": nats.password}
            store["nats-subscriptions"] = [{"subscribe-to": subject, "cluster-tag": cluster} for subject, cluster in self.subscriptions]
        self.config = self.dir / "config.json"
        self.config.write_text(json.dumps(config, indent=1))

    def command(self):
        return [need("metric_store"), "-config", self.config, "-loglevel", self.loglevel]

    def start(self):
        self._since = self.mark()
        return super().start()

    def ready(self):
        if f"listening {self.address}" not in self.since(self._since):
            return False
        return not self.nats or all(self.nats.subscriptions(subject) for subject, _ in self.subscriptions)

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    @property
    def url(self):
        return f"http://{self.address}"

    def call(self, method, path, body=None, token="own", timeout=10):
        """Any request; `token` is a text, or None to send none. The store's answer as it is."""
        token = self.token if token == "own" else token
        return request(method, self.url + path, body, {"Authorization": f"Bearer {token}"} if token else {}, timeout)

    def write(self, lines, cluster=None, token="own"):
        return self.call("POST", "/api/write" + (f"?cluster={cluster}" if cluster else ""), lines, token)

    def query(self, cluster, host, metric, from_, to, type=None, type_ids=None):
        """The store's series for one query, one for each type id: [{"data": [value or None, …], "from": …, "resolution": …}, …]."""
        query = {"host": host, "metric": metric}
        if type is not None:
            query |= {"type": type, "type-ids": [str(i) for i in type_ids]}
        body = {"cluster": cluster, "from": int(from_), "to": int(to), "with-padding": False, "queries": [query]}
        answer = self.call("GET", "/api/query", json.dumps(body))
        assert answer.status == 200, (answer.status, answer.text)
        return answer.json()["results"][0]

    def values(self, cluster, host, metric, from_, to, type=None, type_ids=None):
        """The same for one series as {time: value}, empty slots left out, {} for a host that it does not know. Times are those written,
        as long as they come at the metric's frequency; the store files others under the slot that they fall into."""
        series = self.query(cluster, host, metric, from_, to, type, type_ids)
        if not series or not series[0].get("data"):
            return {}
        first, step = series[0]["from"], series[0]["resolution"]
        return {first + i * step: value for i, value in enumerate(series[0]["data"]) if value is not None}

    def wait_durable(self):
        """Returns when everything written before is in the write-ahead log, so that it survives kill(). Takes one or two seconds."""
        metric = next(iter(self.metrics))
        log = self.dir / "checkpoints/harness/marker/current.wal"
        # Files are flushed one after the other at each tick of the store; when a second marker is out, the first one's tick has ended.
        for _ in range(2):
            size = log.stat().st_size if log.exists() else 0
            assert self.write(f"{metric},cluster=harness,hostname=marker value=1 {int(time.time())}\n").status == 200
            eventually(lambda: log.exists() and log.stat().st_size > max(size, 4), what="the store's write-ahead log grows")


def nats_cli(server, *args, input=None, timeout=20):
    """Runs the nats command against a server to its end: .returncode, .stdout, .stderr as text."""
    command = [need("nats"), "--no-context", "-s", server.url_with_login, *args]
    with tempfile.TemporaryDirectory() as home:
        return subprocess.run(
            [str(part) for part in command], text=True, capture_output=True, timeout=timeout, env={**os.environ, "HOME": home},
            **({"stdin": subprocess.DEVNULL} if input is None else {"input": input}),
        )  # fmt: skip


class NatsSubscriber(Process):
    """`nats sub SUBJECT --raw --count N` in the background: wait() until it has N messages, then read .stdout."""

    name = "nats-sub"

    def __init__(self, server, subject, count, *args):
        super().__init__()
        self.server, self.subject, self.count, self.args = server, subject, count, args
        self.before = 0

    def command(self):
        self.before = len(self.server.subscriptions(self.subject))
        return [
            need("nats"), "--no-context", "-s", self.server.url_with_login, "sub", self.subject, "--raw", "--count", self.count, *self.args,
        ]  # fmt: skip

    def ready(self):
        return len(self.server.subscriptions(self.subject)) > self.before


# --- servers of ours --------------------------------------------------------------------------------------------------------------------------


class _HttpServer:
    """An HTTP server of ours in a thread, on one port of 127.0.0.1 and, where there is IPv6, of ::1. `tls` is a Certificate."""

    def __init__(self, port=None, tls=None):
        self.port = port or free_port()
        self.tls = tls
        self.closing = threading.Event()
        self._servers = []

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    def start(self):
        outer = self
        self.closing.clear()

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_one(self):
                try:
                    length = int(self.headers.get("Content-Length") or 0)
                    outer.handle(self, self.rfile.read(length))
                except OSError:  # the other side went away, as some tests want it to
                    self.close_connection = True

            do_GET = do_POST = do_PUT = do_HEAD = do_DELETE = handle_one

            def log_message(self, *_):
                pass

        for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
            if family == socket.AF_INET6 and not have_ipv6():
                continue
            kind = type("Server", (_QuietServer,), {"address_family": family})
            server = kind((host, self.port), Handler)
            if self.tls:
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.load_cert_chain(self.tls.certificate, self.tls.key)
                # The handshake waits for the connection's own thread: a client that is slow at it must not hold up the others.
                server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
            threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
            self._servers.append(server)
        return self

    def stop(self):
        self.closing.set()
        for server in self._servers:
            server.shutdown()
            server.server_close()
        self._servers = []

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    @property
    def address6(self):
        return f"[::1]:{self.port}"

    @property
    def url(self):
        return f"{'https' if self.tls else 'http'}://{self.address}"


class _QuietServer(http.server.ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False  # a handler that hangs on purpose must not hold up the end
    allow_reuse_address = True
    request_queue_size = 128

    def handle_error(self, *_):
        pass  # clients that break off are the point of some tests


class Exposition(_HttpServer):
    """An exporter of ours whose pages a test sets; the real Prometheus scrapes it."""

    def __init__(self, page="", path="/metrics", port=None, tls=None):
        super().__init__(port, tls)
        self._pages = {path: page}
        self.scrapes = 0

    def set_page(self, page, path="/metrics"):
        """Lines of text exposition, or None to answer 404 from now on."""
        self._pages[path] = page

    def handle(self, http_request, _):
        page = self._pages.get(urllib.parse.urlsplit(http_request.path).path)
        self.scrapes += 1
        body = (page or "").encode()
        http_request.send_response(404 if page is None else 200)
        http_request.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
        http_request.send_header("Content-Length", str(len(body)))
        http_request.end_headers()
        http_request.wfile.write(body)


@dataclasses.dataclass
class Answer:
    """What the fault server says to one request."""

    status: int = 200
    body: bytes | str = b""
    headers: dict = dataclasses.field(default_factory=dict)
    gzip: bool = False  # compress the body and say so
    cut_after: int | None = None  # announce the whole body, send so many bytes of it, close
    drip: float | None = None  # seconds between two bytes of the body
    hang: bool = False  # read the request and say nothing until the client or the server gives up
    reset: bool = False  # read the request and reset the connection

    @classmethod
    def json(cls, value, **options):
        return cls(body=json.dumps(value), headers={"Content-Type": "application/json"}, **options)

    @classmethod
    def login_page(cls, status=200):
        """What a single sign-on proxy puts before a service it guards."""
        page = "<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body><form>User <input name=user></form></body></html>\n"
        return cls(status, page, {"Content-Type": "text/html; charset=utf-8"})

    @classmethod
    def unavailable(cls, retry_after=None):
        headers = {"Content-Type": "text/plain"} | ({} if retry_after is None else {"Retry-After": str(retry_after)})
        return cls(503, "Service Unavailable\n", headers)


@dataclasses.dataclass
class Received:
    method: str
    path: str  # without the query
    parameters: dict  # of the query and of a form in the body, each name with the list of its values
    headers: http.client.HTTPMessage
    body: bytes
    at: float  # time.monotonic()


class FaultServer(_HttpServer):
    """A server of ours that gives scripted answers, right and wrong ones, and remembers what it was asked.

    then(a, b) answers the next two requests; when the script is over it is `always`. Either may be a function of the Received request.
    """

    def __init__(self, always=None, port=None, tls=None):
        super().__init__(port, tls)
        self.always = always or Answer()
        self.requests = []
        self._script = []
        self._lock = threading.Lock()

    def then(self, *replies):
        with self._lock:
            self._script.extend(replies)
        return self

    def wait_requests(self, count, timeout=15):
        eventually(lambda: len(self.requests) >= count, timeout, f"{count} request(s) at the fault server")
        return self.requests

    def handle(self, http_request, body):
        parts = urllib.parse.urlsplit(http_request.path)
        parameters = urllib.parse.parse_qs(parts.query, keep_blank_values=True)
        if http_request.headers.get_content_type() == "application/x-www-form-urlencoded":
            parameters |= urllib.parse.parse_qs(body.decode(), keep_blank_values=True)
        received = Received(http_request.command, parts.path, parameters, http_request.headers, body, time.monotonic())
        with self._lock:
            self.requests.append(received)
            reply = self._script.pop(0) if self._script else self.always
        self._send(http_request, reply(received) if callable(reply) else reply)

    def _send(self, to, reply):
        if reply.hang or reply.reset:
            to.close_connection = True
            if reply.hang:
                while not self.closing.is_set() and not select.select([to.connection], [], [], 0.05)[0]:
                    pass
            else:
                to.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                os.close(to.connection.detach())  # the handler's own way says a polite goodbye first
            return
        body = reply.body.encode() if isinstance(reply.body, str) else reply.body
        body = gzip.compress(body) if reply.gzip else body
        to.send_response(reply.status)
        for name, value in reply.headers.items():
            to.send_header(name, value)
        if reply.gzip:
            to.send_header("Content-Encoding", "gzip")
        to.send_header("Content-Length", str(len(body)))
        to.end_headers()
        if reply.cut_after is not None:
            body = body[: reply.cut_after]
            to.close_connection = True
        if reply.drip is None:
            to.wfile.write(body)
            return
        for i in range(len(body)):
            to.wfile.write(body[i : i + 1])
            if self.closing.wait(reply.drip):
                return


class Relay:
    """A TCP relay of ours before a server, to cut or freeze the connections between two programs that live on."""

    def __init__(self, target_port, port=None):
        self.target_port = target_port
        self.port = port or free_port()
        self._listener = None
        self._pairs = set()
        self._flowing = threading.Event()
        self._flowing.set()

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    def start(self):
        """Also after cut(): the way is open again."""
        self._listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()
        return self

    def cut(self):
        """Ends every connection and refuses new ones, until start()."""
        if self._listener:
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes accept(), which close() alone does not
            self._listener.close()
            self._listener = None
        for pair in list(self._pairs):
            self._end(pair)

    def stop(self):
        self._flowing.set()
        self.cut()

    def freeze(self):
        """Connections stay, no byte passes, until thaw(): what a dead link looks like."""
        self._flowing.clear()

    def thaw(self):
        self._flowing.set()

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def _accept(self, listener):
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            try:
                far = socket.create_connection(("127.0.0.1", self.target_port))
            except OSError:
                near.close()
                continue
            pair = (near, far)
            self._pairs.add(pair)
            for source, sink in (pair, pair[::-1]):
                threading.Thread(target=self._pump, args=(source, sink, pair), daemon=True).start()

    def _pump(self, source, sink, pair):
        try:
            while data := source.recv(65536):
                self._flowing.wait()
                sink.sendall(data)
        except OSError:
            pass
        self._end(pair)

    def _end(self, pair):
        self._pairs.discard(pair)
        for side in pair:
            try:
                side.shutdown(socket.SHUT_RDWR)  # the other thread's recv() returns
            except OSError:
                pass
            side.close()


# --- the program under test -------------------------------------------------------------------------------------------------------------------


class Gateway(Process):
    """cc-gateway itself, from CC_GATEWAY or build/release.

    gateway.write_config(text); gateway.start(); … or gateway.run("check", "--config", gateway.config) for commands that end.
    """

    name = "cc-gateway"

    def __init__(self, config=None, args=None, env=None):
        super().__init__()
        self.config = self.dir / "gateway.toml"
        self.args = args
        # The gateway looks for nats-server on its PATH when it is told to start one of its own.
        self.env = {"PATH": f"{SERVERS / 'bin'}:{os.environ.get('PATH', os.defpath)}", **(env or {})}
        if config is not None:
            self.write_config(config)

    @staticmethod
    def program():
        path = pathlib.Path(os.environ.get("CC_GATEWAY", ROOT / "build/release/cc-gateway")).resolve()
        if not path.exists():
            raise unittest.SkipTest(f"skipped: needs {path}: ./dev build")
        return path

    def write_config(self, text):
        self.config.write_text(text)
        return self.config

    def write_file(self, name, text, mode=0o600):
        """A file in the gateway's folder, not readable by others unless told: for tokens and passwords. Replaces one in a single step."""
        path = self.dir / name
        fresh = self.dir / f".{name}.new"
        fresh.write_text(text)
        fresh.chmod(mode)
        fresh.rename(path)
        return path

    def command(self):
        return [self.program(), *(self.args or ("run", "--config", self.config))]

    def start(self, *args):
        """Runs in the background: `run --config` its file unless told otherwise. Returns at once; wait_log() knows when it is ready."""
        if args:
            self.args = args
        self.spawn([str(part) for part in self.command()], self.env)
        return self

    def run(self, *args, input=None, timeout=60, env=None):
        """Runs a command to its end: .returncode, .stdout, .stderr as text."""
        return subprocess.run(
            ["setpriv", "--pdeathsig", "KILL", str(self.program()), *(str(part) for part in args)],
            text=True, capture_output=True, timeout=timeout, cwd=self.dir, env={**os.environ, "HOME": str(self.dir), **self.env, **(env or {})},
            **({"stdin": subprocess.DEVNULL} if input is None else {"input": input}),
        )  # fmt: skip

    terminate = Process.stop


class TestCase(unittest.TestCase):
    """use(server) starts it for this test; a test that fails shows the end of each server's log."""

    def use(self, server):
        self._used = getattr(self, "_used", []) + [server]
        self.addCleanup(server.stop)
        return server.start()

    def run(self, result=None):
        before = len(result.failures) + len(result.errors) if result else 0
        super().run(result)
        if result and len(result.failures) + len(result.errors) > before:
            for server in getattr(self, "_used", []):
                if isinstance(server, Process):
                    print(server.tail(), flush=True)
        return result


# What ctest shows as "Skipped" (SKIP_RETURN_CODE in CMakeLists.txt).
SKIPPED = 77


def main():
    """Runs the caller's tests and ends: 1 where one failed, SKIPPED where none failed and one was skipped, else 0."""
    result = unittest.main(verbosity=2, exit=False).result
    for test, why in result.skipped:
        print(f"{test}: {why}", flush=True)
    raise SystemExit(1 if not result.wasSuccessful() else SKIPPED if result.skipped else 0)
