// Strings are read with variables:
//   text     = *( "$${" / variable / any )     "$${" stands for "${" itself
//   variable = "${" name "}"
//   name     = ( ALPHA / "_" ) *( ALPHA / DIGIT / "_" )

#include "gateway/config/reader.h"

#include <fmt/core.h>
#include <toml++/toml.h>

#include <algorithm>
#include <cstdint>

#include "gateway/config/input_file.h"
#include "gateway/config/units.h"

namespace gw::config {
namespace {

constexpr std::size_t name_bytes_max = 64;

Position position_of(const toml::source_region& region) {
  return {static_cast<std::uint32_t>(region.begin.line), static_cast<std::uint32_t>(region.begin.column)};
}

std::string_view type_name(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::string:
      return "a string";
    case toml::node_type::integer:
      return "an integer";
    case toml::node_type::floating_point:
      return "a float";
    case toml::node_type::boolean:
      return "a boolean";
    case toml::node_type::array:
      return "a list";
    case toml::node_type::table:
      return "a table";
    default:
      return "a date or time";
  }
}

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_variable(std::string_view name) {
  return !name.empty() && is_letter(name.front()) &&
         std::all_of(name.begin(), name.end(), [](char c) { return is_letter(c) || is_digit(c); });
}

/// The name in a string that is one variable and nothing else; "" for any other string.
std::string_view lone_variable(std::string_view raw) {
  if (!raw.starts_with("${") || !raw.ends_with('}')) return {};
  const std::string_view name = raw.substr(2, raw.size() - 3);
  return is_variable(name) ? name : std::string_view{};
}

/// `raw` with its variables replaced; nothing where that failed, which is reported at `where`.
std::optional<std::string> expand(std::string_view raw, Position where, Reading& reading) {
  std::string value;
  bool good = true;
  while (!raw.empty()) {
    const std::size_t start = raw.find("${");
    if (start == std::string_view::npos) break;
    const bool escaped = start > 0 && raw[start - 1] == '$';
    value += raw.substr(0, escaped ? start - 1 : start);
    raw.remove_prefix(start + 2);
    if (escaped) {
      value += "${";
      continue;
    }
    const std::size_t end = raw.find('}');
    const std::string_view name = raw.substr(0, end);
    if (end == std::string_view::npos || !is_variable(name)) {
      reading.error(where,
                    "'${' must be followed by the name of an environment variable and '}'; write '$${' where "
                    "'${' itself is meant");
      return std::nullopt;
    }
    raw.remove_prefix(end + 1);
    if (const std::optional<std::string> variable = reading.environment(name)) {
      value += *variable;
    } else {
      reading.error(where, fmt::format("environment variable '{}' is not set", name));
      good = false;
    }
  }
  if (!good) return std::nullopt;
  return value.append(raw);
}

}  // namespace

void Reading::error(Position where, std::string text) {
  problems.push_back({Problem::Severity::error, where, std::move(text)});
}

void Reading::warning(Position where, std::string text) {
  problems.push_back({Problem::Severity::warning, where, std::move(text)});
}

TableReader::TableReader(Reading& reading, const toml::table& table, std::string path, std::string title)
    : reading_(reading), table_(table), path_(std::move(path)), title_(std::move(title)) {}

void TableReader::set_name(std::string_view name) { title_ += " " + in_quotes(name); }

Position TableReader::where() const {
  const Position header = position_of(table_.source());
  return header.line == 0 ? Position{1, 1} : header;  // the file itself
}

Position TableReader::where(std::string_view key) const {
  const toml::node* node = table_.get(key);
  return node == nullptr ? where() : position_of(node->source());
}

bool TableReader::has(std::string_view key) const { return table_.contains(key); }

bool TableReader::given(std::string_view key) const {
  const toml::node* node = table_.get(key);
  return node != nullptr && !(node->is_string() && node->as_string()->get().empty());
}

std::string TableReader::child_path(std::string_view key) const {
  return path_.empty() ? std::string(key) : fmt::format("{}.{}", path_, key);
}

const toml::node* TableReader::find(std::string_view key) {
  known_.emplace_back(key);
  reading_.known_keys.insert(child_path(key));
  return table_.get(key);
}

void TableReader::missing(std::string_view key, std::string_view example) const {
  reading_.error(where(), fmt::format("missing key '{}' in {}, for example: {}", key, title_, example));
}

