#include "gateway/cli/check.h"

#include <doctest/doctest.h>
#include <fmt/core.h>

#include <filesystem>
#include <iterator>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "tests/gateway/config/fifo.h"
#include "tests/gateway/config/folder.h"
#include "tests/gateway/sinks/tokens.h"

using config_test::Folder;

namespace {

/// What the command did, as "exit 0\nout\n---\nerr".
std::string run(const std::vector<std::string_view>& arguments) {
  std::ostringstream out;
  std::ostringstream err;
  const int code = gw::cli::check(arguments, out, err);
  return fmt::format("exit {}\n{}---\n{}", code, out.str(), err.str());
}

constexpr std::string_view poller =
    "gateway={cluster='c',state_dir='.'}\n\n[[source]]\nname='p'\ntype='prometheus'\nurl='http://h'\n"
    "[[source.query]]\nmetric='cpu_load'\nquery='node_load1'\n";
constexpr std::string_view subscriber = "[router]\n[[sink]]\nname='s'\ntype='cc_metric_store'\nurl='http://h'\n";

}  // namespace

TEST_CASE("a good file is summed up in one line") {
  const Folder folder;
  const auto check = [&](std::string_view text, std::string_view want) {
    CAPTURE(text);
    const std::string file = folder.file("g.toml", text);
    CHECK(run({"--config", file}) == fmt::format("exit 0\n{}: {}\n---\n", file, want));
  };
  check(poller, "ok: 1 source, 1 query, 0 sinks; roles: poller");
  check(fmt::format("gateway={{cluster='c',state_dir='.'}}\n\n{}", subscriber),
        "ok: 0 sources, 0 queries, 1 sink; roles: subscriber");
  check(fmt::format("{}[[source.query]]\nmetric='b'\nquery='b'\n{}", poller, subscriber),
        "ok: 1 source, 2 queries, 1 sink; roles: poller, subscriber");
}

TEST_CASE("warnings are printed and counted, and the file is good") {
  const Folder folder;
  const std::string file =
      folder.file("g.toml", fmt::format("{}type='node'\n[[source.query]]\nmetric='a b'\nquery='b'\n", poller));
  CHECK(run({"--config", file}) ==
        fmt::format("exit 0\n{0}: ok: 1 source, 2 queries, 0 sinks; roles: poller; 1 warning\n---\n"
                    "{0}:12:8: warning: metric 'a b' holds a blank or comma: the store takes it under exactly that "
                    "name, but names like 'cpu_load' are usual\n",
                    file));
}

TEST_CASE("all errors are printed and counted") {
  const Folder folder;
  const std::string one = folder.file("one.toml", fmt::format("{}typ='node'\n", poller));
  CHECK(run({"--config", one}) ==
        fmt::format("exit 2\n---\n{0}:10:1: unknown key 'typ' in [[source.query]] 'cpu_load', did you mean 'type'?\n"
                    "{0}: 1 error\n",
                    one));
  const std::string more = folder.file("more.toml",
                                       "[gateway]\ncluster=1\n[[source]]\nname='p'\ntype='prometheus'\n"
                                       "url='http://h'\n[[source.query]]\nmetric='a b'\n");
  CHECK(run({"--config", more}) ==
        fmt::format("exit 2\n---\n{0}:2:9: 'cluster' must be a string in quotes, not an integer\n"
                    "{0}:7:1: missing key 'query' in [[source.query]] 'a b', for example: query = \"node_load1\"\n"
                    "{0}:8:8: warning: metric 'a b' holds a blank or comma: the store takes it under exactly that "
                    "name, but names like 'cpu_load' are usual\n"
                    "{0}: 2 errors, 1 warning\n",
                    more));
  const std::string none = (folder.path() / "none").string();
  CHECK(run({"--config", none}) ==
        fmt::format("exit 2\n---\n{0}: cannot read it: No such file or directory\n{0}: 1 error\n", none));
}

