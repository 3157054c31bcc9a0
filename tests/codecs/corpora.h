#pragma once
// Third-party test data. It is never copied into the project: tests that find none say so and pass.

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>

/// The folder `name` of the corpora; nothing where there are none. CC_GATEWAY_CORPORA names their place.
inline std::optional<std::filesystem::path> find_corpus(const std::string& name) {
  const char* const from_environment = std::getenv("CC_GATEWAY_CORPORA");
  const std::filesystem::path root =
      from_environment != nullptr ? from_environment : CC_GATEWAY_SOURCE_DIR "/../shared/corpora";
  if (!std::filesystem::is_directory(root / name)) return std::nullopt;
  return root / name;
}

inline std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}
