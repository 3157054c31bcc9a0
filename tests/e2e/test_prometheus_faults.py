#!/usr/bin/python3
"""A Prometheus that answers wrongly: a fault server of ours stands in its place. Each fault hurts only the query that it happens to."""

import email.utils
import json
import re
import threading
import time

from harness import Answer, FaultServer, NatsServer, TestCase, eventually, main
from polling import balance, gateway, once, query, source, to_file, written

GOOD, BAD = "good_metric", "bad_metric"
QUERIES = [query("good", GOOD), query("bad", BAD)]
GOOD_LINE = "good,cluster=c,hostname=n1,type=node value=1"
BAD_LINE = "bad,cluster=c,hostname=n1,type=node value=2"


def vector(value, **options):
    result = [{"metric": {"instance": "n1:9100"}, "value": [time.time(), str(value)]}]
    return Answer.json({"status": "success", "data": {"resultType": "vector", "result": result}, **options.pop("more", {})}, **options)


def error(status, kind, text):
    return Answer.json({"status": "error", "errorType": kind, "error": text}, status=status)


class Server(FaultServer):
    """Answers the good query well and the bad one with `bad`, and knows its connections and what overlaps."""

    def __init__(self, bad=None, **options):
        super().__init__(self.answer, **options)
        self.bad = bad or vector(2)
        self.connections = set()
        self.most_at_once = 0
        self._running = 0
        self._count = threading.Lock()

    def answer(self, received):
        if "time" not in received.parameters:
            return error(400, "bad_data", "no duration")  # the question whether it heeds max_age: it does
        return vector(1) if received.parameters["query"] == [GOOD] else self.bad

    def handle(self, http_request, body):
        is_bad = BAD in http_request.path
        with self._count:
            self.connections.add(http_request.client_address)
            self._running += is_bad
            self.most_at_once = max(self.most_at_once, self._running)
        try:
            super().handle(http_request, body)
        finally:
            with self._count:
                self._running -= is_bad

    def asked(self, promql):
        return [received for received in self.requests if received.parameters["query"] == [promql]]


class OneQueryFails(TestCase):
    def check(self, bad, reason, **settings):
        """One poll, in which the bad query fails with this reason and the good one is written."""
        server = self.use(Server(bad))
        program = gateway(None, source(server.url, QUERIES, **settings), to_file())
        done = once(program)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertEqual([line.rpartition(" ")[0] for line in written(program)], [GOOD_LINE], done.stderr)
        self.assertRegex(done.stderr, f"level=error source=prometheus metric=bad state=failing reason={reason}\n")
        self.assertEqual(done.stderr.count("state=failing"), 1)
        self.assertIn("failed_queries=1\n", done.stderr)

    def test_a_login_page(self):
        self.check(Answer.login_page(), r'".*HTML.*"')

    def test_a_login_page_with_401(self):
        self.check(Answer.login_page(401), r'"HTTP 401: .*HTML.*"')

    def test_a_redirect(self):
        away = Answer(302, headers={"Location": "https://login.example.org/?to=x"})
        self.check(away, r'"HTTP 302 redirects to https://login.example.org/\?to=x: set url to where Prometheus really is"')

    def test_a_truncated_body(self):
        whole = vector(2)
        self.check(Answer(body=whole.body, cut_after=40), r'".*"')

    def test_a_body_that_ends_too_early_but_claims_to_be_whole(self):
        self.check(Answer(body=vector(2).body[:40]), r'".*"')

    def test_a_slow_drip_beyond_the_timeout(self):
        self.check(Answer(body=vector(2).body, drip=0.2), '"no complete answer within 700 ms"', timeout="700ms")

    def test_a_hang(self):
        self.check(Answer(hang=True), '"no complete answer within 700 ms"', timeout="700ms")

    def test_unavailable_with_an_error_in_json(self):
        self.check(error(503, "timeout", "query timed out in expression evaluation"), r'"HTTP 503: timeout: query timed out in expression evaluation"')

    def test_unavailable_with_text(self):
        self.check(Answer.unavailable(), r'"HTTP 503: .*"')

    def test_a_query_that_is_refused(self):
        self.check(error(400, "bad_data", 'invalid parameter "query": 1:5: parse error'), r'"HTTP 400: bad_data: invalid parameter \\"query\\": 1:5: parse error"')

    def test_a_path_that_is_not_there(self):
        self.check(Answer(404, "404 page not found\n", {"Content-Type": "text/plain"}), r'"HTTP 404: .*"')

    def test_an_error_with_status_200(self):
        self.check(error(200, "execution", "many-to-many matching not allowed"), r'"execution: many-to-many matching not allowed"')

    def test_a_matrix(self):
        self.check(Answer.json({"status": "success", "data": {"resultType": "matrix", "result": []}}), r'".*matrix.*"')

    def test_json_of_something_else(self):
        self.check(Answer.json({"hello": ["world"]}), r'".*"')

    def test_an_empty_body(self):
        self.check(Answer(), r'".*empty.*"')

    def test_a_reset_connection(self):
        self.check(Answer(reset=True), r'".*"')

    def test_a_body_above_the_limit(self):
        more = {"padding": "x" * 3000}
        self.check(vector(2, more=more), '"the answer is larger than 2048 bytes"', response_bytes_max="2KiB")
        self.check(vector(2, more=more, gzip=True), '"the answer is larger than 2048 bytes"', response_bytes_max="2KiB")

    def test_a_broken_gzip_body(self):
        self.check(Answer(body=b"\x1f\x8b no gzip", headers={"Content-Encoding": "gzip"}), r'".*"')


