#include "codecs/media_type.h"

#include <doctest/doctest.h>

#include <string>

using namespace codecs;

namespace {

/// "name=<value> " a parameter, and what the whole is.
std::string dump(const std::string& text) {
  const std::string copy = text;  // so that reading past its end is found
  MediaType type(copy);
  std::string out;
  while (type.next()) out += std::string(type.name()) + "=<" + std::string(type.value()) + "> ";
  CHECK(!type.next());
  return out + (type.valid() ? "valid" : "broken");
}

}  // namespace

TEST_CASE("a media type is read with its parameters") {
  const auto check = [](const std::string& text, std::string_view want) {
    CAPTURE(text);
    CHECK(dump(text) == want);
  };
  check("text/plain", "valid");
  check(" \ttext/plain\t ", "valid");
  check("a/b;c=d", "c=<d> valid");
  check("a/b ;\tc=d ; E=F", "c=<d> E=<F> valid");
  check("a/b;", "valid");
  check("a/b; ;;c=d;", "c=<d> valid");
  check("a/b;c=\"d e;f=g\";h=i", "c=<d e;f=g> h=<i> valid");
  check("a/b;c=\"\"", "c=<> valid");
  check("a/b;c=\"d\\\"e\\\\f\\g\"", "c=<d\"e\\fg> valid");
  check("a/b;c=\"\\d\";e=\"f\"", "c=<d> e=<f> valid");
  check("a/b;c=d;c=e", "c=<d> c=<e> valid");
}

TEST_CASE("what breaks the grammar of a media type is no media type") {
  for (const char* const text :
       {"", " ", "text", "text/", "/plain", "text /plain", "a/b c=d", "a/b, c/d", "a/b;c", "a/b;=d",
        "a/b;c=", "a/b;c =d", "a/b;c= d", "a/b;c=\"", "a/b;c=\"d", "a/b;c=\"d\\", "a/b;c=\"d\\\"", "a/b;\n"}) {
    CAPTURE(text);
    CHECK(dump(text) == "broken");
  }
  CHECK(dump("a/b;c=d;e") == "c=<d> broken");
  CHECK(dump("a/b;c=d/e") == "c=<d> broken");
  CHECK(dump("a/b;c=\"d\"e") == "c=<d> broken");
}

TEST_CASE("types are the same in any case") {
  CHECK(MediaType("Text/PLAIN;x=y").is("text/plain"));
  CHECK(!MediaType("text/plain2").is("text/plain"));
  CHECK(!MediaType("text/").is("text/"));
  CHECK(same_word("aZ[1", "Az[1"));
  CHECK(!same_word("a[", "a{"));
  CHECK(!same_word("a", "ab"));
}
