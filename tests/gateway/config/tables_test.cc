// Each table of the file: what may stand in it, and what is said about what may not.

#include "tests/gateway/config/tables.h"

#include <doctest/doctest.h>
#include <fmt/core.h>

#include <string>
#include <string_view>

#include "subjects/subject.h"

using namespace config_test;

TEST_CASE("what is wrong in [gateway] is told with its place") {
  const auto check = [](std::string_view text, std::string_view want) {
    CAPTURE(text);
    CHECK(report_in(gateway_table, text) == want);
  };
  check("", "g.toml:1:1: missing key 'cluster' in [gateway], for example: cluster = \"fritz\"\n");
  check("cluster=''", "g.toml:2:9: 'cluster' must not be empty, for example: cluster = \"fritz\"\n");
  check("cluster=1", "g.toml:2:9: 'cluster' must be a string in quotes, not an integer\n");
  check("cluster='a.b'", "g.toml:2:9: cluster 'a.b' cannot be a token of a subject: it " +
                             std::string(subjects::token_problem("a.b")) + "\n");
  check("cluster='a b'", "g.toml:2:9: cluster 'a b' cannot be a token of a subject: it " +
                             std::string(subjects::token_problem("a b")) + "\n");
  check("cluster='a/b'", "g.toml:2:9: cluster 'a/b' holds '/' or '\\': cc-metric-store skips such lines\n");
  check("cluster='a\\b'", "g.toml:2:9: cluster 'a\\b' holds '/' or '\\': cc-metric-store skips such lines\n");
  check("cluster='c'\ninstance='a.b'", "g.toml:3:10: instance 'a.b' cannot be a token of a subject: it " +
                                           std::string(subjects::token_problem("a.b")) + "\n");
  check("cluster='c'\ninstance=[]", "g.toml:3:10: 'instance' must be a string in quotes, not a list\n");
  check("cluster='c'\nstate_dir=1", "g.toml:3:11: 'state_dir' must be a string in quotes, not an integer\n");
  check("cluster=\"a\\u0000b\"", "g.toml:2:9: 'cluster' must not hold a null character\n");
}

TEST_CASE("what is wrong in [nats] addresses is told with its place") {
  const auto check = [](std::string_view text, std::string_view want) {
    CAPTURE(text);
    CHECK(report_in(nats_table, text) == want);
  };
  check("url='127.0.0.1:4222'",
        "g.toml:8:5: 'url' in [nats]: it must begin with nats:// or tls://, for example: \"nats://127.0.0.1:4222\"\n");
  check("url='http://h:4222'",
        "g.toml:8:5: 'url' in [nats]: it must begin with nats:// or tls://, for example: \"nats://127.0.0.1:4222\"\n");
  check("url='nats://'", "g.toml:8:5: 'url' in [nats]: it has no host, for example: \"nats://127.0.0.1:4222\"\n");
  check("url='nats://:4222'", "g.toml:8:5: 'url' in [nats]: it has no host, for example: \"nats://127.0.0.1:4222\"\n");
  check("url='nats://[]:4222'",
        "g.toml:8:5: 'url' in [nats]: it has no host, for example: \"nats://127.0.0.1:4222\"\n");
  check("url='nats://[::1'", "g.toml:8:5: 'url' in [nats]: it has no host, for example: \"nats://127.0.0.1:4222\"\n");
  check("url='nats://[::1]:4222'", "");
  check("url='nats://h'", "");
  check("url='tls://h:4222/'", "");
  check("url='nats://u:p@h'",
        "g.toml:8:5: 'url' in [nats]: a login in it would be logged: use 'user' and 'password_file', or 'token_file', "
        "for example: \"nats://127.0.0.1:4222\"\n");
  check("url='nats://h:0'",
        "g.toml:8:5: 'url' in [nats]: its port is not 1 to 65535, for example: \"nats://127.0.0.1:4222\"\n");
  check("url='nats://h:70000'",
        "g.toml:8:5: 'url' in [nats]: its port is not 1 to 65535, for example: \"nats://127.0.0.1:4222\"\n");
  check("url='nats://h:x'",
        "g.toml:8:5: 'url' in [nats]: its port is not 1 to 65535, for example: \"nats://127.0.0.1:4222\"\n");
  check("url='nats://h:'",
        "g.toml:8:5: 'url' in [nats]: its port is not 1 to 65535, for example: \"nats://127.0.0.1:4222\"\n");
  check("url='nats://h/path'",
        "g.toml:8:5: 'url' in [nats]: nothing may follow host and port, for example: \"nats://127.0.0.1:4222\"\n");
  check("url='nats://a,nats://b'",
        "g.toml:8:5: 'url' in [nats]: nothing may follow host and port, for example: \"nats://127.0.0.1:4222\"\n");
  check("url=[]", "g.toml:8:5: 'url' must not be empty\n");
  check("url=['nats://a','b']",
        "g.toml:8:17: 'url' in [nats]: it must begin with nats:// or tls://, for example: \"nats://127.0.0.1:4222\"\n");
  check("url=1", "g.toml:8:5: 'url' must be a string in quotes, not an integer\n");
  check("url=[1]", "g.toml:8:6: 'url' must be a string in quotes, not an integer\n");
  check(list("url", "nats://h", 17), "g.toml:8:5: 'url' in [nats] names more than 16 servers\n");
  check("embedded='yes'", "g.toml:8:10: 'embedded' must be true or false, not a string\n");
  check("prefix='a..b'", "g.toml:8:8: prefix 'a..b' cannot begin a subject: it " +
                             std::string(subjects::subject_problem("a..b")) + "\n");
  check("prefix='a.*'",
        "g.toml:8:8: prefix 'a.*' cannot begin a subject: it " + std::string(subjects::subject_problem("a.*")) + "\n");
  check("prefix='a.b'", "");
  check("server=1", "g.toml:8:8: 'server' must be a string in quotes, not an integer\n");
}

