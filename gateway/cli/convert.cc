#include "gateway/cli/convert.h"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>
#include <string>
#include <vector>

#include "gateway/base/printable.h"
#include "gateway/cli/arguments.h"
#include "gateway/cli/scripts/convert_script.h"
#include "gateway/config/input_file.h"
#include "gateway/router/rules/document.h"
#include "gateway/router/rules/load_rules.h"
#include "gateway/router/rules/write_rules.h"

namespace gw::cli {
namespace {

constexpr Option known_options[] = {{"--help", ""}};

constexpr std::string_view help =
    R"x(usage: cc-gateway convert FILE

Prints as TOML what stands in FILE:

  router.json    rules in any shape that ClusterCockpit has: of cc-metric-collector with its
                 deprecated keys, cc-lib's message processor, or the list 'manipulate_messages'.
                 What comes out is the table [router] of a configuration, with the list: the same
                 rules in the order in which they are run, each with the line it comes from. What
                 router.json does twice, before and after renaming, is written twice where the
                 second time may change a message ("again"). It may also stay a file of its own,
                 router.toml; 'cc-gateway route --rules' takes both forms, to compare them
  prom2ccms.py   the cron script between Prometheus and cc-metric-store: METRIC_MAP and the
                 constants beside it become a whole configuration that polls the same. A warning
                 names each function that is not as documented: what it does is not in there
  influx2ccms.py what there is of it is printed as comments: the gateway cannot poll InfluxDB yet

A name that ends in .py is of a script, any other of rules in JSON. No Python is run: what a script
computes is refused with its place; write the value itself there.

  --help   this text

Exit codes: 0 done; 1 the gateway cannot do that yet; 2 FILE is wrong.
)x";

/// What there is to be said of keys that the table has not.
std::string left_out(const rules::LoadedRules& loaded) {
  const rules::Parsed document = rules::parse_json(loaded.source, loaded.file);
  if (!document) return {};
  const auto found = std::ranges::find(document->root.children, "max_forward", &rules::Node::key);
  if (found == document->root.children.end()) return {};
  return fmt::format(
      "# max_forward ({}:{}) is left out: here as many lines are taken at once as came in one message.\n",
      printable(loaded.file), found->key_where.line);
}

int convert_rules(const std::string& file, std::ostream& out, std::ostream& err) {
  // The interval is said beside the rules, not in them, and so is the topology: any will do.
  const rules::LoadedRules loaded =
      rules::load_rules(file, Seconds(60), std::make_shared<const router::Topology>(), config::Pipes::awaited);
  err << loaded.report();
  if (loaded.rules == nullptr) return usage;
  out << fmt::format("# From {}, by 'cc-gateway convert'.\n", printable(file)) << left_out(loaded)
      << rules::write_rules(*loaded.rules);
  return done;
}

int convert_script_file(const std::string& file, std::ostream& out, std::ostream& err) {
  const auto text = [&]() -> Result<std::string> {
    GW_TRY(config::InputFile input, config::InputFile::open(file, config::Pipes::awaited));
    return input.read(rules::source_bytes_max);
  }();
  if (!text) {
    err << fmt::format("{}: cannot read it: {}\n", file, text.error().text);
    return usage;
  }
  const ConvertedScript converted = convert_script(*text, file);
  out << converted.text;
  err << converted.report;
  switch (converted.kind) {
    case ConvertedScript::Kind::whole:
      return done;
    case ConvertedScript::Kind::nothing_runs:
      return failed;
    case ConvertedScript::Kind::wrong:
      break;
  }
  return usage;
}

int wrong(std::ostream& err, std::string_view text) {
  err << "cc-gateway convert: " << text << '\n';
  return usage;
}

}  // namespace

int convert(Arguments arguments, std::ostream& out, std::ostream& err) {
  std::vector<std::string> files;
  const auto parsed = Options::parse(arguments, known_options, &files);
  if (!parsed) return wrong(err, parsed.error());
  if (parsed->has("--help")) {
    out << help;
    return done;
  }
  if (files.empty()) return wrong(err, "FILE is missing, for example router.json");
  if (files.size() > 1) return wrong(err, "one FILE at a time: each becomes a table or a configuration of its own");
  const std::string& file = files.front();
  if (rules::is_toml(file)) return wrong(err, fmt::format("{} is TOML already", printable(file)));
  return file.ends_with(".py") ? convert_script_file(file, out, err) : convert_rules(file, out, err);
}

}  // namespace gw::cli
