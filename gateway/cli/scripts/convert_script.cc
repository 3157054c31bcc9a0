#include "gateway/cli/scripts/convert_script.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <ranges>
#include <span>
#include <utility>
#include <vector>

#include "gateway/base/printable.h"
#include "gateway/base/toml_text.h"
#include "gateway/cli/scripts/differences.h"
#include "gateway/cli/scripts/python_blocks.h"
#include "gateway/cli/scripts/python_constants.h"
#include "gateway/config/types.h"
#include "gateway/router/rules/diagnosis.h"
#include "gateway/router/rules/place.h"

namespace gw::cli {
namespace {

using rules::Node;

/// What the recipe calls it, and what sites call it.
using Names = std::span<const std::string_view>;
constexpr std::string_view prometheus_url_names[] = {"PROMETHEUS_URL", "PROM_URL"};
constexpr std::string_view influxdb_url_names[] = {"INFLUXDB_URL", "INFLUX_URL"};
constexpr std::string_view bucket_names[] = {"INFLUXDB_BUCKET", "INFLUX_BUCKET"};
constexpr std::string_view store_url_names[] = {"CCMS_URL", "CC_URL"};
constexpr std::string_view token_names[] = {"JWT_TOKEN", "CCMS_TOKEN", "CC_TOKEN", "TOKEN"};
constexpr std::string_view map_names[] = {"METRIC_MAP"};
constexpr std::string_view cluster_names[] = {"CLUSTER_NAME", "CLUSTER"};

/// Most differences from the documented script that are told one by one: of another script all would be.
constexpr std::size_t told_differences_max = 20;

/// In a configuration ${NAME} is a variable of the environment.
std::string without_variables(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text.substr(i).starts_with("${")) out += '$';
    out += text[i];
  }
  return out;
}

std::string config_text(std::string_view text) { return toml_text(without_variables(text)); }

/// As Python's format() does with the bucket: {{ is {.
std::string formatted(std::string_view flux, std::string_view bucket) {
  std::string out;
  while (!flux.empty()) {
    constexpr std::string_view placeholder = "{bucket}";
    const bool names_bucket = flux.starts_with(placeholder);
    const bool doubled = flux.starts_with("{{") || flux.starts_with("}}");
    out += names_bucket ? bucket : flux.substr(0, 1);
    flux.remove_prefix(names_bucket ? placeholder.size() : doubled ? 2 : 1);
  }
  return out;
}

/// The user and password of `url` with their '@'; "" where there are none.
std::string_view login_of(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return {};
  const std::string_view rest = url.substr(scheme + 3);
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
  return authority.substr(0, authority.rfind('@') + 1);  // npos + 1 = 0
}

class Script {
 public:
  Script(std::string_view source, const std::string& file)
      : source_(source), file_(file), shown_file_(printable(file)), script_(read_python_constants(source)) {}

  ConvertedScript run() {
    const bool influxdb = find(influxdb_url_names) != nullptr;
    compare(influxdb ? DocumentedScript::influxdb : DocumentedScript::prometheus);
    std::string text = influxdb ? from_influxdb() : from_prometheus();
    if (!report_.empty()) return {ConvertedScript::Kind::wrong, {}, report_};
    warn_of_differences();
    for (const Complaint& complaint : left_out_) warn(complaint);
    if (!influxdb) return {ConvertedScript::Kind::whole, std::move(text), report_};
    report(
        {find(map_names)->where,
         "these are queries to InfluxDB, which the gateway cannot poll yet: leave the script running, or let Telegraf "
         "write to the store; what there is of it is printed as comments"});
    return {ConvertedScript::Kind::nothing_runs, commented(text), report_};
  }

 private:
  struct Complaint {
    config::Position where;
    std::string text;
  };
  void report(const Complaint& complaint) {
    report_ += rules::diagnosis(file_, source_, {config::Problem::Severity::error, complaint.where, complaint.text});
  }
  /// Without the line of the script: a token may stand in it.
  void warn(const Complaint& complaint) {
    report_ +=
        rules::diagnosis(file_, source_, {config::Problem::Severity::warning, complaint.where, complaint.text, false});
  }

  /// What is outside the constants is not converted: it must be as it is known, or be told.
  void compare(DocumentedScript from) {
    PythonAliases aliases;
    for (const Names names : {Names(prometheus_url_names), Names(influxdb_url_names), Names(bucket_names),
                              Names(store_url_names), Names(token_names), Names(map_names), Names(cluster_names)}) {
      const auto used = std::ranges::find_if(names, [&](auto name) { return script_.constants.contains(name); });
      if (used != names.end()) aliases[*used] = names.front();
    }
    const std::vector<PythonBlock> blocks = python_blocks(source_, aliases);
    only_constants_ = !script_.problem && std::ranges::all_of(blocks, [](const PythonBlock& block) {
      return block.kind == PythonBlock::Kind::assignment || block.kind == PythonBlock::Kind::import;
    });
    if (only_constants_) return;
    differences_ = differences(blocks, from);
    if (script_.problem)
      differences_.push_back({"what follows", script_.problem->where,
                              script_.problem->text + ": nothing that follows is in what is written"});
  }