TEST_CASE("what is wrong in [nats] logins is told with its place") {
  const auto check = [](std::string_view text, std::string_view want) {
    CAPTURE(text);
    CHECK(report_in(nats_table, text) == want);
  };
  check("user='u'",
        "g.toml:7:1: missing key 'password_file' in [nats], for example: password_file = "
        "\"/etc/cc-gateway/nats.password\"\n");
  check("password='${SECRET}'", "g.toml:7:1: missing key 'user' in [nats], for example: user = \"gateway\"\n");
  check("user='u'\npassword='hunter2'",
        "g.toml:9:10: 'password' must not stand in the file itself: write it into a file of its own and name that by "
        "password_file = \"…\", or use password = \"${VARIABLE}\"\n");
  check("user='u'\npassword='${SECRET}x'",
        "g.toml:9:10: 'password' must not stand in the file itself: write it into a file of its own and name that by "
        "password_file = \"…\", or use password = \"${VARIABLE}\"\n");
  check("user='u'\npassword='${UNSET}'", "g.toml:9:10: environment variable 'UNSET' is not set\n");
  check("user='u'\npassword='${EMPTY}'", "g.toml:9:10: environment variable 'EMPTY' is empty\n");
  check("user='u'\npassword='${LINES}'", "g.toml:9:10: environment variable 'LINES' holds more than one line\n");
  check("user='u'\npassword='${SECRET}'\ntoken='${SECRET}'",
        "g.toml:10:7: [nats] logs in both by user and password and by token, remove one\n");
  check("user='u'\npassword='${SECRET}'", "");
  check("token='${SECRET}'", "");
  check("token=1", "g.toml:8:7: 'token' must be a string in quotes, not an integer\n");
  check("token='hunter2'",
        "g.toml:8:7: 'token' must not stand in the file itself: write it into a file of its own and name that by "
        "token_file = \"…\", or use token = \"${VARIABLE}\"\n");
  check("credentials_file='none'\nnkey_seed_file='none'",
        "g.toml:8:18: cannot read credentials_file 'none': No such file or directory\n"
        "g.toml:9:16: cannot read nkey_seed_file 'none': No such file or directory\n"
        "g.toml:9:16: [nats] logs in both by credentials_file and by nkey_seed_file, remove one\n");
  check("token_file='none'", "g.toml:8:12: cannot read token_file 'none': No such file or directory\n");
  check("token_file='${SECRET}'", "g.toml:8:12: cannot read token_file '${SECRET}': No such file or directory\n");
  check("embedded=true\nurl='nats://h'\nuser='u'\npassword='${SECRET}'",
        "g.toml:9:5: 'url' in [nats] does not fit embedded = true, which makes a server and login of its own: remove "
        "one of them\n"
        "g.toml:10:6: 'user' in [nats] does not fit embedded = true, which makes a server and login of its own: remove "
        "one of them\n"
        "g.toml:11:10: 'password' in [nats] does not fit embedded = true, which makes a server and login of its own: "
        "remove one of them\n");
  check("embedded=true\n[nats.tls]",
        "g.toml:9:1: 'tls' in [nats] does not fit embedded = true, which makes a server and login of its own: remove "
        "one of them\n");
  check("embedded=true", "");
  check("user=''\npassword_file=''\npassword=''\ntoken=''\ncredentials_file=''", "");
  check("[nats.tls]\ncert='none'",
        "g.toml:8:1: [nats.tls] needs 'cert' and 'key' together\n"
        "g.toml:9:6: cannot read cert 'none': No such file or directory\n");
  check("[nats.tls]\nca='none'\nverify='no'",
        "g.toml:9:4: cannot read ca 'none': No such file or directory\n"
        "g.toml:10:8: 'verify' must be true or false, not a string\n");
  check("tls='yes'", "g.toml:8:5: 'tls' must be a table, written as [nats.tls], not a string\n");
}

