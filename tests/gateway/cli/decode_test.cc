#include "gateway/cli/decode.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "codecs/gzip.h"
#include "gateway/cli/formats/format.h"
#include "tests/gateway/cli/ran.h"

using namespace gw::cli;
using cli_test::Ran;
using cli_test::Words;

namespace {

Ran decoded(const Words& words, const std::string& body) { return cli_test::run(decode, words, body); }
Ran encoded(const Words& words, const std::string& lines) { return cli_test::run(encode, words, lines); }

const std::string cpu =
    R"({"name":"cpu","tags":{"host":"a"},"fields":{"value":{"float":1.5}},"time":1722945600000000000})";

}  // namespace

TEST_CASE("decode prints a message a line, and tells bad lines beside it") {
  const Ran good = decoded({"--format", "line_protocol"}, "cpu,host=a value=1.5 1722945600\n");
  CHECK(good.code == 0);
  CHECK(good.out == cpu + "\n");
  CHECK(good.err.empty());

  const Ran mixed = decoded({"--format=line-protocol"}, "cpu,host=a value=1.5 1722945600\ncpu,host= value=1\nn v=1i\n");
  CHECK(mixed.code == 1);
  CHECK(mixed.out == cpu + "\n" + R"({"name":"n","tags":{},"fields":{"v":{"int":1}},"time":null})" + "\n");
  CHECK(mixed.err == "2:10: empty tag value\n");

  CHECK(decoded({"--format", "line_protocol"}, "").code == 0);
}

TEST_CASE("decode reads times in the precision that is given") {
  const auto time = [](std::string_view precision) {
    const Ran ran = decoded({"--format", "line_protocol", "--precision", precision}, "m v=1 1722945600");
    return ran.out.substr(ran.out.find("\"time\":"));
  };
  CHECK(time("s") == "\"time\":1722945600000000000}\n");
  CHECK(time("ms") == "\"time\":1722945600000000}\n");
  CHECK(time("us") == "\"time\":1722945600000}\n");
  CHECK(time("ns") == "\"time\":1722945600}\n");
  const Ran far = decoded({"--format", "line_protocol", "--precision", "s"}, "m v=1 9223372037\nm v=1 1\n");
  CHECK(far.code == 1);
  CHECK(far.err == "1:7: timestamp out of range\n");
  CHECK(far.out == R"({"name":"m","tags":{},"fields":{"v":{"float":1.0}},"time":1000000000})"
                   "\n");
}

TEST_CASE("decode unpacks gzip by itself, encode packs when told") {
  const std::string line = "cpu,host=a value=1.5 1722945600000000000\n";
  CHECK(decoded({"--format", "line_protocol"}, codecs::gzip(line)).out == cpu + "\n");
  CHECK(decoded({"--format", "line_protocol", "--compression", "gzip"}, codecs::gzip(line)).out == cpu + "\n");
  const Ran plain = decoded({"--format", "line_protocol", "--compression", "gzip"}, line);
  CHECK(plain.code == 1);
  CHECK(plain.err == "1:1: not gzip\n");
  CHECK(decoded({"--format", "line_protocol", "--compression", "none"}, codecs::gzip(line)).code == 1);
  const Ran packed = encoded({"--format", "line_protocol", "--compression", "gzip"}, cpu);
  CHECK(codecs::gunzip(packed.out, 1000).value() == line);
}

TEST_CASE("a format is known by the name of its server too, and by what its name begins with") {
  CHECK(decoded({"--format", "lp"}, "cpu,host=a value=1.5 1722945600\n").out == cpu + "\n");
  CHECK(decoded({"--format", "influxdb2"}, "").code == 0);
  const Ran near = decoded({"--format", "prom"}, "");
  CHECK(near.code == 2);
  CHECK(near.err == "cc-gateway decode: unknown format 'prom', did you mean 'prometheus_json'?\n");
}

TEST_CASE("decode says what it does not unpack, and where a file is to be given") {
  const Ran zstd = decoded({"--format", "text"}, "\x28\xb5\x2f\xfd...");
  CHECK(zstd.code == 1);
  CHECK(zstd.err == "1:1: zstd, which is not read: unpack it before\n");
  const Ran file = decoded({"--format", "text", "page.txt"}, "");
  CHECK(file.code == 2);
  CHECK(file.err ==
        "cc-gateway decode: unexpected argument 'page.txt'; the input comes from standard input, for example: <FILE\n");
}

