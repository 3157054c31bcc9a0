"""Reads OpenMetrics pages with the reference parser (Debian: python3-prometheus-client).

In: a JSON list of pages. Out: a JSON list with, for each page, the parser's error or its samples as
[name, labels, value, nanoseconds or null].
"""

import json
import math
import sys

try:
    from prometheus_client.openmetrics.parser import text_string_to_metric_families
except ImportError:
    sys.exit(77)


def nanoseconds(timestamp):
    """None where there is no timestamp, or where 64 bits do not hold it."""
    if timestamp is None:
        return None
    exact = timestamp.sec * 1_000_000_000 + timestamp.nsec if hasattr(timestamp, "nsec") else round(timestamp * 1e9)
    return exact if -(2**63) <= exact < 2**63 else None


def read(page):
    try:
        families = list(text_string_to_metric_families(page))
    except Exception as error:  # it has no type of its own for a bad page
        return f"{type(error).__name__}: {error}"
    return [
        [sample.name, sorted(sample.labels.items()), "nan" if math.isnan(sample.value) else repr(float(sample.value)), nanoseconds(sample.timestamp)]
        for family in families
        for sample in family.samples
    ]


json.dump([read(page) for page in json.load(sys.stdin)], sys.stdout)