TEST_CASE("what is wrong in [[source]] is told with its place") {
  const auto check = [](std::string_view text, std::string_view want) {
    CAPTURE(text);
    CHECK(report_in(bare_source_table, text) == want);
  };
  check("",
        "g.toml:3:1: missing key 'name' in [[source]], for example: name = \"prometheus\"\n"
        "g.toml:3:1: missing key 'type' in [[source]], for example: type = \"prometheus\"\n"
        "g.toml:3:1: missing key 'url' in [[source]], for example: url = \"http://127.0.0.1:9090\"\n");
  check("name='a b'\ntype='prometheus'\nurl='http://h'",
        "g.toml:4:6: name 'a b' must be at most 64 letters, digits, '_', '-' and '.', and not begin with '.': it "
        "stands in logs and file names\n");
  check("name='.a'\ntype='prometheus'\nurl='http://h'",
        "g.toml:4:6: name '.a' must be at most 64 letters, digits, '_', '-' and '.', and not begin with '.': it stands "
        "in logs and file names\n");
  check("name='" + std::string(65, 'a') + "'\ntype='prometheus'\nurl='http://h'",
        std::string("g.toml:4:6: name '") + std::string(65, 'a') +
            "' must be at most 64 letters, digits, '_', '-' and '.', and not begin with '.': it stands in logs and "
            "file names\n");
  check("name=''\ntype='prometheus'\nurl='http://h'",
        "g.toml:4:6: 'name' must not be empty, for example: name = \"prometheus\"\n");
  check("name='a'\ntype='prometeus'\nurl='http://h'",
        "g.toml:5:6: unknown type 'prometeus' in [[source]] 'a': there is 'prometheus', did you mean 'prometheus'?\n");
  check("name='a'\ntype='influxdb2'\nurl='http://h'",
        "g.toml:5:6: unknown type 'influxdb2' in [[source]] 'a': there is 'prometheus'\n");
  check("name='a'\ntype=1\nurl=2",
        "g.toml:5:6: 'type' must be a string in quotes, not an integer\n"
        "g.toml:6:5: 'url' must be a string in quotes, not an integer\n");
  check("name='a'\ntype='prometheus'\nurl=''",
        "g.toml:6:5: 'url' must not be empty, for example: url = \"http://127.0.0.1:9090\"\n");
}

TEST_CASE("the URL of a source is what stands before the path of the API") {
  const auto check = [](std::string_view url, bool good) {
    CAPTURE(url);
    CHECK(report_in(bare_source_table, fmt::format("name='s'\ntype='prometheus'\nurl='{}'", url)) ==
          (good ? ""
                : "g.toml:6:5: 'url' in [[source]] 's': it is what stands before /api/v1/query, for example: "
                  "\"http://127.0.0.1:9090\"\n"));
  };
  check("http://h/api/v1", false);
  check("http://h/api/v1/", false);
  check("http://h/api/v1/query/", false);
  check("http://h/api/v1/query_range", false);
  check("http://h/select/api/v1/query?query=up", false);
  check("http://h/api/v1/query", true);  // used as it is
  check("http://h/api/v1/proxy/prometheus", true);
  check("http://h/prometheus/", true);
}

TEST_CASE("what is wrong in [[source]] numbers, durations and sizes is told with its place") {
  const auto check = [](std::string_view text, std::string_view want) {
    CAPTURE(text);
    CHECK(report_in(source_table, text) == want);
  };
  check("interval=60",
        "g.toml:7:10: 'interval' must be a duration like \"60s\", \"500ms\" or \"1m30s\", not an integer\n");
  check("interval='60'", "g.toml:7:10: 'interval' must be a duration like \"60s\", \"500ms\" or \"1m30s\", not '60'\n");
  check("interval='1 m'",
        "g.toml:7:10: 'interval' must be a duration like \"60s\", \"500ms\" or \"1m30s\", not '1 m'\n");
  check("interval='1s1m'",
        "g.toml:7:10: 'interval' must be a duration like \"60s\", \"500ms\" or \"1m30s\", not '1s1m'\n");
  check("interval=''", "g.toml:7:10: 'interval' must be a duration like \"60s\", \"500ms\" or \"1m30s\", not ''\n");
  check("interval='0s'", "g.toml:7:10: 'interval' must be 1s to 24h, not '0s'\n");
  check("interval='25h'", "g.toml:7:10: 'interval' must be 1s to 24h, not '25h'\n");
  check("interval='1500ms'", "g.toml:7:10: 'interval' must be whole seconds, not 1s500ms\n");
  check("interval='1.5s'",
        "g.toml:7:10: 'interval' must be a duration like \"60s\", \"500ms\" or \"1m30s\", not '1.5s'\n");
  check("interval='${SET}'",
        "g.toml:7:10: 'interval' must be a duration like \"60s\", \"500ms\" or \"1m30s\", not '${SET}'\n");
  check("interval='10s'\ndelay='10s'", "g.toml:8:7: 'delay' must be shorter than 'interval'\n");
  check("delay='60s'", "g.toml:7:7: 'delay' must be shorter than 'interval'\n");
  check("delay='-1s'", "g.toml:7:7: 'delay' must be a duration like \"60s\", \"500ms\" or \"1m30s\", not '-1s'\n");
  check("max_age='0s'", "g.toml:7:9: 'max_age' must be 1s to 48h, not '0s'\n");
  check("max_age='49h'", "g.toml:7:9: 'max_age' must be 1s to 48h, not '49h'\n");
  check("max_age='500ms'", "g.toml:7:9: 'max_age' must be 1s to 48h, not '500ms'\n");
  check("timeout='99ms'", "g.toml:7:9: 'timeout' must be 100ms to 10m, not '99ms'\n");
  check("timeout='11m'", "g.toml:7:9: 'timeout' must be 100ms to 10m, not '11m'\n");
  check("timeout=[]", "g.toml:7:9: 'timeout' must be a duration like \"60s\", \"500ms\" or \"1m30s\", not a list\n");
  check("response_bytes_max='1'",
        "g.toml:7:20: 'response_bytes_max' must be a size like \"64MiB\", \"512KiB\" or \"1GB\", not '1'\n");
  check("response_bytes_max=1024",
        "g.toml:7:20: 'response_bytes_max' must be a size like \"64MiB\", \"512KiB\" or \"1GB\", not an integer\n");
  check("response_bytes_max='1000B'", "g.toml:7:20: 'response_bytes_max' must be 1KiB to 1GiB, not '1000B'\n");
  check("response_bytes_max='2GiB'", "g.toml:7:20: 'response_bytes_max' must be 1KiB to 1GiB, not '2GiB'\n");
  check("response_bytes_max='1kb'",
        "g.toml:7:20: 'response_bytes_max' must be a size like \"64MiB\", \"512KiB\" or \"1GB\", not '1kb'\n");
  check("samples_max=0", "g.toml:7:13: 'samples_max' must be 1 to 1000000000, not 0\n");
  check("samples_max='1'", "g.toml:7:13: 'samples_max' must be an integer, not a string\n");
  check("samples_max=-1", "g.toml:7:13: 'samples_max' must be 1 to 1000000000, not -1\n");
  check("samples_max=2000000000", "g.toml:7:13: 'samples_max' must be 1 to 1000000000, not 2000000000\n");
}

