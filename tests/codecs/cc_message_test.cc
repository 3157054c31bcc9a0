#include "codecs/cc_message.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <string>

#include "tests/codecs/line_messages.h"

using namespace codecs;

namespace {

/// The category of a line and what identifies it, or the reason against it.
std::string read(std::string_view text) {
  LineDecoder decoder({.lenient = true});
  decoder.reset(text);
  const Step step = decoder.next();
  if (step != Step::record) return "no line";
  const CcTags tags = cc_tags(decoder.line());
  const auto category = classify(decoder.line(), tags);
  // The same rules for a message of its own.
  const auto message = to_message(decoder.line(), Dialect::line_protocol_v2);
  REQUIRE(message);
  CHECK(classify(*message) == category);
  if (!category) return "error: " + std::string(category.error());
  std::string out(name(*category));
  for (const std::string_view part :
       {tags.cluster, tags.hostname, tags.type, tags.type_id, tags.stype, tags.stype_id, tags.method}) {
    out += " " + (part.empty() ? "-" : std::string(part));
  }
  return out + (tags.host_for_hostname ? " (host)" : "");
}

/// The line decoded and written again, or the reason against it.
std::string rewrite(std::string_view text) {
  LineDecoder decoder({.lenient = true});
  decoder.reset(text);
  REQUIRE(decoder.next() == Step::record);
  const auto message = to_message(decoder.line(), Dialect::line_protocol_v2);
  REQUIRE(message);
  std::string out = "kept";
  const auto appended = append_cc_message(out, *message);
  if (!appended) {
    CHECK(out == "kept");
    return "error: " + std::string(appended.error());
  }
  return out.substr(4);
}

}  // namespace

TEST_CASE("the category of a message shows in its field") {
  const auto check = [](std::string_view in, std::string_view want) {
    CAPTURE(in);
    CHECK(read(in) == want);
  };
  check("cpu_load,hostname=n1,type=node value=1.5 1", "metric - n1 node - - - -");
  check("x,cluster=c,hostname=n1,type=hwthread,type-id=7 value=3i", "metric c n1 hwthread 7 - - -");
  check("x,hostname=n1,type=socket,type-id=0 value=3u", "metric - n1 socket 0 - - -");
  check("du,hostname=n1,type=node,stype=filesystem,stype-id=/home value=1", "metric - n1 node - filesystem /home -");
  check("job,function=start_job,hostname=m,type=node,type-id=0 event=\"{}\" 1", "event - m node 0 - - -");
  check("ccb,hostname=m,type=node,level=INFO log=\"started\"", "log - m node - - - -");
  check("rapl.limit,hostname=m,type=socket,type-id=0,method=GET control=\"\"", "control - m socket 0 - - GET");
  check("rapl.limit,hostname=m,type=node,method=PUT control=\"150\"", "control - m node - - - PUT");
  // value comes before event, event before log, log before control
  check("x,hostname=m,type=node log=\"l\",event=\"e\",value=1", "metric - m node - - - -");
  check("x,hostname=m,type=node control=\"c\",log=\"l\",event=\"e\"", "event - m node - - - -");
  check("x,hostname=m,type=node control=\"c\",log=\"l\"", "log - m node - - - -");
  check("x,hostname=m,type=node value=1,other=\"text\"", "metric - m node - - - -");
}

TEST_CASE("each type of the specification is known, with its id where it is not node") {
  for (const char* const type : {"socket", "die", "memoryDomain", "llc", "core", "hwthread", "accelerator"}) {
    CAPTURE(type);
    CHECK(is_cc_type(type));
    CHECK(read(std::string("m,hostname=a,type=") + type + ",type-id=3 value=1").starts_with("metric"));
    CHECK(read(std::string("m,hostname=a,type=") + type + " value=1") ==
          "error: no tag 'type-id', which every type but node needs");
  }
  CHECK(is_cc_type("node"));
  CHECK(!is_cc_type("Node"));
  CHECK(!is_cc_type(""));
}

TEST_CASE("a line that is no message of ClusterCockpit says why") {
  const auto check = [](std::string_view in, std::string_view want) {
    CAPTURE(in);
    CHECK(read(in) == "error: " + std::string(want));
  };
  check("m,type=node value=1", "no tag 'hostname'");
  check("m,hostname=a value=1", "no tag 'type'");
  check("m,hostname=a,type=gpu value=1", "unknown type");
  check("m,hostname=a,type=core value=1", "no tag 'type-id', which every type but node needs");
  check("m,hostname=a,type=node usage=1", "no field value, event, log or control");
  check("m,hostname=a,type=node value=\"1\"", "field 'value' is no number");
  check("m,hostname=a,type=node value=true", "field 'value' is no number");
  check("m,hostname=a,type=node event=1", "field 'event' is no string");
  check("m,hostname=a,type=node log=t", "field 'log' is no string");
  check("m,hostname=a,type=node control=1", "field 'control' is no string");
  check("m,hostname=a,type=node control=\"1\"", "a control message needs tag method=GET or method=PUT");
  check("m,hostname=a,type=node,method=get control=\"1\"", "a control message needs tag method=GET or method=PUT");
}

