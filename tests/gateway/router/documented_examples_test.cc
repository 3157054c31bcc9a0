// Each complete example of ClusterCockpit's documentation of the metric router, as it stands there, with what it
// promises.

#include <doctest/doctest.h>

#include <cstdio>
#include <set>
#include <string>
#include <string_view>

#include "gateway/router/router.h"
#include "tests/gateway/router/routed.h"

using namespace gw;

namespace {

struct Example {
  std::string_view heading;  ///< where it stands
  std::string_view rules;
  std::string_view lines;
  std::string_view want;  ///< the aggregates last
};

/// The intervals have 60 s; one starts at 1699999980.
constexpr Example examples[] = {
    {"Basic Configuration, minimal", R"x({
  "interval_timestamp": false,
  "num_cache_intervals": 0
})x",
     "load,hostname=n1,type=node value=1.50 1700000001\n", "load,hostname=n1,type=node value=1.50 1700000001\n"},

    {"Basic Configuration, typical", R"x({
  "add_tags": [
    {
      "key": "cluster",
      "value": "mycluster",
      "if": "*"
    }
  ],
  "interval_timestamp": true,
  "num_cache_intervals": 0
})x",
     "load,hostname=n1 value=1 1700000001\nload,hostname=n2 value=1 1700000039\nload,hostname=n1 value=1 1700000040\n",
     "load,hostname=n1,cluster=mycluster value=1 1699999980\nload,hostname=n2,cluster=mycluster value=1 1699999980\n"
     "load,hostname=n1,cluster=mycluster value=1 1700000040\n"},

    {"The hostname_tag Option", R"x({
  "hostname_tag": "node"
})x",
     "load,hostname=n1 value=1 1700000001\n", "load,hostname=n1 value=1 1700000001\n"},

    {"Metric Processing", R"x({
  "process_messages": {
    "manipulate_messages": [
      {
        "add_base_tags": {
          "cluster": "mycluster",
          "partition": "compute"
        }
      },
      {
        "drop_by_name": ["cpu_idle", "mem_cached"]
      },
      {
        "rename_by": {
          "clock_mhz": "clock"
        }
      }
    ]
  }
})x",
     "cpu_idle value=1 1\nmem_cached value=1 1\nclock_mhz,hostname=n1 value=2400 1\nload value=1 1\n",
     "clock,hostname=n1,cluster=mycluster,partition=compute value=2400 1\n"
     "load,cluster=mycluster,partition=compute value=1 1\n"},

    {"Adding Tags, deprecated", R"x({
  "add_tags": [
    {
      "key": "cluster",
      "value": "mycluster",
      "if": "*"
    },
    {
      "key": "type",
      "value": "socket",
      "if": "name == 'temp_package_id_0'"
    }
  ]
})x",
     "temp_package_id_0,type=node value=50 1\nload,type=node value=1 1\n",
     "temp_package_id_0,type=socket,cluster=mycluster value=50 1\nload,type=node,cluster=mycluster value=1 1\n"},

    {"Adding Tags, modern", R"x({
  "process_messages": {
    "manipulate_messages": [
      {
        "add_base_tags": {
          "cluster": "mycluster"
        }
      },
      {
        "add_tags_by": {
          "type": "socket"
        },
        "if": "name == 'temp_package_id_0'"
      }
    ]
  }
})x",
     "temp_package_id_0,type=node value=50 1\nload,type=node value=1 1\n",
     "temp_package_id_0,type=socket,cluster=mycluster value=50 1\nload,type=node,cluster=mycluster value=1 1\n"},

    {"Deleting Tags", R"x({
  "delete_tags": [
    {
      "key": "unit",
      "if": "*"
    }
  ]
})x",
     "mem_used,hostname=n1,unit=kB,type=node value=1 1\nload,hostname=n1 value=1 1\n",
     "mem_used,hostname=n1,type=node value=1 1\nload,hostname=n1 value=1 1\n"},

    {"Dropping Metrics, by name", R"x({
  "drop_metrics": [
    "not_interesting_metric",
    "debug_metric"
  ]
})x",
     "not_interesting_metric value=1 1\nload value=1 1\ndebug_metric value=1 1\ndebug_metric2 value=1 1\n",
     "load value=1 1\ndebug_metric2 value=1 1\n"},

    {"Dropping Metrics, by condition", R"x({
  "drop_metrics_if": [
    "match('temp_core_%d+', name)",
    "match('cpu', type) && type-id == 0"
  ]
})x",
     "temp_core_12 value=1 1\ntemp_core_d value=1 1\nload,type=cpu,type-id=0 value=1 1\n"
     "load,type=cpu,type-id=1 value=1 1\nload,type=node value=1 1\n",
     "temp_core_d value=1 1\nload,type=cpu,type-id=1 value=1 1\nload,type=node value=1 1\n"},

    {"Dropping Metrics, modern", R"x({
  "process_messages": {
    "manipulate_messages": [
      {
        "drop_by_name": ["not_interesting_metric", "debug_metric"]
      },
      {
        "drop_by": "match('temp_core_%d+', name)"
      }
    ]
  }
})x",
     "temp_core_12 value=1 1\ndebug_metric value=1 1\ntemp_core_d value=1 1\nnot_interesting_metric value=1 1\n",
     "temp_core_d value=1 1\n"},

    {"Renaming Metrics, deprecated", R"x({
  "rename_metrics": {
    "old_name": "new_name",
    "clock_mhz": "clock"
  }
})x",
     "old_name,hostname=n1 value=1 1\nclock_mhz value=2 1\nclock_mhz2 value=3 1\n",
     "new_name,hostname=n1 value=1 1\nclock value=2 1\nclock_mhz2 value=3 1\n"},

    {"Renaming Metrics, modern", R"x({
  "process_messages": {
    "manipulate_messages": [
      {
        "rename_by": {
          "old_name": "new_name",
          "clock_mhz": "clock"
        }
      }
    ]
  }
})x",
     "old_name,hostname=n1 value=1 1\nclock_mhz value=2 1\nclock_mhz2 value=3 1\n",
     "new_name,hostname=n1 value=1 1\nclock value=2 1\nclock_mhz2 value=3 1\n"},

    {"Normalizing Units", R"x({
  "normalize_units": true
})x",
     "m,unit=byte value=1 1\nm,unit=Byte value=1 1\nm,unit=B value=1 1\nm,unit=bytes value=1 1\nm,unit=kByte value=1 "
     "1\n",
     "m,unit=B value=1 1\nm,unit=B value=1 1\nm,unit=B value=1 1\nm,unit=B value=1 1\nm,unit=KB value=1 1\n"},

    {"Changing Unit Prefixes", R"x({
  "change_unit_prefix": {
    "mem_used": "G",
    "mem_total": "G"
  }
})x",
     "mem_used,unit=kB value=2500000i 1\nmem_total,unit=kB value=64000000i 1\nmem_free,unit=kB value=1000000i 1\n",
     "mem_used,unit=GB value=2.5 1\nmem_total,unit=GB value=64i 1\nmem_free,unit=kB value=1000000i 1\n"},

    {"Interval Aggregates, Configuration", R"x({
  "num_cache_intervals": 1,
  "interval_aggregates": [
    {
      "name": "temp_cores_avg",
      "if": "match('temp_core_%d+', metric.Name())",
      "function": "avg(values)",
      "tags": {
        "type": "node"
      },
      "meta": {
        "group": "IPMI",
        "unit": "degC",
        "source": "TempCollector"
      }
    }
  ]
})x",
     "temp_core_0,hostname=n1 value=40 1700000001\ntemp_core_1,hostname=n1 value=50 1700000002\n"
     "load,hostname=n1 value=9 1700000003\ntemp_core_0,hostname=n2 value=60 1700000004\n",
     "temp_core_0,hostname=n1 value=40 1700000001\ntemp_core_1,hostname=n1 value=50 1700000002\n"
     "load,hostname=n1 value=9 1700000003\ntemp_core_0,hostname=n2 value=60 1700000004\n"
     "temp_cores_avg,hostname=n1,type=node value=45 1699999980\ntemp_cores_avg,hostname=n2,type=node value=60 "
     "1699999980\n"},

    {"Interval Aggregates, Complex Example", R"x({
  "interval_aggregates": [
    {
      "name": "mem_used",
      "if": "source == 'MemstatCollector'",
      "function": "sum(mem_total) - (sum(mem_free) + sum(mem_buffers) + sum(mem_cached))",
      "tags": {
        "type": "node"
      },
      "meta": {
        "group": "<copy>",
        "unit": "<copy>",
        "source": "<copy>"
      }
    }
  ]
})x",
     "mem_total,hostname=n1,source=MemstatCollector value=64 1700000001\n"
     "mem_free,hostname=n1,source=MemstatCollector value=20 1700000001\n"
     "mem_buffers,hostname=n1,source=MemstatCollector value=3 1700000001\n"
     "mem_cached,hostname=n1,source=MemstatCollector value=10 1700000001\n"
     "mem_cached,hostname=n1,source=other value=1000 1700000001\n",
     "mem_total,hostname=n1,source=MemstatCollector value=64 1700000001\n"
     "mem_free,hostname=n1,source=MemstatCollector value=20 1700000001\n"
     "mem_buffers,hostname=n1,source=MemstatCollector value=3 1700000001\n"
     "mem_cached,hostname=n1,source=MemstatCollector value=10 1700000001\n"
     "mem_cached,hostname=n1,source=other value=1000 1700000001\n"
     "mem_used,hostname=n1,type=node value=31 1699999980\n"},

    {"Dropping Source Metrics", R"x({
  "drop_metrics_if": [
    "match('temp_core_%d+', metric.Name())"
  ],
  "interval_aggregates": [
    {
      "name": "temp_cores_avg",
      "if": "match('temp_core_%d+', metric.Name())",
      "function": "avg(values)",
      "tags": {
        "type": "node"
      },
      "meta": {
        "group": "IPMI",
        "unit": "degC"
      }
    }
  ]
})x",
     "temp_core_0,hostname=n1 value=40 1700000001\ntemp_core_1,hostname=n1 value=50 1700000002\n"
     "load,hostname=n1 value=9 1700000003\n",
     "load,hostname=n1 value=9 1700000003\ntemp_cores_avg,hostname=n1,type=node value=45 1699999980\n"},

    {"Complete Example", R"x({
  "interval_timestamp": true,
  "num_cache_intervals": 1,
  "hostname_tag": "hostname",
  "max_forward": 50,
  "process_messages": {
    "manipulate_messages": [
      {
        "add_base_tags": {
          "cluster": "production",
          "datacenter": "dc1"
        }
      },
      {
        "drop_by_name": ["cpu_idle", "cpu_guest", "cpu_guest_nice"]
      },
      {
        "rename_by": {
          "clock_mhz": "clock"
        }
      },
      {
        "add_tags_by": {
          "high_temp": "true"
        },
        "if": "name == 'temp_package_id_0' && value > 70"
      }
    ]
  },
  "interval_aggregates": [
    {
      "name": "temp_avg",
      "if": "match('temp_core_%d+', name)",
      "function": "avg(values)",
      "tags": {
        "type": "node"
      },
      "meta": {
        "group": "Temperature",
        "unit": "degC",
        "source": "TempCollector"
      }
    }
  ]
})x",
     "cpu_idle,hostname=n1 value=1 1700000001\nclock_mhz,hostname=n1 value=2400 1700000001\n"
     "temp_package_id_0,hostname=n1 value=70 1700000002\ntemp_package_id_0,hostname=n1 value=71 1700000003\n"
     "temp_core_0,hostname=n1 value=40 1700000004\ntemp_core_1,hostname=n1 value=50 1700000004\n",
     "clock,hostname=n1,cluster=production,datacenter=dc1 value=2400 1699999980\n"
     "temp_package_id_0,hostname=n1,cluster=production,datacenter=dc1 value=70 1699999980\n"
     "temp_package_id_0,hostname=n1,cluster=production,datacenter=dc1,high_temp=true value=71 1699999980\n"
     "temp_core_0,hostname=n1,cluster=production,datacenter=dc1 value=40 1699999980\n"
     "temp_core_1,hostname=n1,cluster=production,datacenter=dc1 value=50 1699999980\n"
     "temp_avg,cluster=production,hostname=n1,type=node,datacenter=dc1 value=45 1699999980\n"},
};

}  // namespace

TEST_CASE("every example of the documentation does what it promises") {
  std::set<std::string_view> headings;
  for (const Example& example : examples) {
    CAPTURE(example.heading);
    headings.insert(example.heading);
    const auto loaded = rules::read_rules_text(std::string(example.rules), "router.json", Seconds(60));
    REQUIRE_MESSAGE(loaded.rules != nullptr, loaded.report());
    // What is warned of is so: one is missing, and the other gives nothing, for no wire carries meta.
    for (const config::Problem& problem : loaded.problems)
      CHECK((problem.text.starts_with("'num_cache_intervals' is missing") ||
             problem.text.starts_with("there is nothing to copy: no line carries meta")));
    router::Router router(loaded.rules);
    std::string out = routed(router, example.lines);
    router.end_all(0, out);
    CHECK(out == example.want);
    std::printf("%.*s: %s\n", static_cast<int>(example.heading.size()), example.heading.data(),
                out == example.want ? "passes" : "FAILS");
  }
  CHECK(headings.size() == 18);
}