TEST_CASE("what is wrong in [[source]] logins and headers is told with its place") {
  const auto check = [](std::string_view text, std::string_view want) {
    CAPTURE(text);
    CHECK(report_in(source_table, text) == want);
  };
  check("user='u'",
        "g.toml:3:1: missing key 'password_file' in [[source]] 's', for example: password_file = "
        "\"/etc/cc-gateway/prometheus.password\"\n");
  check("password='${SECRET}'", "g.toml:3:1: missing key 'user' in [[source]] 's', for example: user = \"gateway\"\n");
  check("password='hunter2'\nuser='u'",
        "g.toml:7:10: 'password' must not stand in the file itself: write it into a file of its own and name that by "
        "password_file = \"…\", or use password = \"${VARIABLE}\"\n");
  check("bearer_token='hunter2'",
        "g.toml:7:14: 'bearer_token' must not stand in the file itself: write it into a file of its own and name that "
        "by bearer_token_file = \"…\", or use bearer_token = \"${VARIABLE}\"\n");
  check("bearer_token_file='none'", "g.toml:7:19: cannot read bearer_token_file 'none': No such file or directory\n");
  check("user='u'\npassword='${SECRET}'\nbearer_token='${SECRET}'",
        "g.toml:9:14: [[source]] 's' logs in both with a password and with a bearer token, remove one\n");
  check("headers='x'", "g.toml:7:9: 'headers' must be a table like { name = \"text\" }, not a string\n");
  check("headers={'a b'='x'}", "g.toml:7:10: 'a b' is no name of an HTTP header\n");
  check("headers={A=1}", "g.toml:7:12: 'A' must be a string in quotes, not an integer\n");
  check("headers={A=\"x\\ny\"}", "g.toml:7:12: header 'A' holds a control character\n");
  check("headers={Authorization='Bearer hunter2'}",
        "g.toml:7:24: the secret in header 'Authorization' must not stand in the file itself: use ${VARIABLE} for it, "
        "or user and password_file, or bearer_token_file\n");
  check("headers={authorization='Token ${SECRET}'}", "");
  check("headers={Authorization='Token ${SECRET}'}\nbearer_token='${SECRET}'",
        "g.toml:7:10: header 'Authorization' and a login stand both in [[source]] 's', remove one\n");
  check("headers={Content-Length='1'}",
        "g.toml:7:10: header 'Content-Length' is set by the gateway itself, remove it\n");
  check("headers={X-Scope-OrgID='hpc'}", "");
  check("headers={A='${UNSET}'}", "g.toml:7:12: environment variable 'UNSET' is not set\n");
}

