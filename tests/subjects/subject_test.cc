#include "subjects/subject.h"

#include <doctest/doctest.h>

#include <string>

using namespace subjects;

TEST_CASE("a token names what keeps it from being one") {
  const auto check = [](std::string_view token, std::string_view want) {
    CAPTURE(token);
    CHECK(token_problem(token) == want);
  };
  check("fritz", "");
  check("job_1-a$/\"", "");
  check(std::string(128, 'x'), "");
  check("", "is empty");
  check(std::string(129, 'x'), "is longer than 128 bytes");
  check("a.b", "holds '.'");
  check("*", "holds '*'");
  check("a*", "holds '*'");
  check(">", "holds '>'");
  check("a b", "holds a blank");
  check("a\tb", "holds a control character");
  check("x\r\nPUB evil 0", "holds a control character");
  check(std::string_view("a\0", 2), "holds a control character");
  check("a\x7f", "holds a control character");
  check("µ", "holds a byte over 0x7f");
}

TEST_CASE("a subject is tokens joined by dots, a pattern may hold wildcards") {
  const auto check = [](std::string_view text, std::string_view subject, std::string_view pattern) {
    CAPTURE(text);
    CHECK(subject_problem(text) == subject);
    CHECK(pattern_problem(text) == pattern);
  };
  check("fritz", "", "");
  check("site.a.fritz.metrics", "", "");
  check("", "is empty", "is empty");
  check(".", "holds an empty token", "holds an empty token");
  check(".a", "holds an empty token", "holds an empty token");
  check("a.", "holds an empty token", "holds an empty token");
  check("a..b", "holds an empty token", "holds an empty token");
  check("a b.c", "holds a blank", "holds a blank");
  check("a.b\n", "holds a control character", "holds a control character");
  check("a.\xc2\xb5", "holds a byte over 0x7f", "holds a byte over 0x7f");
  check("a.*", "holds '*'", "");
  check("*.*", "holds '*'", "");
  check("a.>", "holds '>'", "");
  check(">", "holds '>'", "");
  check(">.a", "holds '>'", "holds '>' before its last token");
  check("a.>.", "holds an empty token", "holds an empty token");
  check("a.b*", "holds '*'", "holds '*'");
  check("a.b>", "holds '>'", "holds '>'");
  check("a.**", "holds '*'", "holds '*'");
  check("a." + std::string(129, 'x'), "holds a token longer than 128 bytes", "holds a token longer than 128 bytes");
  std::string longest = std::string(127, 'x');
  for (int i = 0; i < 7; ++i) longest += "." + std::string(127, 'x');
  check(longest + "x", "", "");
  check(longest + "xx", "is longer than 1024 bytes", "is longer than 1024 bytes");
}

TEST_CASE("patterns overlap where a subject matches both") {
  const auto check = [](std::string_view one, std::string_view other, bool want) {
    CAPTURE(one);
    CAPTURE(other);
    CHECK(overlap(one, other) == want);
    CHECK(overlap(other, one) == want);
  };
  check("a.b", "a.b", true);
  check("a.b", "a.c", false);
  check("*.b", "a.b", true);
  check("*.b", "a.*", true);
  check("*.b", "a.c", false);
  check("a.>", "*.b", true);
  check("a.>", "a", false);
  check("a.*", "a.b.c", false);
  check(">", "a.*", true);
}

TEST_CASE("a pattern matches as nats-server matches it") {
  const auto check = [](std::string_view pattern, std::string_view subject, bool want) {
    CAPTURE(pattern);
    CAPTURE(subject);
    CHECK(matches(pattern, subject) == want);
  };
  check("a", "a", true);
  check("a", "b", false);
  check("a", "A", false);
  check("a.b", "a.b", true);
  check("a.b", "a", false);
  check("a", "a.b", false);
  check("a.b", "a.bc", false);
  check("*", "a", true);
  check("*", "a.b", false);
  check("a.*", "a.b", true);
  check("a.*", "a", false);
  check("a.*", "a.b.c", false);
  check("*.b", "a.b", true);
  check("a.*.c", "a.b.c", true);
  check("a.*.c", "a.b.d", false);
  check(">", "a", true);
  check(">", "a.b.c", true);
  check("a.>", "a.b", true);
  check("a.>", "a.b.c", true);
  check("a.>", "a", false);
  check("a.>", "b.c", false);
  check("*.>", "a.b", true);
  check("*.>", "a", false);
  check("a.b", "", false);
}

TEST_CASE("the tree of a cluster gives its subjects and patterns") {
  const Tree plain{"", "fritz"};
  CHECK(plain.metrics() == "fritz.metrics");
  CHECK(plain.events("job") == "fritz.events.job");
  CHECK(plain.log("ccgw") == "fritz.log.ccgw");
  CHECK(plain.control() == "fritz.control");
  CHECK(plain.pattern(Category::metrics) == "fritz.metrics");
  CHECK(plain.pattern(Category::events) == "fritz.events.>");
  CHECK(plain.pattern(Category::log) == "fritz.log.>");
  CHECK(plain.pattern(Category::control) == "fritz.control");

  const Tree prefixed{"site.a", "fritz"};
  CHECK(prefixed.metrics() == "site.a.fritz.metrics");
  CHECK(prefixed.log("ccgw") == "site.a.fritz.log.ccgw");
  CHECK(prefixed.pattern(Category::events) == "site.a.fritz.events.>");
}

TEST_CASE("every category of a cluster is matched by its own pattern and by no other") {
  const Tree tree{"site", "fritz"};
  const auto check = [&](const std::string& subject, Category want) {
    CAPTURE(subject);
    CHECK(subject_problem(subject).empty());
    for (const Category category : {Category::metrics, Category::events, Category::log, Category::control}) {
      CHECK(pattern_problem(tree.pattern(category)).empty());
      CHECK(matches(tree.pattern(category), subject) == (category == want));
    }
  };
  check(tree.metrics(), Category::metrics);
  check(tree.events("job"), Category::events);
  check(tree.log("ccms"), Category::log);
  check(tree.control(), Category::control);
}

TEST_CASE("the tree is described for people, one row a category") {
  std::string out;
  for (const TreeRow& row : describe({"site", "fritz"})) out += row.subject + " | " + row.content + "\n";
  CHECK(out ==
        "site.fritz.metrics | measurements: field value, timestamp in seconds, several lines a message\n"
        "site.fritz.events.<class> | events: field event (a string); class is job, slurm, …\n"
        "site.fritz.log.<component> | log messages: field log (a string); component is ccb, ccms, ccmc, ccem, ccnc, "
        "ccgw\n"
        "site.fritz.control | control messages: field control (a string), tag method = GET or PUT; answered by request "
        "and reply\n");
}

TEST_CASE("categories have their names of the specification") {
  CHECK(name(Category::metrics) == "metrics");
  CHECK(name(Category::events) == "events");
  CHECK(name(Category::log) == "log");
  CHECK(name(Category::control) == "control");
}
