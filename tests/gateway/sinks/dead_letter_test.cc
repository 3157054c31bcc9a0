#include "gateway/sinks/dead_letter.h"

#include <doctest/doctest.h>

#include "tests/gateway/sinks/fakes.h"

namespace {

const gw::WallTime now{gw::Seconds{1'700'000'000}};  // 2023-11-14T22:13:20Z

}  // namespace

TEST_CASE("refused lines stand under their reason, as line protocol that can be posted again") {
  const fakes::Folder folder;
  const std::filesystem::path file = folder / "state/ccms.lp";
  gw::DeadLetter letters(file, 10'000);
  CHECK(letters.file() == file);
  CHECK_FALSE(std::filesystem::exists(file));
  CHECK(letters.add("cpu_load,hostname=n1 value=x 1\n", "HTTP 400: bad\nvalue\x1b[1m", now));
  CHECK(letters.add("cpu_load,hostname=n2 value=y 1", "", now));
  CHECK(fakes::read(file) ==
        "# 2023-11-14T22:13:20Z HTTP 400: bad value [1m\ncpu_load,hostname=n1 value=x 1\n"
        "# 2023-11-14T22:13:20Z \ncpu_load,hostname=n2 value=y 1\n");
}

TEST_CASE("a dead-letter file that is full becomes the old one, and only one old one is kept") {
  const fakes::Folder folder;
  const std::filesystem::path file = folder / "ccms.lp";
  gw::DeadLetter letters(file, 60);  // two entries of 28 bytes
  const auto add = [&letters](std::string_view line) { CHECK(letters.add(line, "r", now)); };
  const auto entry = [](std::string line) { return "# 2023-11-14T22:13:20Z r\n" + std::move(line) + "\n"; };
  for (const std::string_view line : {"a1", "a2", "b1", "b2", "c1"}) add(line);
  CHECK(fakes::read(file) == entry("c1"));
  CHECK(fakes::read(folder / "ccms.lp.1") == entry("b1") + entry("b2"));
  // A new process goes on where the last one stopped.
  gw::DeadLetter again(file, 60);
  CHECK(again.add("c2", "r", now));
  CHECK(again.add("d1", "r", now));
  CHECK(fakes::read(file) == entry("d1"));
  CHECK(fakes::read(folder / "ccms.lp.1") == entry("c1") + entry("c2"));
}

TEST_CASE("a dead-letter file that somebody took away is made anew") {
  const fakes::Folder folder;
  const std::filesystem::path file = folder / "ccms.lp";
  gw::DeadLetter letters(file, 1'000);
  CHECK(letters.add("a", "r", now));
  std::filesystem::rename(file, folder / "taken.lp");
  CHECK(letters.add("b", "r", now));
  CHECK(fakes::read(file) == "# 2023-11-14T22:13:20Z r\nb\n");
}

TEST_CASE("a line that cannot be kept is told to the caller with the reason") {
  const auto check = [](const std::filesystem::path& file, gw::Error::Kind kind, std::string_view want) {
    gw::DeadLetter letters(file, 40);
    const gw::Result<void> result =
        letters.add(kind == gw::Error::Kind::rejected ? "a line that is too long" : "a", "r", now);
    REQUIRE_FALSE(result);
    CHECK(result.error().kind == kind);
    CHECK(result.error().text == want);
  };
  const fakes::Folder folder;
  fakes::write(folder / "file", "");
  check("/dev/full", gw::Error::Kind::unavailable, "cannot write /dev/full: disk full");
  check(folder / "file/ccms.lp", gw::Error::Kind::unavailable,
        "cannot open " + (folder / "file/ccms.lp").string() + ": Not a directory");
  check(folder / "ccms.lp", gw::Error::Kind::rejected,
        "the line is larger than " + (folder / "ccms.lp").string() + " may be");
}

TEST_CASE("a dead-letter file that cannot be renamed stays as it is") {
  const fakes::Folder folder;
  const std::filesystem::path file = folder / "ccms.lp";
  std::filesystem::create_directories(folder / "ccms.lp.1/full");
  gw::DeadLetter letters(file, 30);
  CHECK(letters.add("a", "r", now));
  const gw::Result<void> result = letters.add("b", "r", now);
  REQUIRE_FALSE(result);
  CHECK(result.error().text == "cannot rename " + file.string() + ": Is a directory");
  CHECK(fakes::read(file) == "# 2023-11-14T22:13:20Z r\na\n");
}