TEST_CASE("what is wrong in the host name rule is told with its place") {
  const auto check = [](std::string_view text, std::string_view want) {
    CAPTURE(text);
    CHECK(report_in(source_table, text) == want);
  };
  check("hostname=''",
        "g.toml:7:10: 'hostname' must name the label that holds the host name, for example: hostname = \"instance\"\n");
  check("strip_port='no'", "g.toml:7:12: 'strip_port' must be true or false, not a string\n");
  check("hostname_regex='('", "g.toml:7:16: 'hostname_regex' is no regular expression of RE2: missing ): (\n");
  check("hostname_regex='(?=a)'",
        "g.toml:7:16: 'hostname_regex' is no regular expression of RE2: invalid perl operator: (?=\n");
  check("add_suffix='/x'",
        "g.toml:7:12: add_suffix '/x' would make host names that the store refuses: no '/', '\\', '..' or control "
        "character may be in it\n");
  check("add_suffix='..x'",
        "g.toml:7:12: add_suffix '..x' would make host names that the store refuses: no '/', '\\', '..' or control "
        "character may be in it\n");
  check("add_suffix='x\\'",
        "g.toml:7:12: add_suffix 'x\\' would make host names that the store refuses: no '/', '\\', '..' or control "
        "character may be in it\n");
  check("strip_suffix=1", "g.toml:7:14: 'strip_suffix' must be a string in quotes, not an integer\n");
}

TEST_CASE("what is wrong in [[source.query]] is told with its place") {
  const auto check = [](std::string_view text, std::string_view want) {
    CAPTURE(text);
    CHECK(report_in(bare_query_table, text) == want);
  };
  check("",
        "g.toml:7:1: missing key 'metric' in [[source.query]], for example: metric = \"cpu_load\"\n"
        "g.toml:7:1: missing key 'query' in [[source.query]], for example: query = \"node_load1\"\n");
  check("metric=''\nquery=''",
        "g.toml:8:8: 'metric' must not be empty, for example: metric = \"cpu_load\"\n"
        "g.toml:9:7: 'query' must not be empty, for example: query = \"node_load1\"\n");
  check("metric=1\nquery=2",
        "g.toml:8:8: 'metric' must be a string in quotes, not an integer\n"
        "g.toml:9:7: 'query' must be a string in quotes, not an integer\n");
  check("metric='#m'\nquery='q'", "g.toml:8:8: metric '#m' begins with '#': its lines would be comments\n");
  check("metric='a b'\nquery='q'",
        "g.toml:8:8: warning: metric 'a b' holds a blank or comma: the store takes it under exactly that name, but "
        "names like 'cpu_load' are usual\n");
  check("metric='a,b'\nquery='q'",
        "g.toml:8:8: warning: metric 'a,b' holds a blank or comma: the store takes it under exactly that name, but "
        "names like 'cpu_load' are usual\n");
  check("metric='a\\'\nquery='q'",
        "g.toml:8:8: metric 'a\\' holds a control character, is no UTF-8 or ends with a backslash\n");
  check("metric=\"a\\u0001\"\nquery='q'",
        "g.toml:8:8: metric 'a\\x01' holds a control character, is no UTF-8 or ends with a backslash\n");
  check("metric='" + std::string(256, 'a') + "'\nquery='q'",
        std::string("g.toml:8:8: metric '") + std::string(80, 'a') + "…' is longer than 255 bytes\n");
  check("metric='" + std::string(255, 'a') + "'\nquery='q'", "");
}