bool TableReader::fits(std::string_view key, bool fit, std::string_view belongs_to) {
  const toml::node* node = find(key);
  if (fit) return node != nullptr;
  unfit_.emplace_back(key);
  if (node != nullptr) {
    reading_.error(position_of(table_.find(key)->first.source()),
                   fmt::format("key '{}' does not fit {}: it belongs to {}", key, title_, belongs_to));
  }
  return false;
}

void TableReader::wrong_type(const toml::node& node, std::string_view key, std::string_view wanted) const {
  reading_.error(position_of(node.source()), fmt::format("'{}' must be {}, not {}", key, wanted, type_name(node)));
}

std::optional<Text> TableReader::string_of(const toml::node& node, std::string_view key) const {
  const auto* raw = node.as_string();
  if (raw == nullptr) {
    wrong_type(node, key, "a string in quotes");
    return std::nullopt;
  }
  const Position where = position_of(node.source());
  std::optional<std::string> value = expand(raw->get(), where, reading_);
  if (!value) return std::nullopt;
  if (value->find('\0') != std::string::npos) {  // it would end the string early wherever C takes it
    reading_.error(where, fmt::format("'{}' must not hold a null character", key));
    return std::nullopt;
  }
  return Text{*std::move(value), raw->get(), where};
}

std::optional<Text> TableReader::text(std::string_view key) {
  const toml::node* node = find(key);
  return node == nullptr ? std::nullopt : string_of(*node, key);
}

std::optional<Text> TableReader::required(std::string_view key, std::string_view example) {
  const toml::node* node = find(key);
  if (node == nullptr) {
    missing(key, example);
    return std::nullopt;
  }
  std::optional<Text> text = string_of(*node, key);
  if (text && text->value.empty()) {
    reading_.error(text->where, fmt::format("'{}' must not be empty, for example: {}", key, example));
    return std::nullopt;
  }
  return text;
}

std::string TableReader::name(std::string_view example) {
  const std::optional<Text> text = required("name", example);
  if (!text) return {};
  const std::string& name = text->value;
  const bool plain =
      std::all_of(name.begin(), name.end(), [](char c) { return is_letter(c) || is_digit(c) || c == '.' || c == '-'; });
  if (!plain || name.front() == '.' || name.size() > name_bytes_max) {
    reading_.error(text->where, fmt::format("name {} must be at most {} letters, digits, '_', '-' and '.', and not "
                                            "begin with '.': it stands in logs and file names",
                                            in_quotes(text->shown), name_bytes_max));
  }
  set_name(text->shown);
  return name;
}

std::optional<std::vector<Text>> TableReader::texts(std::string_view key) {
  const toml::node* node = find(key);
  if (node == nullptr) return std::nullopt;
  std::vector<Text> all;
  const auto add = [&](const toml::node& item) {
    if (std::optional<Text> text = string_of(item, key)) all.push_back(*std::move(text));
  };
  if (const toml::array* list = node->as_array()) {
    if (list->empty()) reading_.error(position_of(node->source()), fmt::format("'{}' must not be empty", key));
    for (const toml::node& item : *list) add(item);
  } else {
    add(*node);
  }
  if (all.empty()) return std::nullopt;
  return all;
}

std::optional<std::string> TableReader::choice(std::string_view key, std::span<const std::string_view> names) {
  const std::optional<Text> text = this->text(key);
  if (!text) return std::nullopt;
  if (std::find(names.begin(), names.end(), text->value) != names.end()) return text->value;
  reading_.error(text->where, fmt::format("unknown {} {} in {}: there is {}{}", key, in_quotes(text->shown), title_,
                                          list_of(names), did_you_mean(text->value, names)));
  return std::nullopt;
}

std::vector<std::pair<Text, Text>> TableReader::entries(std::string_view key) {
  const toml::node* node = find(key);
  if (node == nullptr) return {};
  const toml::table* table = node->as_table();
  if (table == nullptr) {
    wrong_type(*node, key, R"(a table like { name = "text" })");
    return {};
  }
  std::vector<std::pair<Text, Text>> all;
  for (const auto& [name, value] : *table) {
    std::optional<Text> text = string_of(value, name.str());
    if (!text) continue;
    const std::string plain(name.str());
    all.emplace_back(Text{plain, plain, position_of(name.source())}, *std::move(text));
  }
  return all;
}

