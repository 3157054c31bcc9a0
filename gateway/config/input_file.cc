#include "gateway/config/input_file.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include "gateway/config/units.h"

namespace gw::config {
namespace {

std::unexpected<Error> last_error() { return invalid(std::generic_category().message(errno)); }

}  // namespace

Result<InputFile> InputFile::open(const std::filesystem::path& file, Pipes pipes) {
  // O_NONBLOCK: a pipe without writer must not stop the program before it is refused.
  const int waits = pipes == Pipes::awaited ? 0 : O_NONBLOCK;
  InputFile opened(::open(file.c_str(), O_RDONLY | O_CLOEXEC | waits));
  if (opened.descriptor_ < 0) return last_error();
  struct stat status{};
  if (::fstat(opened.descriptor_, &status) != 0) return last_error();
  if (S_ISDIR(status.st_mode)) return invalid("it is a directory");
  if (pipes == Pipes::refused && S_ISFIFO(status.st_mode))
    return invalid("it is a pipe, which can be read only once: write what comes from it to a file");
  opened.readable_by_everyone_ = (status.st_mode & S_IROTH) != 0;
  opened.empty_ = S_ISREG(status.st_mode) && status.st_size == 0;
  opened.stamp_ = fmt::format("{}:{}:{}:{}.{}", status.st_dev, status.st_ino, status.st_size, status.st_mtim.tv_sec,
                              status.st_mtim.tv_nsec);
  return opened;
}

InputFile::InputFile(InputFile&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      readable_by_everyone_(other.readable_by_everyone_),
      empty_(other.empty_),
      stamp_(std::move(other.stamp_)) {}

InputFile::~InputFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Result<std::string> InputFile::read(std::size_t bytes_max) {
  std::string text;
  std::array<char, 16384> block{};
  for (;;) {
    const ssize_t n = ::read(descriptor_, block.data(), block.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return last_error();
    if (n == 0) return text;
    text.append(block.data(), static_cast<std::size_t>(n));
    if (text.size() > bytes_max) return invalid(fmt::format("it has more than {}", size_text(bytes_max)));
  }
}

}  // namespace gw::config
