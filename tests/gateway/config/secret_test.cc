#include "gateway/config/secret.h"

#include <doctest/doctest.h>
#include <fmt/core.h>

#include <filesystem>
#include <string>
#include <string_view>

#include "tests/gateway/config/folder.h"

using config_test::Folder;
using gw::config::Secret;

TEST_CASE("a secret is its text, or the first line of its file") {
  const Folder folder;
  const auto check = [&](std::string_view content, std::string_view want) {
    CAPTURE(content);
    Secret secret = Secret::of_file(folder.file("secret", content));
    CHECK(secret.read().value() == want);
  };
  check("hunter2", "hunter2");
  check("hunter2\n", "hunter2");
  check("hunter2\r\n", "hunter2");
  check("hunter2\n\n", "hunter2");
  check(" a b ", " a b ");
  CHECK(Secret::of_text("hunter2").read().value() == "hunter2");
  CHECK(Secret().read().value().empty());
}

TEST_CASE("a secret knows whether it is there") {
  CHECK(Secret().empty());
  CHECK_FALSE(Secret::of_text("x").empty());
  CHECK_FALSE(Secret::of_file("x").empty());
  CHECK(Secret::of_file("x").file() == "x");
  CHECK(Secret::of_text("x") == Secret::of_text("x"));
  CHECK_FALSE(Secret::of_text("x") == Secret::of_text("y"));
  CHECK_FALSE(Secret::of_text("x") == Secret::of_file("x"));
}

TEST_CASE("an unusable file is told with its reason") {
  const Folder folder;
  const auto check = [](const std::string& file, std::string_view why) {
    CAPTURE(file);
    const auto secret = Secret::of_file(file).read();
    REQUIRE_FALSE(secret);
    CHECK(secret.error().kind == gw::Error::Kind::invalid);
    CHECK(secret.error().text == fmt::format("cannot read {}: {}", file, why));
  };
  check((folder.path() / "none").string(), "No such file or directory");
  check(folder.path().string(), "it is a directory");
  check(folder.file("empty", ""), "it is empty");
  check(folder.file("blank", "\r\n\n"), "it is empty");
  check(folder.file("lines", "a\nb\n"), "it holds more than one line");
  check(folder.file("large", std::string(65'537, 'x')), "it has more than 64KiB");
  CHECK(Secret::of_file(folder.file("largest", std::string(65'536, 'x'))).read()->size() == 65'536);
}

TEST_CASE("a changed file is read again, in place or replaced") {
  const Folder folder;
  const std::string file = folder.file("secret", "one");
  Secret secret = Secret::of_file(file);
  CHECK(secret.read().value() == "one");
  folder.file("secret", "three");  // another size
  CHECK(secret.read().value() == "three");
  std::filesystem::rename(folder.file("new", "other"), file);  // the same size, another inode
  CHECK(secret.read().value() == "other");
}

TEST_CASE("a file that is gone or broken for a moment keeps the last good secret") {
  const Folder folder;
  const std::string file = folder.file("secret", "one");
  Secret secret = Secret::of_file(file);
  CHECK(secret.read().value() == "one");
  std::filesystem::remove(file);
  CHECK(secret.read().value() == "one");
  folder.file("secret", "");
  CHECK(secret.read().value() == "one");
  folder.file("secret", "a\nb");
  CHECK(secret.read().value() == "one");
  folder.file("secret", "two");
  CHECK(secret.read().value() == "two");
}