void TableReader::flag(std::string_view key, bool& into) {
  const toml::node* node = find(key);
  if (node == nullptr) return;
  if (const auto* value = node->as_boolean()) {
    into = value->get();
  } else {
    wrong_type(*node, key, "true or false");
  }
}

void TableReader::number(std::string_view key, double& into) {
  const toml::node* node = find(key);
  if (node == nullptr) return;
  if (!node->is_number()) {
    wrong_type(*node, key, "a number");
    return;
  }
  into = node->value_or(into);
}

void TableReader::count(std::string_view key, std::size_t min, std::size_t max, std::size_t& into) {
  const toml::node* node = find(key);
  if (node == nullptr) return;
  const auto* value = node->as_integer();
  if (value == nullptr) {
    wrong_type(*node, key, "an integer");
    return;
  }
  const std::int64_t n = value->get();
  if (n < 0 || static_cast<std::uint64_t>(n) < min || static_cast<std::uint64_t>(n) > max) {
    reading_.error(position_of(node->source()), fmt::format("'{}' must be {} to {}, not {}", key, min, max, n));
    return;
  }
  into = static_cast<std::size_t>(n);
}

void TableReader::duration(std::string_view key, Milliseconds min, Milliseconds max, Milliseconds& into) {
  const toml::node* node = find(key);
  if (node == nullptr) return;
  constexpr std::string_view wanted = R"(a duration like "60s", "500ms" or "1m30s")";
  if (!node->is_string()) {
    wrong_type(*node, key, wanted);
    return;
  }
  const std::optional<Text> text = string_of(*node, key);
  if (!text) return;
  const std::optional<Milliseconds> value = parse_duration(text->value);
  if (!value) {
    reading_.error(text->where, fmt::format("'{}' must be {}, not {}", key, wanted, in_quotes(text->shown)));
  } else if (*value < min || *value > max) {
    reading_.error(text->where, fmt::format("'{}' must be {} to {}, not {}", key, duration_text(min),
                                            duration_text(max), in_quotes(text->shown)));
  } else {
    into = *value;
  }
}

bool TableReader::seconds(std::string_view key, Seconds min, Seconds max, Seconds& into) {
  Milliseconds value{-1};
  duration(key, min, max, value);
  if (value.count() < 0) return false;
  if (value % Seconds{1} != Milliseconds{0}) {
    reading_.error(where(key), fmt::format("'{}' must be whole seconds, not {}", key, duration_text(value)));
    return false;
  }
  into = std::chrono::duration_cast<Seconds>(value);
  return true;
}

void TableReader::size(std::string_view key, std::size_t min, std::size_t max, std::size_t& into) {
  const toml::node* node = find(key);
  if (node == nullptr) return;
  constexpr std::string_view wanted = R"(a size like "64MiB", "512KiB" or "1GB")";
  if (!node->is_string()) {
    wrong_type(*node, key, wanted);
    return;
  }
  const std::optional<Text> text = string_of(*node, key);
  if (!text) return;
  const std::optional<std::size_t> value = parse_size(text->value);
  if (!value) {
    reading_.error(text->where, fmt::format("'{}' must be {}, not {}", key, wanted, in_quotes(text->shown)));
  } else if (*value < min || *value > max) {
    reading_.error(text->where, fmt::format("'{}' must be {} to {}, not {}", key, size_text(min), size_text(max),
                                            in_quotes(text->shown)));
  } else {
    into = *value;
  }
}

std::filesystem::path TableReader::resolved(const Text& text) const {
  return text.value.empty() ? std::filesystem::path{} : (reading_.folder / text.value).lexically_normal();
}

std::filesystem::path TableReader::path(std::string_view key) {
  const std::optional<Text> text = this->text(key);
  return text ? resolved(*text) : std::filesystem::path{};
}

std::filesystem::path TableReader::file(std::string_view key, bool secret) {
  const std::optional<Text> text = this->text(key);
  if (!text || text->value.empty()) return {};
  std::filesystem::path file = resolved(*text);
  // Opened, not read: only opening tells what capabilities and ACLs allow.
  const Result<InputFile> opened = InputFile::open(file);
  if (!opened || opened->empty()) {
    // A secret may have been put where its file belongs: what came by ${ENV} is not repeated.
    const std::string shown = text->value == text->shown ? file.string() : text->shown;
    reading_.error(text->where, fmt::format("cannot read {} {}: {}", key, in_quotes(shown),
                                            opened ? "it is empty" : opened.error().text));
  } else if (secret && opened->readable_by_everyone()) {
    reading_.warning(text->where, fmt::format("{} {} can be read by everyone on this machine, mend it by: chmod o= {}",
                                              key, in_quotes(file.string()), file.string()));
  }
  return file;
}

