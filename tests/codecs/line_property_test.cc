// decode(encode(m)) == m, and encode(decode(text)) is stable.

#include <doctest/doctest.h>

#include <random>
#include <string>
#include <vector>

#include "codecs/line_protocol.h"
#include "tests/codecs/line_messages.h"
#include "tests/codecs/line_tools.h"

using namespace codecs;
using namespace line_tools;

namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::size_t messages_in_all = 100'000;
#else
constexpr std::size_t messages_in_all = 1'000'000;
#endif
constexpr int messages_a_body = 100;

struct Choose {
  std::minstd_rand random;
  std::size_t operator()(std::size_t below) { return random() % below; }
};

/// The messages of a body, all of which it carries.
void check_body(const std::string& body, const std::vector<Message>& messages, Dialect dialect, Cpu cpu) {
  LineDecoder decoder({.dialect = dialect}, cpu);
  decoder.reset(body);
  std::string again;
  for (const Message& message : messages) {
    REQUIRE(decoder.next() == Step::record);
    const auto read = to_message(decoder.line(), dialect, Precision::nanoseconds);
    REQUIRE(read);
    if (*read != message) CHECK(decoder.line().text == "");  // shows the line
    REQUIRE(append_message(again, *read, dialect));
  }
  CHECK(decoder.next() == Step::end);
  CHECK((again == body));  // which tells -0 from 0 too
}

void check_messages(Dialect dialect) {
  Choose choose{std::minstd_rand(dialect == Dialect::influxdb_1 ? 1 : 2)};
  std::size_t written = 0;
  while (written < messages_in_all) {
    std::string body;
    std::vector<Message> messages;
    for (int j = 0; j < messages_a_body; ++j) {
      Message message = line_messages::make_message(choose);
      const bool appended = append_message(body, message, dialect).has_value();
      REQUIRE(appended == line_messages::can_be_written(message, dialect));
      if (appended) messages.push_back(std::move(message));
    }
    written += messages.size();
    for (const Cpu cpu : cpus()) check_body(body, messages, dialect, cpu);
  }
}

}  // namespace

TEST_CASE("a million messages come back as they were written, in line-protocol v2") {
  check_messages(Dialect::line_protocol_v2);
}

TEST_CASE("a million messages come back as they were written, in InfluxDB 1.x") { check_messages(Dialect::influxdb_1); }