TEST_CASE("what ClusterCockpit's own components write wrongly is understood") {
  CHECK(read("m,host=a,type=node value=1") == "metric - a node - - - - (host)");
  CHECK(read("m,host=a,hostname=b,type=node value=1") == "metric - b node - - - -");
  CHECK(read("m,hostname=a,type=node,type-id= value=1") == "metric - a node - - - -");
  CHECK(read("m, value=1") == "error: no tag 'hostname'");
}

TEST_CASE("a message is written with its tags in order and its time as its readers need it") {
  const auto check = [](std::string_view in, std::string_view want) {
    CAPTURE(in);
    CHECK(rewrite(in) == want);
  };
  check("m,type=node,hostname=a,cluster=c value=1.5 1700000000999",
        "m,cluster=c,hostname=a,type=node value=1.5 1700000000\n");
  check("m,type=node,host=a value=1i 1700000000", "m,hostname=a,type=node value=1i 1700000000\n");
  check("job,type=node,hostname=a event=\"{\\\"a\\\":1}\" 1700000000",
        "job,hostname=a,type=node event=\"{\\\"a\\\":1}\" 1700000000000000000\n");
  check("c,type=node,hostname=a log=\"x\" 1700000000000000001",
        "c,hostname=a,type=node log=\"x\" 1700000000000000001\n");
  check("m,type=node,hostname=a value=1", "m,hostname=a,type=node value=1\n");
  check("m,type=gpu,hostname=a value=1", "error: unknown type");
}

TEST_CASE("a message that line protocol cannot carry is not written") {
  const auto check = [](const Message& message) {
    std::string out = "kept";
    CHECK(!append_cc_message(out, message));
    CHECK(out == "kept");
  };
  check({"m", {{"hostname", "a\n"}, {"type", "node"}}, {{"value", 1.0}}, 0});
  check({"", {{"hostname", "a"}, {"type", "node"}}, {{"value", 1.0}}, 0});
  check({"m", {{"hostname", "a\\"}, {"type", "node"}}, {{"value", 1.0}}, 0});
  check({"m", {{"hostname", "a"}, {"type", "node"}}, {{"log", "\xff"}}, 0});
}

namespace {

struct Choose {
  std::minstd_rand random;
  std::size_t operator()(std::size_t below) { return random() % below; }
  template <std::size_t size>
  std::string_view one_of(const std::string_view (&texts)[size]) {
    return texts[(*this)(size)];
  }
};

/// Mostly a message by all the rules.
Message make_cc_message(Choose& choose) {
  static constexpr std::string_view types[] = {"node", "socket", "hwthread",    "core",
                                               "llc",  "die",    "accelerator", "rack"};
  static constexpr std::string_view texts[] = {"event", "log", "control"};
  static constexpr std::string_view methods[] = {"GET", "PUT", "POST"};
  Message message = line_messages::make_message(choose);
  message.tags.clear();
  message.fields.clear();
  const auto add = [&message](std::string_view key, std::string_view value) {
    message.tags.push_back({std::string(key), std::string(value)});
  };
  if (choose(20) != 0) add(choose(4) == 0 ? "host" : "hostname", "f0201");
  if (choose(20) != 0) add("type", choose.one_of(types));
  if (choose(3) != 0) add("type-id", "7");
  if (choose(2) == 0) add("cluster", "fritz");
  if (choose(2) == 0) add("rack", line_messages::make_text(choose, 4));
  if (choose(2) == 0) {
    message.fields.push_back({"value", line_messages::make_value(choose)});
  } else {
    message.fields.push_back({std::string(choose.one_of(texts)), line_messages::make_text(choose, 8)});
    if (choose(4) != 0) add("method", choose.one_of(methods));
  }
  return message;
}

}  // namespace

TEST_CASE("a hundred thousand messages of ClusterCockpit come back as they were written") {
  Choose choose{std::minstd_rand(3)};
  LineDecoder decoder;
  for (std::size_t written = 0; written < 100'000;) {
    Message message = make_cc_message(choose);
    const auto category = classify(message);
    std::string out;
    const auto appended = append_cc_message(out, message, Precision::nanoseconds);
    REQUIRE(appended.has_value() ==
            (category.has_value() && line_messages::can_be_written(message, Dialect::line_protocol_v2)));
    if (!appended) {
      REQUIRE(out.empty());
      continue;
    }
    ++written;
    decoder.reset(out);
    REQUIRE(decoder.next() == Step::record);
    REQUIRE(classify(decoder.line(), cc_tags(decoder.line())) == category);
    const auto read = to_message(decoder.line(), Dialect::line_protocol_v2, Precision::nanoseconds);
    name_host(message);
    std::ranges::sort(message.tags, {}, &Message::Tag::key);
    REQUIRE((read && *read == message));
    REQUIRE(decoder.next() == Step::end);
  }
}