TEST_CASE("a terminal is not steered by what a body says") {
  const Ran ran = decoded({"--format", "influxql_json"}, R"({"error":"\u001b[31mred"})");
  CHECK(ran.code == 1);
  CHECK(ran.err.find('\x1b') == std::string::npos);
  CHECK(ran.err.find("\\x1b[31mred") != std::string::npos);
  const Ran noted = decoded({"--format", "prometheus_json"},
                            R"({"status":"success","data":{"resultType":"vector","result":[]},"infos":["\u001b[2J"]})");
  CHECK(noted.err == "note: info: \\x1b[2J\n");
  // C1 controls, as characters and as bytes, are commands too.
  const Ran c1 = decoded({"--format", "influxql_json"}, "{\"error\":\"a\u009b31mµ\"}");
  CHECK(c1.err.ends_with("a\\xc2\\x9b31mµ\n"));
  CHECK(decoded({"--format", "lp"}, "m s=\"a\u009b\x7fµ\" 1").out.contains(R"("a\u009b\u007fµ")"));
  CHECK(
      encoded({"--format", "line_protocol"}, R"({"name":"m","\u001b[2J":1})").err.starts_with("1: unknown key '\\x1b"));
}

TEST_CASE("decode tells what a message of ClusterCockpit has a little wrong") {
  const auto notes = [](const std::string& body) {
    const std::string err = decoded({"--format", "clustercockpit"}, body).err;
    return err.substr(std::min(err.find("note: "), err.size()));
  };
  CHECK(notes("a,hostname=n,type=node value=1\n").empty());
  CHECK(notes("a, value=1\n") == "note: 1 line has a comma but no tag behind its name\n");
  CHECK(notes("a, value=1\na, value=1\n") == "note: 2 lines have a comma but no tag behind their name\n");
  CHECK(notes("a,hostname=n,type=node,type-id= value=1\n") == "note: 1 tag without a value is left out\n");
  CHECK(notes("a,hostname=n,type=node,x=,y= value=1\n") == "note: 2 tags without a value are left out\n");
  CHECK(notes("a,host=n,type=node value=1\n") == "note: 1 line has the tag 'host' for 'hostname'\n");
  CHECK(notes("a,host=n,type=node value=1\nb,host=n,type=node value=1\n") ==
        "note: 2 lines have the tag 'host' for 'hostname'\n");
}

TEST_CASE("decode says so when a body that comes in snappy is none") {
  const Ran cut = decoded({"--format", "remote_write"}, std::string("\x20\x08xyz", 5));
  CHECK(cut.code == 1);
  CHECK(cut.err.find("\nnote: read as it is, because as snappy: snappy: ") != std::string::npos);
}

TEST_CASE("encode is the inverse of decode") {
  const Ran back = encoded({"--format", "line_protocol"}, cpu + "\n");
  CHECK(back.code == 0);
  CHECK(back.out == "cpu,host=a value=1.5 1722945600000000000\n");
  CHECK(encoded({"--format", "line_protocol", "--precision", "s"}, cpu).out == "cpu,host=a value=1.5 1722945600\n");
}

TEST_CASE("encode rounds times down to the precision, which it names") {
  const std::string late =
      R"({"name":"m","tags":{"hostname":"n","type":"node"},"fields":{"value":{"float":1.5}},"time":1999999999})";
  const auto time = [&](const Words& words) {
    const Ran ran = encoded(words, late);
    return ran.out.substr(ran.out.rfind(' ') + 1);
  };
  CHECK(time({"--format", "line_protocol"}) == "1999999999\n");
  CHECK(time({"--format", "line_protocol", "--precision", "ms"}) == "1999\n");
  CHECK(time({"--format", "clustercockpit"}) == "1\n");
  CHECK(time({"--format", "clustercockpit", "--precision", "ns"}) == "1999999999\n");
  const std::string help = encoded({"--help"}, "").out;
  CHECK(help.find("rounded down") != std::string::npos);
  CHECK(help.find("default: ns; clustercockpit: s in metrics") != std::string::npos);
}

TEST_CASE("encode leaves out what cannot be written and says why") {
  const Ran ran = encoded({"--format", "line_protocol"},
                          "nonsense\n\n" + cpu + "\n" + R"({"name":"m","fields":{"v":{"float":"NaN"}}})" + "\n");
  CHECK(ran.code == 1);
  CHECK(ran.out == "cpu,host=a value=1.5 1722945600000000000\n");
  CHECK(ran.err.starts_with("1: parse error at line 1, column "));
}

TEST_CASE("decode reads answers of Prometheus, and tells what they say beside their samples") {
  const auto decode_json = [](const std::string& body) { return decoded({"--format", "prometheus_json"}, body); };
  const auto answer = [](std::string_view type, const std::string& result, const std::string& more = "") {
    return R"({"status":"success","data":{"resultType":")" + std::string(type) + R"(","result":)" + result + "}" +
           more + "}";
  };
  const auto gives = [&](const std::string& body, const std::string& out, const std::string& err = "", int code = 0) {
    CAPTURE(body);
    const Ran ran = decode_json(body);
    CHECK(ran.out == out);
    CHECK(ran.err == err);
    CHECK(ran.code == code);
  };
  const std::string up = R"({"name":"up","tags":{"job":"n"},"fields":{"value":{"float":1.0}},"time":1500000000})"
                         "\n";
  gives(answer("vector", R"([{"metric":{"__name__":"up","job":"n"},"value":[1.5,"1"]}])"), up);
  gives(answer("matrix", R"([{"metric":{"__name__":"up","job":"n"},"values":[[1.5,"1"],[2,"NaN"],[3,"-Inf"]]}])"),
        up + R"({"name":"up","tags":{"job":"n"},"fields":{"value":{"float":"NaN"}},"time":2000000000})"
             "\n"
             R"({"name":"up","tags":{"job":"n"},"fields":{"value":{"float":"-Inf"}},"time":3000000000})"
             "\n");
  gives(answer("scalar", R"([1,"2"])"),
        R"({"name":"scalar","tags":{},"fields":{"value":{"float":2.0}},"time":1000000000})"
        "\n");
  gives(answer("string", R"([1,"a\"b"])"),
        R"({"name":"string","tags":{},"fields":{"string":{"string":"a\"b"}},"time":1000000000})"
        "\n");
  gives(
      answer(
          "vector",
          R"([{"metric":{"__name__":"h"},"histogram":[1,{"count":"3","sum":"2.5","buckets":[[0,"0.5","1","2"],[3,"-1","+Inf","1"]]}]}])"),
      R"({"name":"h","tags":{},"fields":{"count":{"float":3.0},"sum":{"float":2.5},"(0.5,1]":{"float":2.0},"[-1,+Inf]":{"float":1.0}},"time":1000000000})"
      "\n");
  gives(R"({"status":"error","errorType":"bad_data","error":"parse error"})", "",
        "1:1: the query failed: bad_data: parse error\n", 1);
  gives("404 page not found\n", "", "1:1: text instead of JSON: '404 page not found'\n", 1);
  const Ran noted = decode_json(answer("vector", R"([{"metric":{"__name__":"up","job":"n"},"value":[1.5,"1"]},7])",
                                       R"(,"warnings":["a store is away"],"infos":["i"],"isPartial":true)"));
  CHECK(noted.out == up);
  CHECK(noted.code == 1);
  for (const char* const told : {"1:118: an element that is no object: '7'\n", "note: warning: a store is away\n",
                                 "note: info: i\n", "note: isPartial: not every storage node answered\n"}) {
    CAPTURE(told);
    CAPTURE(noted.err);
    CHECK(noted.err.find(told) != std::string::npos);
  }
  const Ran far = decode_json(answer("vector", R"([{"metric":{},"value":[9223372036.855,"1"]}])"));
  CHECK(far.out.empty());
  CHECK(far.err.starts_with("1:83: a time that is out of range"));
  std::string labels = R"("__name__":"m")";
  for (int i = 0; i < 70; ++i) labels += ",\"l" + std::to_string(i) + "\":\"v\"";
  const Ran cut = decode_json(answer("matrix", R"([{"metric":{)" + labels + R"(},"values":[[1,"1"],[2,"2"]]}])"));
  CHECK(cut.err == "note: of 2 samples only the first 64 labels are shown\n");
}

