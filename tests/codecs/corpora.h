#pragma once
// Third-party test data. It is never copied into the project: ctest shows tests that find none as skipped.

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>

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

/// Bytes that a corpus' JSON cannot hold as text.
inline std::string from_base64(std::string_view text) {
  constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text.substr(0, text.find('='))) {
    bits = bits << 6 | static_cast<std::uint32_t>(alphabet.find(c));
    count += 6;
    if (count < 8) continue;
    count -= 8;
    out += static_cast<char>(bits >> count & 0xff);
  }
  return out;
}
