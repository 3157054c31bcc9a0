#pragma once
// The messages of corpora/expr-lang.

#include <cstdint>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/router/message.h"
#include "tests/codecs/corpora.h"

/// A message of the corpus, with the texts that its view needs.
struct CorpusMessage {
  nlohmann::json data;
  gw::router::MessageView view;

  explicit CorpusMessage(nlohmann::json from) : data(std::move(from)) {
    view.name = data["name"].get_ref<const std::string&>();
    view.timestamp_s = data["timestamp"];
    const auto texts = [](const nlohmann::json& object, gw::expression::Map& into) {
      for (const auto& [key, value] : object.items())
        into.emplace_back(key, gw::expression::Value::of(std::string_view(value.get_ref<const std::string&>())));
    };
    texts(data["tags"], view.tags);
    texts(data["meta"], view.meta);
    for (const auto& [key, field] : data["fields"].items()) view.fields.emplace_back(key, value_of(field));
  }
  CorpusMessage(const CorpusMessage&) = delete;
  CorpusMessage& operator=(const CorpusMessage&) = delete;

  static gw::expression::Value value_of(const nlohmann::json& field) {
    const nlohmann::json& value = field["value"];
    const std::string type = field["type"];
    if (type == "float") return gw::expression::Value::of(value.get<double>());
    if (type == "bool") return gw::expression::Value::of(value.get<bool>());
    if (type == "string") return gw::expression::Value::of(std::string_view(value.get_ref<const std::string&>()));
    return gw::expression::Value::of(value.get<std::int64_t>());
  }
};

/// cc-conditions.jsonl: the messages by name, and what is recorded of each condition.
struct CorpusConditions {
  std::map<std::string, CorpusMessage> messages;
  std::vector<nlohmann::json> conditions;
};
inline CorpusConditions read_conditions(const std::filesystem::path& folder) {
  CorpusConditions corpus;
  std::istringstream lines(read_file(folder / "cc-conditions.jsonl"));
  std::string line;
  std::getline(lines, line);
  const nlohmann::json first = nlohmann::json::parse(line);
  for (const auto& [name, data] : first["messages"].items()) corpus.messages.try_emplace(name, data);
  while (std::getline(lines, line)) corpus.conditions.push_back(nlohmann::json::parse(line));
  return corpus;
}