TEST_CASE("rules are part of the check") {
  const Folder folder;
  const std::string file = folder.file(
      "g.toml",
      "gateway={cluster='c',state_dir='.'}\n\n[router]\nrules='router.json'\n[[sink]]\nname='s'\ntype='stdout'\n");
  const std::string rules = (folder.path() / "router.json").string();
  folder.file("router.json", R"({"drop_metrics": ["a", "b"], "rename_metrics": {"b": "c"}})");
  CHECK(run({"--config", file}) ==
        fmt::format("exit 0\n{0}: ok: 0 sources, 0 queries, 1 sink, 3 rules of {1}; roles: subscriber; 1 warning\n---\n"
                    "{1}:1:49: warning: 'b' does not get to this rule: 'drop_metrics: b' in line 1 drops it\n"
                    "  {{\"drop_metrics\": [\"a\", \"b\"], \"rename_metrics\": {{\"b\": \"c\"}}}}\n"
                    "                                                  ^\n",
                    file, rules));
  folder.file("router.json", R"({"drop_metric": ["a"], "rename_metrics": 1})");
  const std::string wrong = run({"--config", file});
  CAPTURE(wrong);
  CHECK(wrong.starts_with("exit 2\n---\n" + rules + ":1:2: unknown key 'drop_metric', did you mean 'drop_metrics'?\n"));
  CHECK(wrong.ends_with(rules + ": 2 errors\n"));
  folder.file(
      "g.toml",
      "gateway={cluster='c',state_dir='.'}\n\n[router]\nrules='router.json'\n[[sink]]\nname='s'\ntype='stdo'\n");
  const std::string both = run({"--config", file});
  CHECK_MESSAGE(both.ends_with(file + ": 1 error; " + rules + ": 2 errors\n"), both);
  // Rules in the configuration itself are of the same file.
  folder.file("g.toml",
              "gateway={cluster='c',state_dir='.'}\n\n[router]\ndrop_metrics=1\n[[sink]]\nname='s'\ntype='stdo'\n");
  const std::string own = run({"--config", file});
  CHECK_MESSAGE(own.ends_with("^\n" + file + ": 2 errors\n"), own);
}

TEST_CASE("a configuration may come from a pipe, but what it names may not, and nobody waits for it") {
  const config_test::Fifo config{std::string(poller)};
  CHECK(run({"--config", config.name()}).starts_with("exit 0\n"));

  const config_test::Fifo unread("{}");
  const Folder folder;
  const auto check = [&](std::string_view router, std::string_view at) {
    const std::string file = folder.file(
        "g.toml",
        fmt::format("gateway={{cluster='c',state_dir='.'}}\n\n[[sink]]\nname='s'\ntype='stdout'\n[router]\n{}\n",
                    router));
    CHECK(run({"--config", file})
              .contains(fmt::format("{} '{}': it is a pipe, which can be read only once: write what comes from it to a "
                                    "file\n",
                                    at, unread.name())));
  };
  check(fmt::format("rules='{}'", unread.name()), "g.toml:7:7: cannot read rules");
  check(fmt::format("topology='{}'", unread.name()), "g.toml:7:10: cannot read topology");
}

