#include "gateway/config/load.h"

#include <doctest/doctest.h>
#include <fmt/core.h>

#include <chrono>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/http/client.h"
#include "subjects/subject.h"
#include "tests/gateway/config/folder.h"
#include "tests/gateway/config/tables.h"

using namespace std::chrono_literals;
using namespace config_test;
using gw::config::Config;
using gw::config::Environment;

TEST_CASE("a file that is no TOML is refused with the place and what to do") {
  const auto check = [](std::string_view text, std::string_view want) {
    CAPTURE(text);
    CHECK(report(text) == want);
  };
  check("[gateway]\ncluster = fritz\n",
        "g.toml:2:12: syntax error in boolean: expected 'false', saw 'fr'; text and durations stand in quotes, true "
        "and false without\n");
  check("[gateway]\ncluster = true story\n",
        "g.toml:2:16: syntax error in key-value pair: expected a comment or whitespace, saw 's'; text stands in "
        "quotes, and each key on a line of its own\n");
  check("[gateway]\ncluster = 'a'\ncluster = 'b'\n",
        "g.toml:3:11: syntax error in key-value pair: cannot redefine existing string 'cluster'; it stands twice, "
        "remove one\n");
  check("[gateway]\n[gateway]\n",
        "g.toml:2:1: syntax error in table header: cannot redefine existing table 'gateway'; it stands twice, remove "
        "one\n");
  check("[[source]]\n[source]\n",
        "g.toml:2:1: syntax error in table header: cannot redefine existing array 'source' as table; write all of "
        "them as [[source]]\n");
  check("[[sink]]\n[sink]\n",
        "g.toml:2:1: syntax error in table header: cannot redefine existing array 'sink' as table; write all of "
        "them as [[sink]]\n");
  check("[gateway]\ncluster = \"c\n",
        "g.toml:2:13: syntax error in string: unescaped control characters other than TAB (U+0009) are explicitly "
        "prohibited; is the closing quote missing?\n");
  check("[gateway]\ncluster = \"\\d\"\n",
        "g.toml:2:13: syntax error in string: unknown escape sequence '\\d'; write it in single quotes, where a "
        "backslash is only a backslash\n");
  check("[[source]]\ninterval = 60s\n",
        "g.toml:2:14: syntax error in decimal integer: expected digit, saw 's'; text and durations stand in quotes: "
        "\"60s\"\n");
  check("a" + std::string(500'000, '.') + "\n", "g.toml:1:66: more than 64 levels within each other\n");
  check("[gateway\n", "g.toml:1:9: syntax error in table header: expected ']', saw '\\n'\n");
  check("[gateway]\ncluster 'c'\n", "g.toml:2:9: syntax error in key-value pair: expected '=', saw '''\n");
  check("[gateway]\ncluster = 'a' 'b'\n",
        "g.toml:2:15: syntax error in key-value pair: expected a comment or whitespace, saw '''; text stands in "
        "quotes, and each key on a line of its own\n");
}

TEST_CASE("a list that is begun in one form and goes on in the other is told how to be written") {
  const auto check = [](std::string_view text, std::string_view want) {
    CAPTURE(text);
    CHECK(report(text) == want);
  };
  check("[[source]]\nquery = [{metric = 'a'}]\n[[source.query]]\nmetric = 'b'\n",
        "g.toml:3:1: syntax error in table header: cannot redefine existing array 'source.query' as array-of-tables; "
        "write all of them as [[source.query]]\n");
  check("[sink]\n[[sink]]\n",
        "g.toml:2:1: syntax error in table header: cannot redefine existing table 'sink' as array-of-tables; write all "
        "of them as [[sink]]\n");
  check("a = 'x'\n[[a]]\n",
        "g.toml:2:1: syntax error in table header: cannot redefine existing string 'a' as array-of-tables; it stands "
        "twice, remove one\n");
  check("a = [1]\na = [2]\n",
        "g.toml:2:5: syntax error in key-value pair: cannot redefine existing array 'a'; it stands twice, remove "
        "one\n");
}

TEST_CASE("a number that is too large is told at its begin") {
  const auto check = [](std::string_view text, std::string_view want) {
    CAPTURE(text);
    CHECK(report(text) == want);
  };
  const std::string_view told =
      "syntax error in decimal integer: '99999999999999999999' is not representable in 64 bits; the number is too "
      "large\n";
  check("[router]\nmax_series = 99999999999999999999\n", fmt::format("g.toml:2:14: {}", told));
  check("[router]\nmax_series=-99_999999999999999999 # x", fmt::format("g.toml:2:12: {}", told));
  check("max_series = 99999999999999999999", fmt::format("g.toml:1:14: {}", told));
}

TEST_CASE("a file in another encoding is told how to be saved") {
  const auto check = [](std::string_view text, std::string_view want) {
    CAPTURE(text);
    CHECK(report(text) == want);
  };
  check({"\xff\xfe[\0g\0", 6}, "g.toml:1:1: the file is UTF-16, save it as UTF-8\n");
  check({"a = 'b\0'\n", 9}, "g.toml:1:7: a NUL (byte 0x00) stands here, remove it or save the file as UTF-8\n");
  check("[gateway]\ncluster = '\xe4'\n", "g.toml:2:12: byte 0xe4 is no UTF-8, save the file as UTF-8\n");
}

TEST_CASE("the parts of a file must make a whole") {
  const auto check = [](std::string_view text, std::string_view want) {
    CAPTURE(text);
    CHECK(report(text) == want);
  };
  check("",
        "g.toml:1:1: missing table [gateway], for example: [gateway] and below it cluster = \"fritz\"\n"
        "g.toml:1:1: there is nothing to do: add a [[source]] to poll, or [router] and [[sink]] to write\n");
  check("[gateway]\ncluster='c'\n",
        "g.toml:1:1: there is nothing to do: add a [[source]] to poll, or [router] and [[sink]] to write\n");
  check("[gateway]\ncluster='c'\n[router]\n",
        "g.toml:3:1: [router] needs a [[sink]]: what it reads would go nowhere\n");
  check("[gateway]\ncluster='c'\n[[sink]]\nname='s'\ntype='stdout'\n",
        "g.toml:3:1: [[sink]] needs [router]: nothing would be read from NATS for it; add a line: [router]\n");
  check("[gateway]\ncluster='c'\n[[source]]\nname='s'\ntype='prometheus'\nurl='http://h'\n",
        "g.toml:3:1: [[source]] 's' has no [[source.query]]: it would poll nothing\n");
  check("gateway = 1\n[router]\n[[sink]]\nname='s'\ntype='stdout'\n",
        "g.toml:1:11: 'gateway' must be a table, written as [gateway], not an integer\n");
  check("[gateway]\ncluster='c'\n[router]\n[sink]\nname='s'\ntype='stdout'\n",
        "g.toml:4:1: 'sink' must be a list of tables, each written as [[sink]], not a table\n");
  check("sink = ['stdout']\nrouter = []\n[gateway]\ncluster='c'\n",
        "g.toml:1:9: 'sink' must be a list of tables, each written as [[sink]], not a string\n"
        "g.toml:2:10: 'router' must be a table, written as [router], not a list\n");
}

TEST_CASE("unknown keys are named with what was meant") {
  const auto check = [](std::string_view text, std::string_view want) {
    CAPTURE(text);
    CHECK(report(text) == want);
  };
  check("[gatway]\n[gateway]\ncluster='c'\nclustr='d'\n[router]\nquue='x'\n[[sink]]\nname='s'\ntype='stdout'\n",
        "g.toml:1:2: unknown key 'gatway' in the file, did you mean 'gateway'?\n"
        "g.toml:4:1: unknown key 'clustr' in [gateway], did you mean 'cluster'?\n"
        "g.toml:6:1: unknown key 'quue' in [router], did you mean 'queue'?\n");
  check(
      "[gateway]\ncluster='c'\nstatus='x'\n[nats]\nURL='nats://"
      "h'\n[nats.jetstream]\n[router]\n[[sink]]\nname='s'\ntype='stdout'\nbatchbytes='x'\n[sink.headers]\n",
      "g.toml:3:1: unknown key 'status' in [gateway]\n"
      "g.toml:5:1: unknown key 'URL' in [nats], did you mean 'url'?\n"
      "g.toml:6:7: unknown key 'jetstream' in [nats]\n"
      "g.toml:11:1: unknown key 'batchbytes' in [[sink]] 's', did you mean 'batch_bytes'?\n"
      "g.toml:12:7: unknown key 'headers' in [[sink]] 's'\n");
  check(
      "[gateway]\ncluster='c'\n[[source]]\nname='racks'\ntype='prometheus'\nurl='http://"
      "h'\nintervall='60s'\n[source.tls]\ncaa=''\n[[source.query]]\nmetric='m'\nquery='q'\ntype-id='cpu'"
      "\n\"a\\u0007b\"=1\n",
      "g.toml:7:1: unknown key 'intervall' in [[source]] 'racks', did you mean 'interval'?\n"
      "g.toml:9:1: unknown key 'caa' in [source.tls] of 'racks', did you mean 'ca'?\n"
      "g.toml:13:1: unknown key 'type-id' in [[source.query]] 'm', did you mean 'type_id'?\n"
      "g.toml:14:1: unknown key 'a\\x07b' in [[source.query]] 'm'\n");
}

TEST_CASE("two sinks do not write one file") {
  const auto check = [](std::string_view second, std::string_view want) {
    CAPTURE(second);
    CHECK(report_in(sink_table, fmt::format("name='a'\ntype='file'\npath='emb.lp'\n[[sink]]\nname='b'\ntype='file'\n"
                                            "path='{}'",
                                            second)) == want);
  };
  const std::string_view same = "g.toml:11:6: path in [[sink]] 'b' is that of sink 'a' at line 4, give it another\n";
  check("emb.lp", same);
  check("./emb.lp", same);
  check("x/../emb.lp", same);
  check((std::filesystem::current_path() / "emb.lp").string(), same);
  check("other.lp", "");
}

TEST_CASE("doubled names are told with the line of the first") {
  const auto check = [](std::string_view text, std::string_view want) {
    CAPTURE(text);
    CHECK(report(text) == want);
  };
  check(
      "[gateway]\ncluster='c'\n[router]\n[[sink]]\nname='s'\ntype='stdout'\n[[sink]]\nname='t'\ntype='stdout'\n[[sink]]"
      "\nname='s'\ntype='stdout'\n",
      "g.toml:11:6: [[sink]] 's' has the name of the one at line 4, give it another\n");
  check(
      "[gateway]\ncluster='c'\n[[source]]\nname='p'\ntype='prometheus'\nurl='http://"
      "h'\nquery=[{metric='m',query='q'}]\n[[source]]\nname='p'\ntype='prometheus'\nurl='http://"
      "h'\nquery=[{metric='m',query='q'}]\n",
      "g.toml:9:6: [[source]] 'p' has the name of the one at line 3, give it another\n");
}

TEST_CASE("variables of the environment are replaced, and unset ones are errors") {
  const auto check = [](std::string_view text, std::string_view want) {
    CAPTURE(text);
    CHECK(report_in(gateway_table, text) == want);
  };
  check("cluster='${SET}'", "");
  check("cluster='a${SET}b'", "");
  check("cluster='${UNSET}'", "g.toml:2:9: environment variable 'UNSET' is not set\n");
  check("cluster='${UNSET}${SET}${OTHER}'",
        "g.toml:2:9: environment variable 'UNSET' is not set\n"
        "g.toml:2:9: environment variable 'OTHER' is not set\n");
  check("cluster='${SET'",
        "g.toml:2:9: '${' must be followed by the name of an environment variable and '}'; write '$${' where '${' "
        "itself is meant\n");
  check("cluster='${1}'",
        "g.toml:2:9: '${' must be followed by the name of an environment variable and '}'; write '$${' where '${' "
        "itself is meant\n");
  check("cluster='${}'",
        "g.toml:2:9: '${' must be followed by the name of an environment variable and '}'; write '$${' where '${' "
        "itself is meant\n");
  check("cluster='$SET'", "");
  check("cluster='$${SET}'", "");
  check("cluster='${BAD_TOKEN}'", "g.toml:2:9: cluster '${BAD_TOKEN}' cannot be a token of a subject: it " +
                                      std::string(subjects::token_problem("a.hunter2")) + "\n");
  check("cluster='${EMPTY}'", "g.toml:2:9: 'cluster' must not be empty, for example: cluster = \"fritz\"\n");
}

TEST_CASE("a bad URL is told as the HTTP client tells it, and never repeated") {
  const auto check = [](std::string_view url, std::string_view value) {
    CAPTURE(url);
    const std::string problem = gw::http::url_problem(value);
    REQUIRE_FALSE(problem.empty());
    const std::string source = fmt::format("name='p'\ntype='prometheus'\nurl='{}'", url);
    CHECK(report_in(bare_source_table, source) == fmt::format("g.toml:6:5: 'url' in [[source]] 'p': {}\n", problem));
    const std::string sink = fmt::format("name='s'\ntype='cc_metric_store'\nurl='{}'", url);
    CHECK(report_in(sink_table, sink) == fmt::format("g.toml:7:5: 'url' in [[sink]] 's': {}\n", problem));
  };
  check("ftp://host", "ftp://host");
  check("host:9090", "host:9090");
  check("http://user:secret@host", "http://user:secret@host");
  check("${BAD_URL}", "http://user:hunter2@host");
}

TEST_CASE("a secret of the environment is in no report") {
  const auto check = [](const Table& table, std::string_view lines) {
    CAPTURE(lines);
    const std::string text = report_in(table, lines);
    CHECK_FALSE(text.empty());
    CHECK(text.find("hunter2") == std::string::npos);
  };
  check(bare_source_table, "name='${SECRET} '\ntype='${SECRET}'\nurl='${SECRET}'");
  check(source_table, "interval='${SECRET}'");
  check(source_table, "response_bytes_max='${SECRET}'");
  check(source_table, "bearer_token_file='${SECRET}'");
  check(source_table, "headers={A=\"${SECRET}\\n\"}");
  check(source_table, "hostname_regex='${SECRET}('");
  check(query_table, "type='${SECRET}'");
  check(query_table, "unit=\"${SECRET}\\u0001\"");
  check(bare_query_table, "metric='#${SECRET}'\nquery='q'");
  check(nats_table, "url='${SECRET}'");
  check(nats_table, "prefix='${SECRET}.'");
  check(router_table, "subscribe='${SECRET}.'");
  check(sink_table, "name='s'\ntype='cc_metric_store'\ntransport='nats'\nsubject='${SECRET}.'");
}

TEST_CASE("a sink may send to what other gateways read, but not to what this one reads") {
  const auto check = [](std::string_view subscribe, std::string_view subject, bool loop) {
    CAPTURE(subscribe);
    CAPTURE(subject);
    const std::string text =
        report(fmt::format("[gateway]\ncluster='c'\n[router]\nsubscribe='{}'\n[[sink]]\nname='s'\n"
                           "type='cc_metric_store'\ntransport='nats'\nsubject='{}'\n",
                           subscribe, subject));
    CHECK(text == (loop ? fmt::format("g.toml:9:9: subject '{}' is read by [router] ('{}'): every line would go round "
                                      "for ever, choose another\n",
                                      subject, subscribe)
                        : ""));
  };
  check("c.metrics", "c.metrics", true);
  check("*.metrics", "d.metrics", true);
  check("c.>", "c.store.a", true);
  check("c.metrics", "d.metrics", false);
  check("c.*", "c.store.a", false);
}

TEST_CASE("too many of anything is refused at the first one that is too many") {
  std::string sources = "[gateway]\ncluster='c'\n";
  for (int i = 0; i < 1001; ++i) {
    sources +=
        fmt::format("[[source]]\nname='s{}'\ntype='prometheus'\nurl='http://h'\nquery=[{{metric='m',query='q'}}]\n", i);
  }
  CHECK(report(sources) == "g.toml:5003:1: there are more than 1000 [[source]]\n");

  std::string sinks = "[gateway]\ncluster='c'\n[router]\n";
  for (int i = 0; i < 101; ++i) sinks += fmt::format("[[sink]]\nname='s{}'\ntype='stdout'\n", i);
  CHECK(report(sinks) == "g.toml:304:1: there are more than 100 [[sink]]\n");
  std::string twins = "[gateway]\ncluster='c'\n[router]\n";
  for (int i = 0; i < 101; ++i) twins += "[[sink]]\nname='s'\ntype='stdout'\n";
  CHECK(report(twins) == "g.toml:304:1: there are more than 100 [[sink]]\n");  // not which ones have one name

  std::string queries = "[gateway]\ncluster='c'\n[[source]]\nname='s'\ntype='prometheus'\nurl='http://h'\nquery=[\n";
  for (int i = 0; i < 10'001; ++i) queries += fmt::format("{{metric='m{}',query='q'}},\n", i);
  CHECK(report(queries + "]\n") == "g.toml:3:1: there are more than 10000 [[source.query]]\n");
}

TEST_CASE("all problems come in one pass, by position") {
  const Loaded loaded = load(R"(
[gateway]
cluster = "fritz.fau"
[nats]
url = "127.0.0.1"
[[source]]
name = "racks"
type = "prometeus"
url = "http://127.0.0.1:9090"
intervall = "60s"
timeout = "1h"
  [[source.query]]
  metric = "cpu load"
  query = 'up'
  type = "hwthread"
[router]
[[sink]]
name = "ccms"
type = "cc_metric_store"
url = "http://127.0.0.1:8082"
token = "eyJ"
)");
  CHECK_FALSE(loaded.ok());
  std::string want = "g.toml:3:11: cluster 'fritz.fau' cannot be a token of a subject: it ";
  want += subjects::token_problem("fritz.fau");
  want += R"(
g.toml:5:7: 'url' in [nats]: it must begin with nats:// or tls://, for example: "nats://127.0.0.1:4222"
g.toml:8:8: unknown type 'prometeus' in [[source]] 'racks': there is 'prometheus', did you mean 'prometheus'?
g.toml:10:1: unknown key 'intervall' in [[source]] 'racks', did you mean 'interval'?
g.toml:11:11: 'timeout' must be 100ms to 10m, not '1h'
g.toml:13:12: warning: metric 'cpu load' holds a blank or comma: the store takes it under exactly that name, but names like 'cpu_load' are usual
g.toml:15:10: type 'hwthread' needs to know which hwthread a sample is of: add type_id = "name of the label that says it" to [[source.query]] 'cpu load'
g.toml:21:9: 'token' must not stand in the file itself: write it into a file of its own and name that by token_file = "…", or use token = "${VARIABLE}"
)";
  CHECK(loaded.report() == want);
}

TEST_CASE("a warning does not stop the gateway") {
  const Loaded loaded = load(with(bare_query_table, "metric='a b'\nquery='q'"));
  CHECK(loaded.ok());
  CHECK(loaded.problems.size() == 1);
}

TEST_CASE("what stands in the file stands in the structs") {
  Loaded loaded = load(R"toml(
[gateway]
cluster = "fritz"
instance = "gw1"
state_dir = "/srv/gw"
[nats]
url = ["nats://a:4222", "tls://b"]
prefix = "site.a"
server = "/opt/nats-server"
user = "u"
password = "${SECRET}"
[nats.tls]
verify = false
[[source]]
name = "prom"
type = "prometheus"
url = "http://127.0.0.1:9090/"
interval = "5m"
delay = "1m30s"
timeout = "500ms"
bearer_token = "${SECRET}"
headers = { X-Scope-OrgID = "a ${SET}", B = "$${SET}" }
response_bytes_max = "1GB"
samples_max = 7
hostname = "host"
strip_suffix = ".x"
  [[source.query]]
  metric = "m"
  query = 'q'
  [[source.query]]
  metric = "n"
  query = 'r'
  scale = 2
  type = "hwthread"
  type_id = "cpu"
  unit = "%"
  labels = { stype = "l" }
  tags = { stype-id = "0" }
  hostname = "instance"
  strip_port = false
  hostname_regex = "^(a)"
  strip_suffix = ""
  add_suffix = ".y"
[router]
queue = "q"
future_max = "0s"
[[sink]]
name = "store"
type = "cc_metric_store"
url = "http://127.0.0.1:8082"
token = "${SECRET}"
timeout = "2s"
batch_bytes = "1MB"
batch_age = "20ms"
hold_bytes = "1GiB"
dead_letter_bytes = "1MiB"
[sink.tls]
verify = false
[[sink]]
name = "bus"
type = "cc_metric_store"
transport = "nats"
subject = "ccms"
[[sink]]
name = "copy"
type = "file"
path = "out/m.lp"
)toml");
  CHECK(loaded.report() == "");
  Config& c = loaded.config;
  CHECK(c.gateway.cluster == "fritz");
  CHECK(c.gateway.instance == "gw1");
  CHECK(c.gateway.state_dir == "/srv/gw");
  CHECK(c.nats.url == std::vector<std::string>{"nats://a:4222", "tls://b"});
  CHECK(c.nats.prefix == "site.a");
  CHECK(c.nats.server == "/opt/nats-server");
  CHECK(c.nats.user == "u");
  CHECK(c.nats.password.read().value() == "hunter2");
  CHECK(c.nats.tls == gw::http::Tls{"", "", "", false});

  REQUIRE(c.sources.size() == 1);
  gw::config::Source& source = c.sources[0];
  CHECK(source.interval == 5min);
  CHECK(source.delay == 90s);
  CHECK(source.max_age == 10min);
  CHECK(source.timeout == 500ms);
  CHECK(source.bearer_token.read().value() == "hunter2");
  CHECK(source.headers == std::map<std::string, std::string>{{"X-Scope-OrgID", "a value"}, {"B", "${SET}"}});
  CHECK(source.response_bytes_max == 1'000'000'000);
  CHECK(source.samples_max == 7);
  CHECK(source.where == gw::config::Position{14, 1});
  REQUIRE(source.queries.size() == 2);
  CHECK(source.queries[0].hostname == gw::config::HostnameRule{"host", true, "", ".x", ""});
  const gw::config::Query& query = source.queries[1];
  CHECK(query.metric == "n");
  CHECK(query.query == "r");
  CHECK(query.scale == 2);
  CHECK(query.type == "hwthread");
  CHECK(query.type_id == "cpu");
  CHECK(query.unit == "%");
  CHECK(query.labels == std::map<std::string, std::string>{{"stype", "l"}});
  CHECK(query.tags == std::map<std::string, std::string>{{"stype-id", "0"}});
  CHECK(query.hostname == gw::config::HostnameRule{"instance", false, "^(a)", "", ".y"});
  CHECK(query.where == gw::config::Position{30, 3});

  CHECK(c.router == gw::config::Router{{subjects::Tree{"site.a", "fritz"}.metrics()}, "q", 0s});
  REQUIRE(c.sinks.size() == 3);
  CHECK(c.sinks[0].token.read().value() == "hunter2");
  CHECK(c.sinks[0].timeout == 2s);
  CHECK(c.sinks[0].batch_bytes == 1'000'000);
  CHECK(c.sinks[0].batch_age == 20ms);
  CHECK(c.sinks[0].hold_bytes == std::size_t{1} << 30);
  CHECK(c.sinks[0].dead_letter_bytes == 1 << 20);
  CHECK_FALSE(c.sinks[0].tls.verify);
  CHECK(c.sinks[1].transport == gw::config::Sink::Transport::nats);
  CHECK(c.sinks[1].subject == "ccms");
  CHECK(c.sinks[2].path == "out/m.lp");
}

TEST_CASE("max_age is two intervals, but at least two minutes") {
  const auto check = [](std::string_view lines, gw::Seconds want) {
    CAPTURE(lines);
    const Loaded loaded = load(with(source_table, lines));
    REQUIRE(loaded.ok());
    CHECK(loaded.config.sources[0].max_age == want);
  };
  check("", 120s);
  check("interval='10s'", 120s);
  check("interval='61s'", 122s);
  check("interval='24h'", 48h);
  check("interval='10s'\nmax_age='30s'", 30s);
}

TEST_CASE("the instance is the short host name where the file does not say") {
  const Loaded loaded = load(with(gateway_table, "cluster='c'"));
  REQUIRE(loaded.ok());
  CHECK_FALSE(loaded.config.gateway.instance.empty());
  CHECK(loaded.config.gateway.instance.find('.') == std::string::npos);
}

TEST_CASE("files are looked at: there, readable, not empty, and secrets not for everyone") {
  const Folder folder;
  folder.file("good", "secret");
  folder.file("open", "secret", 0644);
  folder.file("empty", "");
  const std::string dir = folder.path().string();
  const auto check = [&](const Table& table, std::string_view lines, std::string_view want) {
    CAPTURE(lines);
    CHECK(gw::config::load_text(with(table, lines), dir + "/g.toml", variable).report() ==
          (want.empty() ? "" : fmt::format(fmt::runtime(want), fmt::arg("d", dir))));
  };
  check(nats_table, "token_file='good'", "");
  check(nats_table, fmt::format("token_file='{}/good'", dir), "");
  check(nats_table, "token_file='./x/../good'", "");
  check(nats_table, "token_file='none'",
        "{d}/g.toml:8:12: cannot read token_file '{d}/none': No such file or directory\n");
  check(nats_table, "token_file='good/x'", "{d}/g.toml:8:12: cannot read token_file '{d}/good/x': Not a directory\n");
  check(nats_table, "token_file='.'", "{d}/g.toml:8:12: cannot read token_file '{d}/': it is a directory\n");
  check(nats_table, "token_file='empty'", "{d}/g.toml:8:12: cannot read token_file '{d}/empty': it is empty\n");
  check(nats_table, "token_file='open'",
        "{d}/g.toml:8:12: warning: token_file '{d}/open' can be read by everyone on this machine, mend it by: chmod o= "
        "{d}/open\n");
  check(nats_table, "credentials_file='open'",
        "{d}/g.toml:8:18: warning: credentials_file '{d}/open' can be read by everyone on this machine, mend it by: "
        "chmod o= {d}/open\n");
  check(nats_table, "nkey_seed_file='open'",
        "{d}/g.toml:8:16: warning: nkey_seed_file '{d}/open' can be read by everyone on this machine, mend it by: "
        "chmod o= {d}/open\n");
  check(nats_table, "[nats.tls]\nca='open'\ncert='open'\nkey='good'", "");
  check(nats_table, "[nats.tls]\ncert='open'\nkey='open'",
        "{d}/g.toml:10:5: warning: key '{d}/open' can be read by everyone on this machine, mend it by: chmod o= "
        "{d}/open\n");
  check(store_table, "[sink.tls]\nca='empty'", "{d}/g.toml:9:4: cannot read ca '{d}/empty': it is empty\n");
  check(store_table, "store_config='open'", "");
  check(source_table, "[source.tls]\nca='none'",
        "{d}/g.toml:8:4: cannot read ca '{d}/none': No such file or directory\n");
}

TEST_CASE("a secret in a file and in the environment is one too many") {
  const Folder folder;
  const std::string file = folder.file("token", "secret");
  CHECK(report_in(nats_table, fmt::format("token_file='{}'\ntoken='${{SECRET}}'", file)) ==
        "g.toml:9:7: 'token' and 'token_file' stand both in [nats], remove one\n");
}

TEST_CASE("relative paths start at the folder of the file") {
  const Folder folder;
  folder.file("token", "secret\n");
  const std::string text =
      "[gateway]\ncluster='c'\nstate_dir='state'\n[nats]\ntoken_file='token'\n[router]\n[[sink]]\nname='s'\ntype='file'"
      "\n"
      "path='out.lp'\n";
  Loaded loaded = gw::config::load_file(folder.file("g.toml", text), variable);
  CHECK(loaded.report() == "");
  CHECK(loaded.config.gateway.state_dir == folder.path() / "state");
  CHECK(loaded.config.nats.token.read().value() == "secret");
  CHECK(loaded.config.sinks[0].path == folder.path() / "out.lp");
}

TEST_CASE("a file that cannot be read is told without a position") {
  const Folder folder;
  const std::string dir = folder.path().string();
  const auto check = [](const std::string& path, std::string_view why) {
    CAPTURE(path);
    const Loaded loaded = gw::config::load_file(path, variable);
    CHECK_FALSE(loaded.ok());
    CHECK(loaded.report() == fmt::format("{}: cannot read it: {}\n", path, why));
  };
  check(dir + "/none.toml", "No such file or directory");
  check(dir, "it is a directory");
  check(folder.file("large.toml", std::string((1 << 20) + 1, '#')), "it has more than 1MiB");
}

TEST_CASE("the process environment is what getenv sees") {
  const Environment environment = gw::config::process_environment();
  REQUIRE(::setenv("CC_GATEWAY_LOAD_TEST", "x", 1) == 0);
  CHECK(environment("CC_GATEWAY_LOAD_TEST") == "x");
  REQUIRE(::unsetenv("CC_GATEWAY_LOAD_TEST") == 0);
  CHECK(environment("CC_GATEWAY_LOAD_TEST") == std::nullopt);
}
