#include "gateway/config/secret.h"

#include <fmt/core.h>

#include <cstddef>
#include <utility>

#include "gateway/config/input_file.h"

namespace gw::config {
namespace {

/// No token or password is longer; a wrong file name must not fill the memory.
constexpr std::size_t secret_bytes_max = 64 << 10;

/// invalid: there is no secret in the file, or no usable one.
Result<std::string> read_secret(InputFile& file) {
  GW_TRY(std::string text, file.read(secret_bytes_max));
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  if (text.empty()) return invalid("it is empty");
  // It goes into a header of one line.
  if (text.find_first_of("\r\n") != std::string::npos) return invalid("it holds more than one line");
  return text;
}

}  // namespace

Secret Secret::of_text(std::string text) {
  Secret secret;
  secret.text_ = std::move(text);
  return secret;
}

Secret Secret::of_file(std::filesystem::path file) {
  Secret secret;
  secret.file_ = std::move(file);
  return secret;
}

Result<std::string> Secret::read() {
  if (file_.empty()) return text_;
  Result<InputFile> file = InputFile::open(file_);
  if (file && !last_.empty() && file->stamp() == stamp_) return last_;
  Result<std::string> secret = file ? read_secret(*file) : std::unexpected(file.error());
  if (!secret) {
    // While the file is being replaced it may be gone or empty for a moment: what was read last stands.
    if (!last_.empty()) return last_;
    return invalid(fmt::format("cannot read {}: {}", file_.string(), secret.error().text));
  }
  last_ = *std::move(secret);
  stamp_ = file->stamp();
  return last_;
}

}  // namespace gw::config