Secret TableReader::secret(std::string_view key) {
  const std::string file_key = fmt::format("{}_file", key);
  const std::filesystem::path from_file = file(file_key, true);
  const toml::node* node = find(key);
  const auto* raw = node == nullptr ? nullptr : node->as_string();
  if (node != nullptr && raw == nullptr) wrong_type(*node, key, "a string in quotes");
  if (raw == nullptr || raw->get().empty()) return from_file.empty() ? Secret{} : Secret::of_file(from_file);

  const Position where = position_of(node->source());
  const std::string_view variable = lone_variable(raw->get());
  if (!from_file.empty()) {
    reading_.error(where, fmt::format("'{}' and '{}' stand both in {}, remove one", key, file_key, title_));
  } else if (variable.empty()) {
    reading_.error(where, fmt::format("'{0}' must not stand in the file itself: write it into a file of its own and "
                                      "name that by {1} = \"…\", or use {0} = \"${{VARIABLE}}\"",
                                      key, file_key));
  } else if (const std::optional<std::string> value = expand(raw->get(), where, reading_)) {
    if (value->empty()) {
      reading_.error(where, fmt::format("environment variable '{}' is empty", variable));
    } else if (value->find_first_of("\r\n") != std::string::npos) {
      reading_.error(where, fmt::format("environment variable '{}' holds more than one line", variable));
    }
    return Secret::of_text(*value);
  }
  return {};
}

std::optional<http::Tls> TableReader::tls(std::string_view key) {
  std::optional<TableReader> reader = table(key);
  if (!reader) return std::nullopt;
  http::Tls tls;
  tls.ca_file = reader->file("ca", false).string();
  tls.cert_file = reader->file("cert", false).string();
  tls.key_file = reader->file("key", true).string();
  reader->flag("verify", tls.verify);
  if (tls.cert_file.empty() != tls.key_file.empty()) {
    reading_.error(reader->where(), fmt::format("{} needs 'cert' and 'key' together", reader->title()));
  }
  reader->finish();
  return tls;
}

std::optional<TableReader> TableReader::table(std::string_view key) {
  const toml::node* node = find(key);
  if (node == nullptr) return std::nullopt;
  const std::string path = child_path(key);
  if (const toml::table* table = node->as_table()) {
    // [source.tls] of [[source]] 'racks': the name tells which of them.
    const std::size_t name = title_.find(" '");
    const std::string owner = name == std::string::npos ? "" : " of" + title_.substr(name);
    return TableReader(reading_, *table, path, fmt::format("[{}]{}", path, owner));
  }
  wrong_type(*node, key, fmt::format("a table, written as [{}]", path));
  return std::nullopt;
}

std::vector<TableReader> TableReader::tables(std::string_view key) {
  const toml::node* node = find(key);
  if (node == nullptr) return {};
  const std::string path = child_path(key);
  const std::string wanted = fmt::format("a list of tables, each written as [[{}]]", path);
  const toml::array* list = node->as_array();
  if (list == nullptr) {
    wrong_type(*node, key, wanted);
    return {};
  }
  std::vector<TableReader> all;
  for (const toml::node& item : *list) {
    if (const toml::table* table = item.as_table()) {
      all.emplace_back(reading_, *table, path, fmt::format("[[{}]]", path));
    } else {
      wrong_type(item, key, wanted);
    }
  }
  return all;
}

void TableReader::finish(const std::function<std::string(std::string_view key)>& explain) const {
  std::vector<std::string_view> candidates;
  for (const std::string& key : known_) {
    if (std::find(unfit_.begin(), unfit_.end(), key) == unfit_.end()) candidates.push_back(key);
  }
  for (const auto& [key, value] : table_) {
    if (std::find(known_.begin(), known_.end(), key.str()) != known_.end()) continue;
    std::string text = explain ? explain(key.str()) : std::string();
    if (text.empty())
      text = fmt::format("unknown key {} in {}{}", in_quotes(key.str()), title_, did_you_mean(key.str(), candidates));
    reading_.error(position_of(key.source()), std::move(text));
  }
}

}  // namespace gw::config