TEST_CASE("what is wrong with the options of decode and encode is told with exit code 2") {
  const auto check = [](const Words& words, std::string_view want) {
    CAPTURE(want);
    const Ran ran = decoded(words, "");
    CHECK(ran.code == 2);
    CHECK(ran.err == "cc-gateway decode: " + std::string(want) + "\n");
  };
  check({}, "--format F is missing");
  check({"--format", "line_protocol", "--precision", "h"}, "unknown precision 'h': s, ms, us, ns");
  check({"--format", "line_protocol", "--compression", "zstd"}, "unknown compression 'zstd': none, gzip, snappy");
  check({"--format", "line_protocol", "--dialect", "v3"}, "unknown dialect 'v3', did you mean 'v2'?: v2, 1.x");
  const Ran unknown = decoded({"--format", "line_protokol"}, "");
  CHECK(unknown.code == 2);
  CHECK(unknown.err.starts_with("cc-gateway decode: unknown format 'line_protokol', did you mean 'line_protocol'?: "));
}

TEST_CASE("--help of decode lists all formats, that of encode those that can be written") {
  const Ran decode_help = decoded({"--help"}, "");
  const Ran encode_help = encoded({"--help"}, "");
  for (const Format& format : formats()) {
    CAPTURE(format.name);
    const std::string row = "\n  " + std::string(format.name) + " ";
    CHECK(decode_help.out.find(row) != std::string::npos);
    CHECK((encode_help.out.find(row) != std::string::npos) == (format.encode != nullptr));
    if (format.encode == nullptr) {
      const Ran ran = encoded({"--format", format.name}, "");
      CHECK(ran.code == 2);
      CHECK(ran.err == "cc-gateway encode: the gateway only reads format '" + std::string(format.name) + "'\n");
    }
  }
}