TEST_CASE("what is wrong in [[source.query]] type, unit and tags is told with its place") {
  const auto check = [](std::string_view text, std::string_view want) {
    CAPTURE(text);
    CHECK(report_in(query_table, text) == want);
  };
  check("type='hwtread'",
        "g.toml:10:6: unknown type 'hwtread' in [[source.query]] 'm': there is 'node', 'socket', 'die', "
        "'memoryDomain', 'llc', 'core', 'hwthread', 'accelerator', did you mean 'hwthread'?\n");
  check("type='gpu'",
        "g.toml:10:6: unknown type 'gpu' in [[source.query]] 'm': there is 'node', 'socket', 'die', 'memoryDomain', "
        "'llc', 'core', 'hwthread', 'accelerator'\n");
  check("type='hwthread'",
        "g.toml:10:6: type 'hwthread' needs to know which hwthread a sample is of: add type_id = \"name of the label "
        "that says it\" to [[source.query]] 'm'\n");
  check("type='hwthread'\ntype_id='cpu'", "");
  check("type_id='cpu'",
        "g.toml:10:9: type 'node' has no type-id: remove it from [[source.query]] 'm', or say which type it is\n");
  check("type='node'\ntags={type-id='0'}",
        "g.toml:11:6: type 'node' has no type-id: remove it from [[source.query]] 'm', or say which type it is\n");
  check("type='socket'\ntags={type-id='0'}", "");
  check("type='socket'\ntype_id='s'\ntags={type-id='0'}",
        "g.toml:11:9: 'type_id' and tag 'type-id' stand both in [[source.query]] 'm', remove one\n");
  check("scale=0", "g.toml:10:7: 'scale' must be a finite number other than 0\n");
  check("scale=inf", "g.toml:10:7: 'scale' must be a finite number other than 0\n");
  check("scale=nan", "g.toml:10:7: 'scale' must be a finite number other than 0\n");
  check("scale='2'", "g.toml:10:7: 'scale' must be a number, not a string\n");
  check("scale=2", "");
  check("unit=\"\\u0007\"",
        "g.toml:10:6: unit '\\x07' holds a control character, is no UTF-8 or ends with a backslash\n");
  check("unit='%'", "");
  check("labels={cluster='a',hostname='b',host='c',type='d',type-id='e',unit='f'}",
        "g.toml:10:9: tag 'cluster' cannot be set in 'labels': 'cluster' in [gateway] sets it\n"
        "g.toml:10:21: tag 'hostname' cannot be set in 'labels': 'hostname' sets it\n"
        "g.toml:10:34: tag 'host' cannot be set in 'labels': 'hostname' sets it\n"
        "g.toml:10:43: tag 'type' cannot be set in 'labels': 'type' sets it\n"
        "g.toml:10:52: tag 'type-id' cannot be set in 'labels': 'type_id' sets it\n"
        "g.toml:10:64: tag 'unit' cannot be set in 'labels': 'unit' sets it\n");
  check("tags={cluster='a'}", "g.toml:10:7: tag 'cluster' cannot be set in 'tags': 'cluster' in [gateway] sets it\n");
  check("tags={''='a'}",
        "g.toml:10:7: tag '' in 'tags' cannot be sent: it is empty, holds a control character or ends with a "
        "backslash\n");
  check("labels={stype=''}", "g.toml:10:15: tag 'stype' in 'labels' must not be empty\n");
  check("tags={stype=''}", "g.toml:10:13: tag 'stype' in 'tags' must not be empty\n");
  check("tags={stype='a\\'}",
        "g.toml:10:13: tag 'stype' in 'tags' holds a control character, is no UTF-8 or ends with a backslash\n");
  check("labels={stype='a'}\ntags={stype='b'}",
        "g.toml:11:6: tag 'stype' stands both in 'labels' and in 'tags', remove one\n");
  check("tags=1", "g.toml:10:6: 'tags' must be a table like { name = \"text\" }, not an integer\n");
  check("tags={stype=1}", "g.toml:10:13: 'stype' must be a string in quotes, not an integer\n");
  check("[[source.query]]\nmetric='m'\nquery='q'",
        "g.toml:10:1: warning: [[source.query]] 'm' asks the same as the one at line 7: every sample of it will be a "
        "duplicate, remove one\n");
  check("[[source.query]]\nmetric='m'\nquery='q2'", "");
  check(
      "[[source.query]]\nmetric='m'\nquery='q'\ntype='socket'\ntags={type-id='0'}\n[[source.query]]\nmetric='m'\nquery="
      "'q'\ntype='socket'\ntags={type-id='1'}",
      "");
}

TEST_CASE("what is wrong in [router] is told with its place") {
  const auto check = [](std::string_view text, std::string_view want) {
    CAPTURE(text);
    CHECK(report_in(router_table, text) == want);
  };
  check("subscribe=''",
        "g.toml:7:11: '' is no subject to subscribe to: it " + std::string(subjects::pattern_problem("")) + "\n");
  check("subscribe='a b'",
        "g.toml:7:11: 'a b' is no subject to subscribe to: it " + std::string(subjects::pattern_problem("a b")) + "\n");
  check("subscribe='a.>.b'", "g.toml:7:11: 'a.>.b' is no subject to subscribe to: it " +
                                 std::string(subjects::pattern_problem("a.>.b")) + "\n");
  check("subscribe='a.>'", "");
  check("subscribe=['a.*','a.*']", "g.toml:7:18: 'a.*' stands twice in 'subscribe': lines would come twice\n");
  check("subscribe=['*.metrics','c.metrics']",
        "g.toml:7:24: 'c.metrics' overlaps '*.metrics' in 'subscribe': lines would come twice\n");
  check("subscribe=['c.metrics','d.metrics']", "");
  check(list("subscribe", "s", 65), "g.toml:7:11: 'subscribe' names more than 64 subjects\n");
  // Which ones overlap is not told too.
  check(list("subscribe", ">','", 65), "g.toml:7:11: 'subscribe' names more than 64 subjects\n");
  check("queue=''",
        "g.toml:7:7: queue '' cannot be a token of a subject: it " + std::string(subjects::token_problem("")) + "\n");
  check("queue='a b'", "g.toml:7:7: queue 'a b' cannot be a token of a subject: it " +
                           std::string(subjects::token_problem("a b")) + "\n");
  check("future_max='-1s'",
        "g.toml:7:12: 'future_max' must be a duration like \"60s\", \"500ms\" or \"1m30s\", not '-1s'\n");
  check("future_max='25h'", "g.toml:7:12: 'future_max' must be 0s to 24h, not '25h'\n");
  check("future_max='0s'", "");
  check("future_max=600",
        "g.toml:7:12: 'future_max' must be a duration like \"60s\", \"500ms\" or \"1m30s\", not an integer\n");
  check("interval='0s'", "g.toml:7:10: 'interval' must be 1s to 24h, not '0s'\n");
  check("interval='1500ms'", "g.toml:7:10: 'interval' must be whole seconds, not 1s500ms\n");
  check("grace='2h'", "g.toml:7:7: 'grace' must be 0s to 1h, not '2h'\n");
  check("max_series=0", "g.toml:7:12: 'max_series' must be 1 to 100000000, not 0\n");
  check("rules='none.json'", "g.toml:7:7: cannot read rules 'none.json': No such file or directory\n");
  check("rules='none.json'\ndrop_metrics=['a']",
        "g.toml:7:7: cannot read rules 'none.json': No such file or directory\n"
        "g.toml:8:1: 'drop_metrics' stands here, and rules in the file that 'rules' names: not in both\n");
  check("rules='none.json'\nstage_order=[]\npassword='hunter2'",
        "g.toml:7:7: cannot read rules 'none.json': No such file or directory\n"
        "g.toml:8:1: 'stage_order' stands here, and rules in the file that 'rules' names: not in both\n"
        "g.toml:9:1: unknown key 'password' in [router]\n");
  check("interval='60s'\nintervall='60s'",
        "g.toml:8:1: unknown key 'intervall' in [router], did you mean 'interval'?\n");
  check("password='hunter2'", "g.toml:7:1: unknown key 'password' in [router]\n");
  check("drop_metrics_if=['metrc == 1']",
        "g.toml:7:18: warning: 'metrc' is taken for a tag, meta value or field of that name; did you mean 'metric'?\n"
        "  drop_metrics_if=['metrc == 1']\n"
        "                   ^\n");
  check("drop_metrics_if=['1 +']\nqueue=''",
        "g.toml:8:7: queue '' cannot be a token of a subject: it " + std::string(subjects::token_problem("")) +
            "\n"
            "g.toml:7:22: the expression ends here although something must follow\n"
            "  drop_metrics_if=['1 +']\n"
            "                       ^\n");
}

