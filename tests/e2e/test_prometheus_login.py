#!/usr/bin/python3
"""How the gateway reaches a guarded Prometheus: TLS, passwords, tokens and headers. A fault server of ours shows what it was sent."""

import base64
import json

from harness import Answer, Certificate, FaultServer, NatsServer, Prometheus, TestCase, eventually, main
from polling import gateway, once, query, source, to_file, written



def polls(server):
    """The requests but for the first one, which asks whether the server heeds max_age."""
    return [received for received in server.requests if "time" in received.parameters]


QUERIES = [query("m", "m")]
ANSWER = Answer.json({"status": "success", "data": {"resultType": "vector", "result": [{"metric": {"instance": "n1"}, "value": [1, "2"]}]}})
PASSWORD, TOKEN = "pä$$ word:=", "tok.en-123_SECRET"


class Login(TestCase):
    def poll(self, server, code=0, files=(), env=None, **settings):
        program = gateway(None, source(server.url, QUERIES, **settings), to_file())
        program.env |= env or {}
        for name, text in dict(files).items():
            program.write_file(name, text)
        done = once(program)
        self.assertEqual(done.returncode, code, done.stderr)
        for secret in (PASSWORD, TOKEN, base64.b64encode(f"gw:{PASSWORD}".encode()).decode()):
            for path in (path for path in program.dir.rglob("*") if path.is_file() and path.name not in dict(files)):
                self.assertNotIn(secret, path.read_bytes().decode(errors="replace"), path)
            self.assertNotIn(secret, done.stdout + done.stderr)
        return done

    def test_basic_auth(self):
        server = self.use(FaultServer(ANSWER))
        self.poll(server, user="gw", password_file="password", files={"password": PASSWORD + "\n"})
        self.assertEqual(base64.b64decode(polls(server)[0].headers["Authorization"].removeprefix("Basic ")).decode(), f"gw:{PASSWORD}")

    def test_a_bearer_token_from_a_file_or_the_environment(self):
        server = self.use(FaultServer(ANSWER))
        self.poll(server, bearer_token_file="token", files={"token": TOKEN + "\n"})
        self.poll(server, bearer_token="${PROMETHEUS_TOKEN}", env={"PROMETHEUS_TOKEN": TOKEN})
        self.assertEqual([received.headers["Authorization"] for received in polls(server)], [f"Bearer {TOKEN}"] * 2)

    def test_more_headers(self):
        server = self.use(FaultServer(ANSWER))
        self.poll(server, headers={"X-Scope-OrgID": "hpc", "X-API-Key": "${KEY}"}, env={"KEY": TOKEN})
        self.assertEqual((polls(server)[0].headers["X-Scope-OrgID"], polls(server)[0].headers["X-API-Key"]), ("hpc", TOKEN))

    def test_a_refusal_is_an_error_without_the_secret(self):
        server = self.use(FaultServer(Answer(401, json.dumps({"status": "error", "errorType": "auth", "error": "no"}))))
        done = self.poll(server, 1, bearer_token_file="token", files={"token": TOKEN})
        self.assertRegex(done.stderr, r"metric=m state=failing reason=.*HTTP 401")
        done = self.poll(server, 1, user="gw", password_file="password", files={"password": PASSWORD})
        self.assertRegex(done.stderr, r"metric=m state=failing reason=.*HTTP 401")

    def test_a_server_that_echoes_what_it_was_sent_brings_no_secret_into_the_log(self):
        logins = (
            (TOKEN, {"bearer_token_file": "secret", "files": {"secret": TOKEN}}),
            (PASSWORD, {"user": "gw", "password_file": "secret", "files": {"secret": PASSWORD}}),
            (TOKEN, {"headers": {"X-API-Key": "${KEY}"}, "env": {"KEY": TOKEN}}),
        )
        good = json.loads(ANSWER.body)
        for secret, login in logins:
            said = f"bad login '{secret}'"
            with self.subTest(login=login):
                done = self.poll(self.use(FaultServer(Answer.json({"status": "error", "errorType": "auth", "error": said}, status=401))), 1, **login)
                self.assertRegex(done.stderr, r"HTTP 401: auth: bad login '\*\*\*'")
                done = self.poll(self.use(FaultServer(Answer(200, f"{'x' * 50}{secret}"))), 1, **login)
                self.assertNotIn("x" + secret[:5], done.stderr)  # where the text is cut
                done = self.poll(self.use(FaultServer(Answer.json(good | {"warnings": [said]}))), **login)
                self.assertRegex(done.stderr, r"warnings=\"bad login '\*\*\*'")

    def test_a_token_is_read_again_when_its_file_changes(self):
        server = self.use(FaultServer(ANSWER))
        program = gateway(self.use(NatsServer()), source(server.url, QUERIES, delay="0s", bearer_token_file="token"), to_file())
        program.write_file("token", "old")
        self.use(program)
        server.wait_requests(1)
        program.write_file("token", "new-one")
        eventually(lambda: server.requests[-1].headers["Authorization"] == "Bearer new-one", 30, "the new token is used")
        self.assertEqual(polls(server)[0].headers["Authorization"], "Bearer old")
        self.assertEqual(program.stop(), 0)

    def test_a_token_with_a_line_end_inside_is_refused_and_not_shown(self):
        server = self.use(FaultServer(ANSWER))
        done = self.poll(server, 1, bearer_token_file="token", files={"token": f"{TOKEN}\nX-Evil: yes\n"})
        self.assertRegex(done.stderr, "token: it holds more than one line")
        self.assertEqual(server.requests, [])


class Tls(TestCase):
    @classmethod
    def setUpClass(cls):
        cls.certificate, cls.other = Certificate.make(), Certificate.make()

    def poll(self, server, **settings):
        program = gateway(None, source(server.url, QUERIES, **settings), to_file())
        return once(program), written(program)

    def test_a_certificate_is_checked_against_our_ca(self):
        server = self.use(FaultServer(ANSWER, tls=self.certificate))
        done, lines = self.poll(server, tls={"ca": self.certificate.ca})
        self.assertEqual((done.returncode, len(lines)), (0, 1), done.stderr)

    def test_a_certificate_of_another_ca_is_refused(self):
        server = self.use(FaultServer(ANSWER, tls=self.certificate))
        for tls in ({"ca": self.other.ca}, {}):
            done, lines = self.poll(server, tls=tls)
            self.assertEqual((done.returncode, lines), (1, []), done.stderr)
            self.assertRegex(done.stderr, r'metric=m state=failing reason="[^"]*certificate[^"]*"')
        self.assertEqual(server.requests, [])

    def test_it_is_not_checked_where_that_is_wanted(self):
        server = self.use(FaultServer(ANSWER, tls=self.certificate))
        done, lines = self.poll(server, tls={"verify": False})
        self.assertEqual((done.returncode, len(lines)), (0, 1), done.stderr)

    def test_https_towards_a_server_that_speaks_http(self):
        prometheus = self.use(Prometheus())
        program = gateway(None, source(prometheus.url.replace("http:", "https:"), QUERIES), to_file())
        done = once(program)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r'metric=m state=failing reason="[^"]*(SSL|TLS|wrong version)[^"]*"')


if __name__ == "__main__":
    main()