  void warn_of_differences() {
    for (const Difference& difference : differences_ | std::views::take(told_differences_max))
      warn({difference.where, difference.text});
    if (differences_.size() > told_differences_max)
      warn({{}, fmt::format("{} more places are not as documented", differences_.size() - told_differences_max)});
  }

  /// Which places of the script are not in what is written, a line each.
  std::string changes() const {
    std::string text;
    for (const Difference& difference : differences_ | std::views::take(told_differences_max)) {
      const bool missing = difference.where.line == 0;
      text += fmt::format("  {} ({})\n", printable(difference.name),
                          missing ? "missing" : fmt::format("{}:{}", shown_file_, difference.where.line));
    }
    if (differences_.size() > told_differences_max)
      text += fmt::format("  {} more\n", differences_.size() - told_differences_max);
    return text;
  }

  /// How far what is written does what the script does.
  std::string sameness() const {
    if (only_constants_)
      return "the same queries. Nothing in the script\n# says what becomes of the answers: that is as in "
             "ClusterCockpit's.\n";
    if (differences_.empty()) return "the same queries, names and values.\n";
    return "the same queries. Not as in ClusterCockpit's\n# script, and not in here, is what these do:\n" +
           commented(changes());
  }

  const PythonConstant* find(Names names) const {
    for (const std::string_view name : names) {
      const auto found = script_.constants.find(name);
      if (found != script_.constants.end()) return &found->second;
    }
    return nullptr;
  }

  /// The constant, whose value can be told; else it says what is wrong.
  const PythonConstant* required(Names names) {
    const PythonConstant* const found = find(names);
    if (found != nullptr) {
      if (!found->problem) return found;
      report({found->problem->where, found->problem->text});
    } else if (script_.problem) {
      report({script_.problem->where, script_.problem->text});
    } else {
      report({{},
              fmt::format("there is no {} = … in it: convert reads scripts like prom2ccms.py and influx2ccms.py of "
                          "ClusterCockpit's documentation",
                          names.front())});
    }
    return nullptr;
  }

  /// As a string of the configuration; "" where it is wrong.
  std::string text_of(Names names) {
    const PythonConstant* const constant = required(names);
    if (constant == nullptr) return {};
    if (constant->value.kind == Node::Kind::text) return config_text(constant->value.text);
    if (!constant->variable.empty() && constant->value.kind == Node::Kind::null)
      return toml_text(fmt::format("${{{}}}", constant->variable));
    report({constant->where, fmt::format("{} must be a text", names.front())});
    return {};
  }

  /// "url = …" without the login, which has no place in a configuration. `instead` is what has.
  std::string url_line(Names names, std::string_view instead) {
    const std::string text = text_of(names);
    const PythonConstant* const constant = find(names);
    if (constant == nullptr || constant->value.kind != Node::Kind::text) return fmt::format("url = {}\n", text);
    std::string url = constant->value.text;
    const std::string login(login_of(url));
    if (login.empty()) return fmt::format("url = {}\n", text);
    url.erase(url.find(login), login.size());
    left_out_.push_back(
        {constant->where, fmt::format("the login in {} is left out, for a URL is logged: {}", names.front(), instead)});
    return fmt::format("url = {}  # without its login: {}\n", config_text(url), instead);
  }

  std::string at_line(config::Position where) const { return fmt::format("  # {}:{}\n", shown_file_, where.line); }

  std::string head() {
    return fmt::format(
        "\n[gateway]\ncluster = {}\n\n[nats]\nembedded = true  # a private nats-server, which must be "
        "installed; or url = \"nats://…\" of the site's\n",
        text_of(cluster_names));
  }

  std::string tail() {
    std::string text = fmt::format("\n[router]\n\n[[sink]]\nname = \"ccms\"\ntype = \"cc_metric_store\"\n{}",
                                   url_line(store_url_names, "the store takes a token, set token_file"));
    const PythonConstant* const token = find(token_names);
    if (token == nullptr) return text + "# token_file = \"ccms.jwt\"  # the script has no token\n";
    if (!token->variable.empty()) return text + fmt::format("token = \"${{{}}}\"\n", token->variable);
    return text + "token_file = \"ccms.jwt\"\n";
  }

  /// A token has no place in a configuration.
  std::string token_note() const {
    const PythonConstant* const token = find(token_names);
    if (token == nullptr || !token->variable.empty()) return {};
    return fmt::format(
        "#\n# To do: the token of the store ({}:{}) into the file ccms.jwt beside this one, chmod 600.\n", shown_file_,
        token->where.line);
  }