class StillGood(TestCase):
    def check(self, answer):
        server = self.use(Server(answer))
        program = gateway(None, source(server.url, QUERIES), to_file())
        done = once(program)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual([line.rpartition(" ")[0] for line in written(program)], [BAD_LINE, GOOD_LINE])
        return done

    def test_gzip(self):
        self.check(vector(2, gzip=True))

    def test_a_slow_answer_within_the_timeout(self):
        self.check(Answer(body=vector(2).body, drip=0.002))

    def test_a_scalar_without_a_host_is_dropped_alone(self):
        server = self.use(Server(Answer.json({"status": "success", "data": {"resultType": "scalar", "result": [1, "2"]}})))
        program = gateway(None, source(server.url, QUERIES), to_file())
        done = once(program)
        self.assertEqual((done.returncode, done.balance["poll"].reasons), (0, {"no_hostname": 1}))

    def test_a_clock_that_differs_is_told_once(self):
        for seconds, told in (3600, r"3[56]\d\d s ahead of"), (-120, r"12\d s behind"):
            answer = vector(2)
            answer.headers["Date"] = email.utils.formatdate(time.time() + seconds, usegmt=True)
            done = self.check(answer)
            self.assertEqual(len(re.findall(rf"level=warning source=prometheus clock=\"the server's is {told} ours\" hint=", done.stderr)), 1, done.stderr)
        self.assertNotIn("clock=", self.check(vector(2)).stderr)

    def test_warnings_are_logged_and_the_data_kept(self):
        done = self.check(vector(2, more={"warnings": ["one store did not answer"], "infos": ["may be no counter"]}))
        self.assertRegex(done.stderr, 'level=warning source=prometheus metric=bad warnings=".*one store did not answer.*" data=kept\n')


class Running(TestCase):
    def test_a_state_is_told_once_a_change(self):
        server = self.use(Server(Answer.unavailable()))
        program = self.use(gateway(self.use(NatsServer()), source(server.url, QUERIES, delay="0s"), to_file()))

        def more_ticks():
            seen = len(server.asked(BAD))
            eventually(lambda: len(server.asked(BAD)) >= seen + 3, 30, "three more ticks")

        more_ticks()
        server.bad = Answer.login_page()
        more_ticks()
        server.bad = vector(2, more={"warnings": ["partial"]})
        more_ticks()
        # The last query may have been asked only, and a stop does not wait for its answer.
        eventually(lambda: sum(line.startswith(BAD_LINE + " ") for line in written(program)) >= 3, 30, "three good answers written")
        self.assertEqual(program.stop(), 0)
        told = [line.partition("metric=")[2] for line in program.stderr.splitlines() if "metric=" in line]
        self.assertEqual(len(told), 4, told)
        self.assertRegex(told[0], "^bad state=failing reason=.*503")
        self.assertRegex(told[1], "^bad state=failing reason=.*HTML")
        self.assertEqual(sorted(told[2:]), ["bad state=up", "bad warnings=partial data=kept"])
        lines = [line.rpartition(" ")[0] for line in written(program)]
        self.assertGreaterEqual(lines.count(BAD_LINE), 3)
        self.assertGreaterEqual(lines.count(GOOD_LINE), 9)
        self.assertEqual(balance(program.stderr)["poll"].dropped, 0)

    def test_ticks_are_skipped_and_never_stacked(self):
        server = self.use(Server(Answer(hang=True)))
        program = self.use(gateway(self.use(NatsServer()), source(server.url, QUERIES, delay="0s", timeout="2500ms"), to_file()))
        eventually(lambda: len(server.asked(BAD)) >= 3, 30, "three polls")
        self.assertEqual(program.stop(), 0)
        self.assertEqual(server.most_at_once, 1)
        program.wait_log('source=prometheus tick=skipped count=1 reason="the tick before is still running"')
        times = [received.at for received in server.asked(BAD)]
        self.assertGreater(min(b - a for a, b in zip(times, times[1:])), 2)
        stamps = [int(received.parameters["time"][0]) for received in server.asked(GOOD)]
        self.assertEqual(len(stamps), len(set(stamps)))

    def test_connections_are_kept(self):
        server = self.use(Server())
        program = self.use(gateway(self.use(NatsServer()), source(server.url, QUERIES, delay="0s"), to_file()))
        eventually(lambda: len(server.asked(GOOD)) >= 4, 30, "four ticks")
        self.assertEqual(program.stop(), 0)
        self.assertLessEqual(len(server.connections), 2)
        good, bad = ([received.parameters["time"] for received in server.asked(promql)] for promql in (GOOD, BAD))
        self.assertEqual(good[:4], bad[:4], "both queries of a tick ask for the same time")

    def test_a_long_query_goes_by_post_and_by_get_where_post_is_refused(self):
        long = " or ".join(f'{BAD}{{instance="n{i:03}"}}' for i in range(100))
        server = self.use(Server())
        program = gateway(None, source(server.url, [QUERIES[0], query("bad", long)]), to_file())
        self.assertEqual(once(program).returncode, 0)
        (received,) = server.asked(long)
        self.assertEqual((received.method, received.path), ("POST", "/api/v1/query"))
        self.assertEqual(received.headers["Content-Type"], "application/x-www-form-urlencoded")
        self.assertIn("time", received.parameters)
        self.assertEqual(server.asked(GOOD)[0].method, "GET")

        class Strict(Server):
            def answer(self, received):
                return Answer(405) if received.method == "POST" else super().answer(received)

        strict = self.use(Strict())
        program = gateway(None, source(strict.url, [query("bad", long)]), to_file())
        done = once(program)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual([received.method for received in strict.asked(long)], ["POST", "GET"])


if __name__ == "__main__":
    main()
