#pragma once
// ClusterCockpit's own library, asked through the program that tests/servers/get cc-lib builds.

#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

/// Its answers to `questions`, in the program's mode `mode`; says so and gives nothing where the program is not there.
inline std::optional<std::vector<nlohmann::json>> ask_cc_lib(const std::string& mode,
                                                             const std::vector<nlohmann::json>& questions) {
  const char* const from_environment = std::getenv("CC_GATEWAY_SERVERS");
  const std::filesystem::path servers =
      from_environment != nullptr ? from_environment : CC_GATEWAY_SOURCE_DIR "/build/servers";
  const std::filesystem::path program = servers / "bin/cc_lib";
  if (!std::filesystem::exists(program)) {
    std::puts("skipped: needs Go >= 1.25 and then: tests/servers/get cc-lib");
    return std::nullopt;
  }
  const std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("cc_lib." + mode + "." + std::to_string(::getpid()));
  std::filesystem::create_directory(folder);
  std::ofstream out(folder / "questions");
  for (const nlohmann::json& question : questions) out << question.dump() << '\n';
  out.close();
  const std::string command = "'" + program.string() + "' " + mode + " <'" + (folder / "questions").string() + "' >'" +
                              (folder / "answers").string() + "'";
  const int status = std::system(command.c_str());
  std::vector<nlohmann::json> answers;
  std::ifstream in(folder / "answers");
  for (std::string line; std::getline(in, line);) answers.push_back(nlohmann::json::parse(line));
  std::filesystem::remove_all(folder);
  REQUIRE(status == 0);
  return answers;
}
