"""ClusterCockpit's own web server as a reader: what it shows is what a user sees. Built only by ./dev test --all."""

import base64
import datetime
import json
import subprocess

from harness import KeyPair, Process, answers, free_port, mint_token, need, request


class CcBackend(Process):
    """cc-backend with one cluster, whose metrics it reads from `store` (a MetricStore) by the same REST calls as on a site."""

    name = "cc-backend"

    def __init__(self, store, cluster="demo", nodes="n[1-4]", cores=4):
        super().__init__()
        self.port = free_port()
        self.keys = KeyPair.generate()
        self.token = mint_token(self.keys, {"sub": "harness", "roles": ["admin", "api"]})
        session = base64.b64encode(self.keys.seed).decode()
        (self.dir / ".env").write_text(f"JWT_PUBLIC_KEY={self.keys.public}\nJWT_PRIVATE_KEY={self.keys.private}\nSESSION_KEY={session}\n")
        external = {"scope": "*", "url": store.url, "token": store.token or ""}
        config = {
            "main": {"addr": self.address, "api-allowed-ips": ["*"]},
            "auth": {"jwts": {"max-age": "2000h"}},
            "cron": {"commit-job-worker": "1s"},
            "metric-store-external": [external],
        }
        (self.dir / "config.json").write_text(json.dumps(config))
        archive = self.dir / "var/job-archive"
        (archive / cluster).mkdir(parents=True)
        (archive / "version.txt").write_text("3\n")
        (archive / cluster / "cluster.json").write_text(json.dumps(_cluster(cluster, nodes, cores, store.metrics)))

    def command(self):
        return [need("cc-backend"), "-server"]

    def start(self):
        # The database is made by a run of its own. It ends by itself, so it needs none of a server's care.
        made = subprocess.run([str(need("cc-backend")), "-migrate-db"], cwd=self.dir, capture_output=True, text=True, timeout=60)
        assert made.returncode == 0, made.stderr
        return super().start()

    def ready(self):
        return answers("GET", f"{self.url}/login")

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    @property
    def url(self):
        return f"http://{self.address}"

    def graphql(self, query, **variables):
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        answer = request("POST", f"{self.url}/query", json.dumps({"query": query, "variables": variables}), headers)
        assert answer.status == 200, (answer.status, answer.text)
        return answer.json()

    def node_metrics(self, cluster, nodes, metrics, from_, to):
        """{host: {metric: [value or None, …]}} as the node view shows it; finer types are aggregated to the node."""
        answer = self.graphql(
            "query($c: String!, $n: [String!], $m: [String!], $from: Time!, $to: Time!) {"
            " nodeMetrics(cluster: $c, nodes: $n, metrics: $m, scopes: [node], from: $from, to: $to)"
            " { host metrics { name metric { series { data } } } } }",
            c=cluster, n=nodes, m=metrics, **{"from": _time(from_), "to": _time(to)},
        )  # fmt: skip
        assert "errors" not in answer, answer
        return {
            node["host"]: {metric["name"]: metric["metric"]["series"][0]["data"] for metric in node["metrics"]}
            for node in answer["data"]["nodeMetrics"]
        }


def _time(seconds):
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).isoformat()


def _cluster(name, nodes, cores, metrics):
    threads = list(range(cores))

    def metric(key, settings):
        return {
            "name": key, "scope": "node", "unit": {"base": ""}, "timestep": settings["frequency"],
            "aggregation": settings["aggregation"] or "avg", "peak": 8, "normal": 8, "caution": 4, "alert": 1,
        }  # fmt: skip

    def rate(value):
        return {"unit": {"base": "F/s", "prefix": "G"}, "value": value}

    return {
        "name": name,
        "metricConfig": [metric(key, settings) for key, settings in metrics.items()],
        "subClusters": [
            {
                "name": "main", "nodes": nodes, "processorType": "x", "socketsPerNode": 1, "coresPerSocket": cores, "threadsPerCore": 1,
                "flopRateScalar": rate(10), "flopRateSimd": rate(40), "memoryBandwidth": {"unit": {"base": "B/s", "prefix": "G"}, "value": 20},
                "topology": {"node": threads, "socket": [threads], "memoryDomain": [threads], "core": [[thread] for thread in threads]},
            }
        ],
    }  # fmt: skip
