// The files in conf/ are what users begin with: they load, and the manual tells the truth.

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/config/load.h"

namespace {

using gw::config::Loaded;

const std::filesystem::path conf = std::filesystem::path(CC_GATEWAY_SOURCE_DIR) / "conf";

std::string read(const std::filesystem::path& file) {
  std::ifstream in(file);
  REQUIRE(in);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::optional<std::string> no_variable(std::string_view) { return std::nullopt; }

Loaded load(std::string_view text) { return gw::config::load_text(text, "conf/gateway.toml", no_variable); }

/// Takes one '#' and blank off every line that has them; "## text" stays.
std::string uncommented(const std::string& text) {
  std::istringstream in(text);
  std::string out;
  for (std::string line; std::getline(in, line);) out += (line.starts_with("# ") ? line.substr(2) : line) + "\n";
  return out;
}

/// Every key that stands in `text`, as "source.query.metric".
std::set<std::string> keys_of(const std::string& text) {
  std::istringstream in(text);
  std::set<std::string> keys;
  std::string table;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with('[')) {
      table = line.substr(line.find_first_not_of('['), line.find(']') - line.find_first_not_of('['));
      keys.insert(table);
      table += '.';
    } else if (const std::size_t end = line.find(" = "); end != std::string::npos && !line.starts_with('#')) {
      keys.insert(table + line.substr(0, end));
    }
  }
  return keys;
}

}  // namespace

TEST_CASE("every file in conf/ loads without a problem") {
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(conf)) {
    const std::string name = entry.path().filename().string();
    if (!name.ends_with(".toml") || name.ends_with("_test.toml")) continue;
    CAPTURE(entry.path());
    ++files;
    CHECK(gw::config::load_file(entry.path().string(), no_variable).report().empty());
  }
  CHECK(files >= 4);
}

TEST_CASE("the example of rules is read without a warning") {
  const gw::rules::LoadedRules loaded = gw::rules::load_rules((conf / "router.json").string(), gw::Seconds(60));
  CHECK(loaded.report() == "");
  REQUIRE(loaded.rules != nullptr);
  CHECK(loaded.rules->rules.size() >= 6);
}

TEST_CASE("the defaults that the manual shows are the real ones") {
  const std::string text = read(conf / "gateway.toml");
  const Loaded as_it_stands = load(text);
  REQUIRE(as_it_stands.report() == "");

  // One '#' less: every default is written out, and the optional tables are there with what they require.
  const std::string once = uncommented(text);
  Loaded written_out = load(once);
  REQUIRE(written_out.report() == "");
  CHECK(keys_of(once).size() > keys_of(text).size());

  // Two less: the defaults inside the optional tables, too.
  const Loaded all = load(uncommented(once));
  REQUIRE(all.report() == "");
  CHECK(all.config == written_out.config);

  // Apart from the optional tables it is what it was.
  CHECK(written_out.config.nats.tls == gw::http::Tls{});
  written_out.config.nats.tls.reset();
  CHECK(written_out.config.sinks.size() == 4);
  written_out.config.sinks.resize(as_it_stands.config.sinks.size());
  CHECK(written_out.config == as_it_stands.config);
}

TEST_CASE("the manual has every key that the loader knows, and a key that is not known is an error") {
  const std::string text = uncommented(uncommented(read(conf / "gateway.toml")));
  const Loaded loaded = load(text);
  const std::set<std::string> keys = keys_of(text);
  std::vector<std::string> missing;
  std::set_difference(loaded.known_keys.begin(), loaded.known_keys.end(), keys.begin(), keys.end(),
                      std::back_inserter(missing));
  CHECK(missing.empty());
  for (const std::string& key : missing) FAIL_CHECK("not in conf/gateway.toml: " << key);
  CHECK(loaded.known_keys.size() == keys.size());
}

TEST_CASE("who reads the rules of a configuration knows all settings that stand beside them") {
  std::vector<std::string> settings;
  for (const std::string& key : load(read(conf / "gateway.toml")).known_keys) {
    if (key.starts_with("router.")) settings.push_back(key.substr(std::string_view("router.").size()));
  }
  CHECK(settings ==
        std::vector<std::string>(std::begin(gw::rules::router_settings), std::end(gw::rules::router_settings)));
  const std::string manual = (conf / "gateway.toml").string();
  CHECK(gw::rules::load_rules(manual, std::nullopt).report() == "");
  CHECK(gw::rules::load_rules(manual, std::nullopt).rules != nullptr);
}
