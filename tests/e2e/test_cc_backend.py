#!/usr/bin/python3
"""It shows up in ClusterCockpit: what the gateway wrote, read through a real cc-backend. Its server takes long to build: ./dev test --all."""

import time

from cc_backend import CcBackend
from harness import Exposition, KeyPair, MetricStore, Prometheus, TestCase, eventually, main
from polling import CLUSTER, gateway, query, source, to_store


class ClusterCockpit(TestCase):
    def test_a_polled_metric_shows_up(self):
        store = self.use(MetricStore({"cpu_load": 1}, keys=KeyPair.demo()))
        backend = self.use(CcBackend(store, cluster=CLUSTER))
        page = self.use(Exposition("node_load1 0.75\n"))
        prometheus = self.use(Prometheus([(page.address, {"instance": "n1:9100"})]))
        prometheus.wait_for("node_load1")
        begin = int(time.time())
        self.use(gateway(None, source(prometheus.url, [query("cpu_load", "node_load1")]), to_store(store), store=store))

        def shown():
            metrics = backend.node_metrics(CLUSTER, ["n1"], ["cpu_load"], begin - 5, int(time.time()) + 1)
            return {value for value in metrics.get("n1", {}).get("cpu_load", []) if value is not None}

        self.assertEqual(eventually(shown, 30, "a value in cc-backend"), {0.75})


if __name__ == "__main__":
    main()