TEST_CASE("the topology is part of the check") {
  const Folder folder;
  const auto check = [&folder](std::string_view router, std::string_view want) {
    const std::string file = folder.file(
        "g.toml",
        fmt::format("gateway={{cluster='c',state_dir='.'}}\n\n[[sink]]\nname='s'\ntype='stdout'\n[router]\n{}\n",
                    router));
    CAPTURE(router);
    const std::string got = run({"--config", file});
    CHECK_MESSAGE(got.find(want) != std::string::npos, got);
  };
  folder.file("router.json", R"x({"drop_metrics_if": ["type-id in getCpuList()"]})x");
  folder.file("cluster.json", R"({"subClusters": [{"nodes": "n1", "topology": {"node": [0]}}]})");
  check("rules='router.json'\ntopology='cluster.json'", "1 rule of ");
  check("drop_metrics_if=['type-id in getCpuList()']\ntopology='cluster.json'", "1 rule of ");
  check("rules='router.json'", "'getCpuList' asks how the hardware threads of a host belong together");
  check("rules='router.json'\ntopology='none.json'",
        "/none.json': No such file or directory\n" + (folder.path() / "g.toml").string() + ": 1 error\n");
  folder.file("cluster.json", R"({"subClusters": [{"nodes": "n[1", "topology": {"node": [0]}}]})");
  check("rules='router.json'\ntopology='cluster.json'", "g.toml:8:10: " + (folder.path() / "cluster.json").string() +
                                                            ":1:30: this '[' has no ']'\n" +
                                                            (folder.path() / "g.toml").string() + ": 1 error\n");
}

TEST_CASE("the store's configuration is part of the check") {
  const Folder folder;
  const std::string file = folder.file("g.toml", fmt::format("{}{}store_config='store.json'\n", poller, subscriber));
  const std::string dir = folder.path().string();
  const auto check = [&](std::string_view store, std::string_view want) {
    CAPTURE(store);
    folder.file("store.json", store);
    CHECK(run({"--config", file}) == want);
  };
  check(R"({"metrics": {"cpu_load": {"frequency": 60}}})",
        fmt::format("exit 0\n{}: ok: 1 source, 1 query, 1 sink; roles: poller, subscriber\n---\n", file));
  check(R"({"metrics": {"cpu_load": {"frequency": 10}}})",
        fmt::format("exit 0\n{0}: ok: 1 source, 1 query, 1 sink; roles: poller, subscriber; 1 warning\n---\n"
                    "{0}:7:1: warning: metric 'cpu_load' comes every 60 s, but sink 's' stores one every 10 s: its "
                    "curves would have gaps, set interval = \"10s\"\n",
                    file));
  check(R"({"metrics": {"cpu_laod": {"frequency": 60}}})",
        fmt::format("exit 2\n---\n{0}:7:1: metric 'cpu_load' is not in '{1}/store.json': sink 's' would drop it "
                    "without an error, did you mean 'cpu_laod'? (or add it there and restart the store)\n"
                    "{0}: 1 error\n",
                    file, dir));
  check("{}", fmt::format("exit 2\n---\n{0}:11:1: '{1}/store.json' is no configuration of cc-metric-store: it has "
                          "neither 'metrics' nor 'metricConfig'\n{0}: 1 error\n",
                          file, dir));
}

TEST_CASE("what this machine lacks for a run is part of the check, and nothing is left behind") {
  const Folder folder;
  const std::string dir = folder.path().string();
  folder.file("plain", "x\n");
  const auto check = [&](std::string_view state_dir, std::string_view tables, std::string_view want) {
    CAPTURE(tables);
    const std::string file =
        folder.file("g.toml", fmt::format("[gateway]\ncluster='c'\nstate_dir='{}'\n{}", state_dir, tables));
    const std::string got = run({"--config", file});
    if (want.empty())
      CHECK_MESSAGE((got.starts_with("exit 0\n") && got.ends_with("\n---\n")), got);
    else
      CHECK(got == fmt::format("exit 2\n---\n{0}:{1}\n{0}: 1 error\n", file, want));
    CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 2);
  };
  const auto to = [](std::string_view path) {
    return fmt::format("[router]\n[[sink]]\nname='s'\ntype='file'\npath='{}'\n", path);
  };
  const std::string polls(poller.substr(poller.find("[[source]]")));

  check("new/state", polls, "");
  check("plain", polls,
        fmt::format("1:1: state_dir: cannot write to {}/plain (Not a directory): create it for the user that runs "
                    "cc-gateway",
                    dir));
  check("plain/below", polls,
        fmt::format("1:1: state_dir: cannot write to {}/plain/below (Not a directory): create it for the user that "
                    "runs cc-gateway",
                    dir));
  check("plain", to("m.lp"),
        fmt::format("1:1: state_dir: cannot write to {}/plain/dead-letter (Not a directory): create it for the user "
                    "that runs cc-gateway",
                    dir));

  check("new/state", to("m.lp"), "");
  check("new/state", to("plain"), "");
  check("new/state", to("new/state/m.lp"), "");  // run makes that folder first
  check("new/state", to("."), fmt::format("5:1: sink 's' cannot open {}/ (Is a directory): name a file in it", dir));
  check("new/state", to("new/other/m.lp"),
        fmt::format("5:1: sink 's' cannot open {0}/new/other/m.lp (No such file or directory): make its folder "
                    "{0}/new/other",
                    dir));
  check("new/state", to("plain/m.lp"), fmt::format("5:1: sink 's' cannot open {}/plain/m.lp (Not a directory)", dir));

  check("new/state", "[nats]\nembedded=true\nserver='nope-server'\n" + polls,
        "4:1: embedded NATS: there is no program nope-server: install the package nats-server, or set [nats] url to a "
        "server that runs");
  check("new/state", "[nats]\nembedded=true\nserver='/bin/false'\n" + polls,
        "4:1: embedded NATS: /bin/false is no nats-server: asked for its --version, it does not say so (exit status "
        "1); name one by 'server' in [nats]");
  check("new/state", "[nats]\nserver='nope-server'\n" + polls, "");  // it is not started
}

