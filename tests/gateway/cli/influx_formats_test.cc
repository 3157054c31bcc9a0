// What `decode` makes of the answers of InfluxDB servers.

#include <doctest/doctest.h>

#include <string>

#include "gateway/cli/formats/format.h"
#include "gateway/cli/message_json.h"

using namespace gw::cli;

namespace {

class Shown : public Findings {
 public:
  void message(const codecs::Message& message) override {
    append_json(text, message);
    text += '\n';
  }
  void problem(std::size_t line, std::size_t column, std::string_view reason) override {
    text += std::to_string(line) + ":" + std::to_string(column) + ": " + std::string(reason) + "\n";
  }
  void note(std::string_view note) override { text += "note: " + std::string(note) + "\n"; }

  std::string text;
};

std::string shown(std::string_view format, std::string_view body,
                  std::optional<codecs::Precision> precision = std::nullopt) {
  Shown shown;
  find_format(format)->decode(body, {.dialect = {}, .precision = precision}, shown);
  return shown.text;
}

constexpr std::string_view flux_head =
    "#datatype,string,long,dateTime:RFC3339,dateTime:RFC3339,dateTime:RFC3339,double,string,string,string,long\n"
    "#group,false,false,true,true,false,false,true,true,true,false\n"
    "#default,_result,,,,,,,,,\n"
    ",result,table,_start,_stop,_time,_value,_field,_measurement,host,n\n";

}  // namespace

TEST_CASE("a row of Flux is named by _measurement, its field by _field, the string columns of the key are tags") {
  CHECK(
      shown("flux_csv", std::string(flux_head) +
                            ",,0,2024-08-06T12:00:00Z,2024-08-06T13:00:00Z,2024-08-06T12:00:00.5Z,0.5,value,cpu,f1,7\n"
                            ",,0,2024-08-06T12:00:00Z,2024-08-06T13:00:00Z,2024-08-06T12:00:01Z,+Inf,value,cpu,,\n") ==
      R"({"name":"cpu","tags":{"host":"f1"},"fields":{"value":{"float":0.5},"n":{"int":7}},"time":1722945600500000000})"
      "\n"
      R"({"name":"cpu","tags":{},"fields":{"value":{"float":"+Inf"}},"time":1722945601000000000})"
      "\n");
}

TEST_CASE("pivoted columns of Flux are fields, the result is the name where there is no _measurement") {
  CHECK(shown("flux_csv",
              "#datatype,string,long,dateTime:RFC3339,string,double,unsignedLong,boolean,string,duration\n"
              "#group,false,false,false,true,false,false,false,false,false\n"
              "#default,mean,,,,,,,,\n"
              ",result,table,_time,host,a,b,c,d,e\n,,0,2024-08-06T12:00:00Z,f1,1.5,18446744073709551615,true,x,1m\n") ==
        R"({"name":"mean","tags":{"host":"f1"},"fields":{"a":{"float":1.5},"b":{"uint":18446744073709551615},)"
        R"("c":{"bool":true},"d":{"string":"x"},"e":{"string":"1m"}},"time":1722945600000000000})"
        "\n");
}

TEST_CASE("what of a Flux answer has no place in a message is a note, what is wrong has its place") {
  CHECK(shown("flux_csv",
              "#datatype,long,dateTime:RFC3339\n,n,last\n,1,2024-08-06T12:00:00Z\n,x,\n,,\n\n"
              "#datatype,string,string\n,error,reference\n,too late,897\n") ==
        "note: column 'last' holds times and is left out\n"
        R"({"name":"row","tags":{},"fields":{"n":{"int":1}},"time":null})"
        "\n4:2: invalid long\n9:1: the query failed: too late (code 897)\nnote: rows without a value: 1\n");
  CHECK(
      shown("flux_csv", ",_time,_value\n,2024-08-06T12:00:00Z,1\n") ==
      R"({"name":"row","tags":{},"fields":{"_time":{"string":"2024-08-06T12:00:00Z"},"_value":{"string":"1"}},"time":null})"
      "\nnote: no #datatype: everything is text, times too; ask for it by dialect.annotations\n");
  CHECK(shown("flux_csv", ",error,reference\n") == "1:1: the query failed\n");
}

TEST_CASE("a row of InfluxQL has a field a column, messages and cut results are notes") {
  CHECK(shown("influxql_json",
              R"({"results":[{"statement_id":0,"series":[{"name":"cpu","tags":{"host":"a"},"columns":)"
              R"(["time","mean","n","s"],"values":[[1722945600,1.5,7,null],[1722945601,null,null,null]]}],)"
              R"("messages":[{"level":"warning","text":"old"}],"partial":true}]})",
              codecs::Precision::seconds) ==
        R"({"name":"cpu","tags":{"host":"a"},"fields":{"mean":{"float":1.5},"n":{"int":7}},"time":1722945600000000000})"
        "\nnote: statement 0: warning: old\nnote: rows without a value: 1\n"
        "note: statement 0: the server has more rows than it sent\n");
  CHECK(shown("influxql_json", R"({"results":[{"series":[{"columns":["name"],"values":[["x"]]}]},{"error":"no"}]})") ==
        R"({"name":"row","tags":{},"fields":{"name":{"string":"x"}},"time":null})"
        "\n1:73: the server refused the statement 1: no\n");
  // A part that more parts follow is none; rows may be cut within a series alone.
  CHECK(shown("influxql_json", R"({"results":[{"statement_id":0,"partial":true}]}{"results":[{"statement_id":0}]})")
            .empty());
  CHECK(shown("influxql_json",
              R"({"results":[{"statement_id":0,"partial":true},{"statement_id":1,"series":[{"partial":true}]},{}]})") ==
        "note: statement 0: the server has more rows than it sent\n"
        "note: statement 1: the server has more rows than it sent\n");
  CHECK(shown("influxql_json", R"({"error":"bad query"})") == "1:10: the server refused the request: bad query\n");
  CHECK(shown("influxql_json", R"({"results":[{"series":[{"values":[[]]}]}]})") == "note: rows without a value: 1\n");
}

TEST_CASE("a row of InfluxDB 3 has only fields") {
  CHECK(
      shown("influxdb3_json",
            R"([{"iox::measurement":"cpu","time":"2024-08-06T12:00:00","host":"a","v":0.5,"l":[1]},{"x":true},{}])") ==
      R"({"name":"cpu","tags":{},"fields":{"host":{"string":"a"},"v":{"float":0.5},"l":{"string":"[1]"}},)"
      R"("time":1722945600000000000})"
      "\n"
      R"({"name":"row","tags":{},"fields":{"x":{"bool":true}},"time":null})"
      "\nnote: rows without a value: 1\n");
  CHECK(shown("influxdb3_json", R"({"error":"no such table","data":null})") ==
        "1:1: the server refused the request: no such table\n");
  CHECK(shown("influxdb3_json", "[") == "1:2: truncated JSON\n");
}
