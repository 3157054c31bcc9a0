#pragma once
// Third-party test data. It is never copied into the project: ctest shows tests that find none as skipped.

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>

/// The folder `name` of the corpora; says so and gives nothing where there is none. CC_GATEWAY_CORPORA names their
/// place.
inline std::optional<std::filesystem::path> find_corpus(const std::string& name) {
  const char* const from_environment = std::getenv("CC_GATEWAY_CORPORA");
  const std::filesystem::path root =
      from_environment != nullptr ? from_environment : CC_GATEWAY_SOURCE_DIR "/../shared/corpora";
  if (std::filesystem::is_directory(root / name)) return root / name;
  std::puts("skipped: corpora not found");
  return std::nullopt;
}

inline std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}