TEST_CASE("the token of a store is judged and never shown") {
  const Folder folder;
  const std::string file =
      folder.file("g.toml", fmt::format("gateway={{cluster='c',state_dir='.'}}\n\n{}token_file='t.jwt'\n", subscriber));
  const std::string jwt = (folder.path() / "t.jwt").string();
  const auto check = [&](std::string_view token, std::string_view kind, std::string_view want) {
    CAPTURE(token);
    folder.file("t.jwt", token);
    const std::string got = run({"--config", file});
    const std::string line = fmt::format("{}:4:1: {}sink 's' could not write: {}\n", file, kind, want);
    if (want.empty())
      CHECK(got.ends_with("roles: subscriber\n---\n"));
    else
      CHECK_MESSAGE((got.starts_with(kind.empty() ? "exit 2\n" : "exit 0\n") && got.contains("---\n" + line)), got);
    CHECK(!got.contains("c2lnbmF0dXJl"));
  };
  const std::string valid = tokens::make(R"({"sub":"gateway"})");
  const std::string mint = "mint a new one and write it to " + jwt + ", it is read again at once";
  check(valid + "\r\n", "", "");
  check("Bearer " + valid + "\n",
        "warning: ", "the token does not stand alone: remove 'Bearer ' from " + jwt + ", it is read again at once");
  check("garbage-c2lnbmF0dXJl", "warning: ", "the token is no JWT (expected three parts separated by dots): " + mint);
  check(tokens::make("{}", R"({"alg":"none"})"),
        "warning: ", "the token's alg is none, the store accepts EdDSA only: " + mint);
  const std::string expired = tokens::make(R"({"exp":1})");
  folder.file("t.jwt", expired);
  CHECK(run({"--config", file}).contains(" d ago (1970-01-01T00:00:01Z): " + mint));
  check(valid + "\n" + valid + "\n", "", "cannot read " + jwt + ": it holds more than one line");
  check(valid + "\x01", "", "the token in " + jwt + " holds a control character");
}

TEST_CASE("what only this user may not write is a warning: the service has another one") {
  if (::geteuid() == 0) return;  // who may write everything
  const Folder folder;
  std::filesystem::create_directory(folder.path() / "of_another");
  REQUIRE(::chmod((folder.path() / "of_another").c_str(), 0500) == 0);
  const std::string file =
      folder.file("g.toml",
                  "[gateway]\ncluster='c'\nstate_dir='of_another/x'\n[router]\n[[sink]]\nname='s'\n"
                  "type='file'\npath='of_another/m.lp'\n");
  CHECK(run({"--config", file}) ==
        fmt::format("exit 0\n{0}: ok: 0 sources, 0 queries, 1 sink; roles: subscriber; 2 warnings\n---\n"
                    "{0}:1:1: warning: state_dir: cannot write to {1}/of_another/x/dead-letter (Permission denied): "
                    "create it for the user that runs cc-gateway\n"
                    "{0}:5:1: warning: sink 's' cannot open {1}/of_another/m.lp (Permission denied): the user that "
                    "runs cc-gateway must be able to\n",
                    file, folder.path().string()));
}

TEST_CASE("wrong usage is told") {
  const auto check = [](const std::vector<std::string_view>& arguments, std::string_view want) {
    CHECK(run(arguments) == fmt::format("exit 2\n---\ncc-gateway check: {}\n", want));
  };
  check({}, "--config FILE is missing");
  check({"--config"}, "option '--config' needs a value: --config FILE");
  check({"--config="}, "--config FILE is missing");
  check({"--confg", "x"}, "unknown option '--confg', did you mean '--config'?");
  check({"x.toml"}, "unexpected argument 'x.toml'");
}

TEST_CASE("--config takes its file in both forms, and --help tells everything") {
  const Folder folder;
  const std::string file = folder.file("g.toml", poller);
  CHECK(run({"--config=" + file}) == run({"--config", file}));
  const std::string help = run({"--help"});
  CHECK(help == run({"-h"}));
  CHECK(help.starts_with("exit 0\nusage: cc-gateway check --config FILE\n"));
  for (const std::string_view word : {"--config FILE", "--help", "exit code"})
    CHECK(help.find(word) != std::string::npos);
}
