"""A small NATS client of ours: unlike the nats command it is there without Go, and it sees where one message ends and the next begins."""

import collections
import dataclasses
import itertools
import json
import socket
import threading

from harness import eventually


@dataclasses.dataclass(frozen=True)
class Message:
    subject: str
    reply: str
    headers: bytes  # as on the wire, empty if there are none
    body: bytes

    @property
    def text(self):
        return self.body.decode()

    @property
    def lines(self):
        return self.text.splitlines()


class Subscription:
    """What has come so far, in order, in `messages`."""

    def __init__(self):
        self.messages = collections.deque()

    def wait(self, count=1, timeout=15):
        """Waits for so many messages and returns all that are there."""
        eventually(lambda: len(self.messages) >= count, timeout, f"{count} message(s) from NATS")
        return list(self.messages)

    def wait_lines(self, count, timeout=15):
        """Waits for so many lines, in however many messages, and returns all that are there."""
        eventually(lambda: len(self.lines) >= count, timeout, f"{count} line(s) from NATS")
        return self.lines

    @property
    def lines(self):
        return [line for message in list(self.messages) for line in message.lines]


class NatsClient:
    """One connection to a harness.NatsServer, read by a thread. It does not reconnect: `closed` is set when the server is gone."""

    def __init__(self, server, name="harness"):
        self.server, self.name = server, name
        self.closed = threading.Event()
        self.errors = []  # what the server complained about
        self._ids = itertools.count(1)
        self._subscriptions = {}
        self._pongs = 0
        self._lock = threading.Lock()

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    def start(self):
        self._socket = socket.create_connection(("127.0.0.1", self.server.port), timeout=10)
        self._socket.settimeout(None)
        self._stream = self._socket.makefile("rb")
        self.info = json.loads(self._stream.readline().removeprefix(b"INFO "))
        login = {"user": self.server.user, "pass": self.server.password, "auth_token": self.server.token}
        hello = {"verbose": False, "pedantic": False, "lang": "python", "version": "0", "name": self.name, "protocol": 1, "headers": True}
        hello |= {"no_responders": True} | {key: value for key, value in login.items() if value is not None}
        self._send(f"CONNECT {json.dumps(hello)}\r\n".encode())
        threading.Thread(target=self._read, daemon=True).start()
        try:
            self.flush()
        except Exception:
            self.stop()
            raise
        return self

    def stop(self):
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._socket.close()

    def subscribe(self, subject, queue=""):
        """The server knows of it when this returns."""
        subscription, number = Subscription(), next(self._ids)
        self._subscriptions[number] = subscription
        self._send(f"SUB {subject} {queue} {number}\r\n".encode())
        self.flush()
        return subscription

    def publish(self, subject, body, reply="", headers=None):
        data = body.encode() if isinstance(body, str) else body
        if headers:
            head = b"NATS/1.0\r\n" + b"".join(f"{key}: {value}\r\n".encode() for key, value in headers.items()) + b"\r\n"
            self._send(f"HPUB {subject} {reply} {len(head)} {len(head) + len(data)}\r\n".encode() + head + data + b"\r\n")
        else:
            self._send(f"PUB {subject} {reply} {len(data)}\r\n".encode() + data + b"\r\n")

    def request(self, subject, body, timeout=5):
        """The first reply; one without body and with a status in its headers says that nobody listens."""
        inbox = f"_INBOX.harness.{id(self)}.{next(self._ids)}"
        replies = self.subscribe(inbox)
        self.publish(subject, body, inbox)
        return replies.wait(timeout=timeout)[0]

    def flush(self, timeout=10):
        """Returns when the server has handled everything sent before."""
        before = self._pongs
        self._send(b"PING\r\n")
        eventually(lambda: self._pongs > before or self.closed.is_set(), timeout, "NATS answers a ping")
        if self.closed.is_set():
            raise ConnectionError(f"NATS closed the connection: {self.errors}")

    def _send(self, data):
        with self._lock:
            self._socket.sendall(data)

    def _read(self):
        try:
            while line := self._stream.readline():
                verb, *words = line.split()
                if verb == b"MSG":
                    self._take(words, 0)
                elif verb == b"HMSG":
                    self._take(words[:-2] + words[-1:], int(words[-2]))
                elif verb == b"PING":
                    self._send(b"PONG\r\n")
                elif verb == b"PONG":
                    self._pongs += 1
                elif verb == b"-ERR":
                    self.errors.append(line.decode().strip())
        except (OSError, ValueError):
            pass  # the connection ended, or was closed by stop()
        self.closed.set()

    def _take(self, words, head):
        subject, number, *reply, size = (word.decode() for word in words)
        data = self._stream.read(int(size) + 2)[:-2]
        self._subscriptions[int(number)].messages.append(Message(subject, "".join(reply), data[:head], data[head:]))