TEST_CASE("what is wrong in [[sink]] is told with its place") {
  const auto check = [](std::string_view text, std::string_view want) {
    CAPTURE(text);
    CHECK(report_in(sink_table, text) == want);
  };
  check("",
        "g.toml:4:1: missing key 'name' in [[sink]], for example: name = \"ccms\"\n"
        "g.toml:4:1: missing key 'type' in [[sink]], for example: type = \"cc_metric_store\"\n");
  check("name='s'", "g.toml:4:1: missing key 'type' in [[sink]] 's', for example: type = \"cc_metric_store\"\n");
  check("name='s'\ntype='cc_metricstore'",
        "g.toml:6:6: unknown type 'cc_metricstore' in [[sink]] 's': there is 'cc_metric_store', 'file', 'stdout', did "
        "you mean 'cc_metric_store'?\n");
  check("name='s'\ntype='influxdb2'\nurl='x'\nhold_bytes=1\nquery=1",
        "g.toml:6:6: unknown type 'influxdb2' in [[sink]] 's': there is 'cc_metric_store', 'file', 'stdout'\n"
        "g.toml:8:12: 'hold_bytes' must be a size like \"64MiB\", \"512KiB\" or \"1GB\", not an integer\n"
        "g.toml:9:1: unknown key 'query' in [[sink]] 's'\n");
  check("name='a/b'\ntype='stdout'",
        "g.toml:5:6: name 'a/b' must be at most 64 letters, digits, '_', '-' and '.', and not begin with '.': it "
        "stands in logs and file names\n");
  check("name='s'\ntype='file'",
        "g.toml:4:1: missing key 'path' in [[sink]] 's', for example: path = \"/var/lib/cc-gateway/metrics.lp\"\n");
  check("name='s'\ntype='file'\npath=''",
        "g.toml:7:6: 'path' must not be empty, for example: path = \"/var/lib/cc-gateway/metrics.lp\"\n");
  check("name='s'\ntype='cc_metric_store'",
        "g.toml:4:1: missing key 'url' in [[sink]] 's', for example: url = \"http://127.0.0.1:8082\"\n");
  check(
      "name='s'\ntype='file'\npath='p'\nurl='http://"
      "h'\ntransport='rest'\nsubject='x'\ntoken='${SECRET}'\ntimeout='1s'\nstore_config='x'\ntls={}",
      "g.toml:8:1: key 'url' does not fit [[sink]] 's': it belongs to type = \"cc_metric_store\" with transport = "
      "\"rest\"\n"
      "g.toml:9:1: key 'transport' does not fit [[sink]] 's': it belongs to type = \"cc_metric_store\"\n"
      "g.toml:10:1: key 'subject' does not fit [[sink]] 's': it belongs to type = \"cc_metric_store\" with transport = "
      "\"nats\"\n"
      "g.toml:11:1: key 'token' does not fit [[sink]] 's': it belongs to type = \"cc_metric_store\" with transport = "
      "\"rest\"\n"
      "g.toml:12:1: key 'timeout' does not fit [[sink]] 's': it belongs to type = \"cc_metric_store\"\n"
      "g.toml:13:1: key 'store_config' does not fit [[sink]] 's': it belongs to type = \"cc_metric_store\"\n"
      "g.toml:14:1: key 'tls' does not fit [[sink]] 's': it belongs to type = \"cc_metric_store\" with transport = "
      "\"rest\"\n");
  check("name='s'\ntype='stdout'\npath='p'",
        "g.toml:7:1: key 'path' does not fit [[sink]] 's': it belongs to type = \"file\"\n");
}