  std::string from_prometheus() {
    std::string text = fmt::format("# From {}, by 'cc-gateway convert': {}{}", shown_file_, sameness(), token_note());
    const PythonConstant* const map = metric_map();
    if (map == nullptr) return {};
    text += head();
    text += fmt::format(
        "\n[[source]]\nname = \"prometheus\"\ntype = \"prometheus\"\n{}interval = \"60s\"  # as "
        "often as cron runs the script: the metrics' frequency in cc-metric-store\n",
        url_line(prometheus_url_names, "set user and password_file in [[source]]"));
    for (const Node& entry : map->value.children) text += prometheus_query(entry);
    return text + tail();
  }

  const PythonConstant* metric_map() {
    const PythonConstant* const map = required(map_names);
    if (map == nullptr) return nullptr;
    const bool good = map->value.kind == Node::Kind::object && !map->value.children.empty();
    if (!good) report({map->where, "METRIC_MAP must be a dict of metrics and their queries, written as {…}"});
    return good ? map : nullptr;
  }

  /// "metric": (query, type, scale)
  std::string prometheus_query(const Node& entry) {
    const std::vector<Node>& parts = entry.children;
    const bool good = entry.kind == Node::Kind::array && parts.size() == 3 && parts[0].kind == Node::Kind::text &&
                      parts[1].kind == Node::Kind::text &&
                      (parts[2].kind == Node::Kind::integer || parts[2].kind == Node::Kind::real);
    if (!good) {
      report({entry.where, fmt::format("{} must be (query, type, scale), a text, a text and a number",
                                       config::in_quotes(entry.key))});
      return {};
    }
    const std::string& type = parts[1].text;
    if (std::ranges::find(config::metric_types, type) == config::metric_types.end()) {
      const std::string meant = config::did_you_mean(type, config::metric_types);
      report({parts[1].where,
              fmt::format("there is no type {}{}", config::in_quotes(type),
                          meant.empty() ? ": there are " + config::list_of(config::metric_types) : meant)});
    }
    const double scale = parts[2].kind == Node::Kind::integer ? static_cast<double>(parts[2].integer) : parts[2].real;
    if (scale == 0) report({parts[2].where, "a scale of 0 makes all values 0: leave the metric out"});
    std::string text = fmt::format("\n[[source.query]]{}metric = {}\nquery = {}\n", at_line(entry.key_where),
                                   config_text(entry.key), config_text(parts[0].text));
    if (scale != 1) text += fmt::format("scale = {}\n", scale);
    if (type == "node") return text;
    // A type that is not the node's needs an id; the script sends none.
    return text + fmt::format(
                      "type = {}\ntags = {{ type-id = \"0\" }}  # the script sends none; or type_id = \"the label "
                      "that says which {}\"\n",
                      toml_text(type), type);
  }

  std::string from_influxdb() {
    const PythonConstant* const map = metric_map();
    if (map == nullptr) return {};
    std::string text =
        fmt::format("From {}, by 'cc-gateway convert'. InfluxDB is no source of the gateway yet.\n", shown_file_);
    if (!differences_.empty())
      text += "Not as in ClusterCockpit's script, and not in here, is what these do:\n" + changes();
    text += head();
    text += "\n[[source]]\n" + url_line(influxdb_url_names, "set it where the queries are moved to");
    const PythonConstant* const bucket = find(bucket_names);
    const bool told = bucket != nullptr && !bucket->problem && bucket->value.kind == Node::Kind::text;
    for (const Node& entry : map->value.children) {
      if (entry.kind != Node::Kind::text) {
        report({entry.where, fmt::format("{} must be a query, a text", config::in_quotes(entry.key))});
        continue;
      }
      text +=
          fmt::format("\n[[source.query]]{}metric = {}\nquery = {}\n", at_line(entry.key_where), config_text(entry.key),
                      config_text(told ? formatted(entry.text, bucket->value.text) : entry.text));
    }
    return text + tail();
  }

  static std::string commented(std::string_view text) {
    std::string out;
    while (!text.empty()) {
      const std::size_t end = text.find('\n');
      const std::string_view line = text.substr(0, end);
      out += line.empty() ? "#\n" : fmt::format("# {}\n", line);
      text.remove_prefix(std::min(text.size(), line.size() + 1));
    }
    return out;
  }

  std::string_view source_;
  const std::string& file_;
  std::string shown_file_;
  PythonScript script_;
  std::vector<Difference> differences_;
  std::vector<Complaint> left_out_;
  bool only_constants_ = false;
  std::string report_;
};

}  // namespace

ConvertedScript convert_script(std::string_view source, const std::string& file) {
  if (const auto problem = rules::encoding_problem(source))
    return {ConvertedScript::Kind::wrong, {}, rules::diagnosis(file, source, *problem)};
  return Script(source, file).run();
}

}  // namespace gw::cli