TEST_CASE("what is wrong in [[sink]] of type cc_metric_store is told with its place") {
  const auto check = [](std::string_view text, std::string_view want) {
    CAPTURE(text);
    CHECK(report_in(store_table, text) == want);
  };
  check("transport='http'\nsubject='x'",
        "g.toml:8:11: unknown transport 'http' in [[sink]] 's': there is 'rest', 'nats'\n");
  check("subject='x'",
        "g.toml:8:1: key 'subject' does not fit [[sink]] 's': it belongs to type = \"cc_metric_store\" with transport "
        "= \"nats\"\n");
  check("token='hunter2'",
        "g.toml:8:7: 'token' must not stand in the file itself: write it into a file of its own and name that by "
        "token_file = \"…\", or use token = \"${VARIABLE}\"\n");
  check("token='${SECRET}'", "");
  check("token_file='none'", "g.toml:8:12: cannot read token_file 'none': No such file or directory\n");
  check("store_config='none'", "g.toml:8:14: cannot read store_config 'none': No such file or directory\n");
  check("path='p'", "g.toml:8:1: key 'path' does not fit [[sink]] 's': it belongs to type = \"file\"\n");
  check("timeout='1ms'", "g.toml:8:9: 'timeout' must be 100ms to 10m, not '1ms'\n");
  check("batch_bytes='1B'", "g.toml:8:13: 'batch_bytes' must be 1KiB to 16MiB, not '1B'\n");
  check("batch_bytes='17MiB'", "g.toml:8:13: 'batch_bytes' must be 1KiB to 16MiB, not '17MiB'\n");
  check("batch_age='1ms'", "g.toml:8:11: 'batch_age' must be 10ms to 1m, not '1ms'\n");
  check("batch_age='2m'", "g.toml:8:11: 'batch_age' must be 10ms to 1m, not '2m'\n");
  check("hold_bytes='1KiB'", "g.toml:8:12: 'hold_bytes' must be 2KiB to 16GiB, not '1KiB'\n");
  check("hold_bytes='17GiB'", "g.toml:8:12: 'hold_bytes' must be 2KiB to 16GiB, not '17GiB'\n");
  check("hold_bytes='1MiB'", "");
  check("hold_bytes='1000KiB'",
        "g.toml:8:12: 'hold_bytes' must be at least twice 'batch_bytes': one batch is written while the next one is "
        "filled\n");
  check("batch_bytes='16MiB'\nhold_bytes='16MiB'",
        "g.toml:9:12: 'hold_bytes' must be at least twice 'batch_bytes': one batch is written while the next one is "
        "filled\n");
  check("dead_letter_bytes='1KiB'", "g.toml:8:19: 'dead_letter_bytes' must be 64KiB to 16GiB, not '1KiB'\n");
}

TEST_CASE("what is wrong in [[sink]] of transport nats is told with its place") {
  const auto check = [](std::string_view text, std::string_view want) {
    CAPTURE(text);
    CHECK(report_in(sink_table, text) == want);
  };
  check("name='s'\ntype='cc_metric_store'\ntransport='nats'",
        "g.toml:4:1: missing key 'subject' in [[sink]] 's', for example: subject = \"ccms.metrics\"\n");
  check("name='s'\ntype='cc_metric_store'\ntransport='nats'\nsubject='a.*'",
        "g.toml:8:9: 'a.*' is no subject: it " + std::string(subjects::subject_problem("a.*")) + "\n");
  check("name='s'\ntype='cc_metric_store'\ntransport='nats'\nsubject='c.metrics'",
        "g.toml:8:9: subject 'c.metrics' is read by [router] ('c.metrics'): every line would go round for ever, choose "
        "another\n");
  check("name='s'\ntype='cc_metric_store'\ntransport='nats'\nsubject='ccms.c'", "");
  check("name='s'\ntype='cc_metric_store'\ntransport='nats'\nsubject='ccms.c'\nurl='http://h'\ntoken_file='x'\ntls={}",
        "g.toml:9:1: key 'url' does not fit [[sink]] 's': it belongs to type = \"cc_metric_store\" with transport = "
        "\"rest\"\n"
        "g.toml:10:1: key 'token_file' does not fit [[sink]] 's': it belongs to type = \"cc_metric_store\" with "
        "transport = \"rest\"\n"
        "g.toml:11:1: key 'tls' does not fit [[sink]] 's': it belongs to type = \"cc_metric_store\" with transport = "
        "\"rest\"\n");
  check("name='s'\ntype='cc_metric_store'\ntransport='nats'\nsubject='ccms.c'\nbatch_bytes='1MiB'",
        "g.toml:9:13: 'batch_bytes' must be 1KiB to 1000KiB, not '1MiB'\n");
  check("name='s'\ntype='cc_metric_store'\ntransport='nats'\nsubject='ccms.c'\nbatch_bytes='1000KiB'", "");
}
