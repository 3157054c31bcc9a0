#include "codecs/flux_csv.h"

#include <doctest/doctest.h>

#include <random>
#include <string>

#include "tests/codecs/allocations.h"
#include "tests/codecs/chunked.h"
#include "tests/codecs/cpus.h"
#include "tests/codecs/flux_show.h"

using namespace codecs;

namespace {

std::string dump(std::string_view body, Cpu cpu = best_cpu()) {
  FluxDecoder decoder(cpu);
  return walk_in_pieces(decoder, body, body.size() + 1, show_flux);
}

void check(std::string_view in, std::string_view want) {
  CAPTURE(in);
  for (const Cpu cpu : cpus()) CHECK(dump(in, cpu) == want);
}

/// A table of one column of the given type.
std::string one_column(std::string_view type, std::string_view cells) {
  return "#datatype," + std::string(type) + "\n,a\n" + std::string(cells);
}

}  // namespace

TEST_CASE("a table's rows have the types, the key and the defaults of its annotations, in any order of these") {
  const std::string row = ",,0,2024-08-06T12:00:00Z,0.5,f1\r\n";
  const std::string want = "+ _result/0 result='_result' table=0i _time=2024-08-06T12:00:00Z _value=0.5 host*='f1'\n";
  const std::string type = "#datatype,string,long,dateTime:RFC3339,double,string\r\n";
  const std::string group = "#group,false,false,false,false,true\r\n";
  const std::string defaults = "#default,_result,,,,\r\n";
  const std::string header = ",result,table,_time,_value,host\r\n";
  check(type + group + defaults + header + row, want);
  check(defaults + group + type + header + row, want);
  check(group + "#odd,1\r\n" + type + defaults + header + row, want);
  check("\xef\xbb\xbf\r\n" + type + "\r\n" + group + defaults + header + row, want);
  check(type + header + row, "+ /0 result=null table=0i _time=2024-08-06T12:00:00Z _value=0.5 host='f1'\n");
  check(header + ",_result,0,2024-08-06T12:00:00Z,0.5,f1\r\n",
        "+ _result/0 result='_result' table='0' _time='2024-08-06T12:00:00Z' _value='0.5' host='f1'\n");
  // Of two annotations of the same kind the last one counts.
  check("#datatype,long\n#datatype,double\n,a\n,1\n", "+ /- a=1\n");
}

TEST_CASE("values are exact") {
  const auto value = [](std::string_view type, std::string_view cell, std::string_view want) {
    check(one_column(type, "," + std::string(cell) + "\n"), "+ /- a=" + std::string(want) + "\n");
  };
  value("long", "-9223372036854775808", "-9223372036854775808i");
  value("long", "9223372036854775807", "9223372036854775807i");
  value("unsignedLong", "18446744073709551615", "18446744073709551615u");
  value("double", "NaN", "NaN");
  value("double", "+Inf", "+Inf");
  value("double", "-Inf", "-Inf");
  value("double", "-0", "-0");
  value("double", "1e+06", "1e+06");
  value("boolean", "true", "true");
  value("boolean", "false", "false");
  value("dateTime:RFC3339", "2024-08-06T12:00:00+02:00", "2024-08-06T10:00:00Z");
  value("dateTime:RFC3339Nano", "1677-09-21T00:12:43.145224192Z", "1677-09-21T00:12:43.145224192Z");
  value("dateTime", "2024-08-06T12:00:00.000000001Z", "2024-08-06T12:00:00.000000001Z");
  value("duration", "1h20m30.13245s", "'1h20m30.13245s'");
  value("base64Binary", "eHh4", "'eHh4'");
  value("string", "\"a \"\"b\"\",\nc\"", "'a \"b\",\nc'");
  value("int", "7", "'7'");
  value("", "7", "'7'");
}

TEST_CASE("a cell that is not of its type is told with its place, the rows beside it survive") {
  const auto refused = [](std::string_view type, std::string_view cell, std::string_view reason) {
    check("#datatype,string," + std::string(type) + "\r\n,s,a\r\n,x,\r\n,x," + std::string(cell) + "\r\n,y,\r\n",
          "+ /- s='x' a=null\n4:4@" + std::to_string(33 + type.size()) + " " + std::string(reason) +
              "\n  /- s='y' a=null\n");
  };
  refused("long", "1.5", "invalid long");
  refused("long", "+1", "invalid long");
  refused("long", "1 ", "invalid long");
  refused("long", "9223372036854775808", "long out of range");
  refused("unsignedLong", "-1", "invalid unsignedLong");
  refused("unsignedLong", "18446744073709551616", "unsignedLong out of range");
  refused("double", "x", "invalid double");
  refused("double", "1e999", "double out of range");
  refused("boolean", "TRUE", "invalid boolean");
  refused("dateTime:RFC3339", "2024-08-06", "invalid time");
  refused("dateTime:RFC3339", "2024-08-06T12:00:00", "invalid time");
  refused("dateTime:RFC3339", "2300-01-01T00:00:00Z", "time out of range");
}

TEST_CASE("an empty cell is the default, else null") {
  check(
      "#datatype,string,long,boolean,dateTime:RFC3339\n#default,a,6,,1970-01-01T00:00:01Z\n,s,n,b,t\n,,,,\n,x,7,true,"
      "\n",
      "+ /- s='a' n=6i b=null t=1970-01-01T00:00:01Z\n  /- s='x' n=7i b=true t=1970-01-01T00:00:01Z\n");
  // A bad default is an error of the rows that need it.
  check("#datatype,string,long\n#default,_result,long\n,result,table\n,,1\n,,\n,,2\n",
        "+ _result/1 result='_result' table=1i\n5:3@64 invalid long\n+ _result/2 result='_result' table=2i\n");
  const std::string longest(flux_default_bytes_max, 'x');
  check("#default," + longest + "\n,s\n,\n", "+ /- s='" + longest + "'\n");
  check("#default," + longest + "x\n,s\n,\n,y\n", "3:2@65551 default longer than 64 KiB\n+ /- s='y'\n");
}

TEST_CASE("a table starts where its number, its result or the columns change, and after a blank line") {
  const std::string head = "#datatype,string,long,string\n#default,r,,\n,result,table,s\n";
  check(head + ",,0,a\n,,0,b\n,,1,c\n,,1,d\n,q,1,e\n",
        "+ r/0 result='r' table=0i s='a'\n  r/0 result='r' table=0i s='b'\n+ r/1 result='r' table=1i s='c'\n"
        "  r/1 result='r' table=1i s='d'\n+ q/1 result='q' table=1i s='e'\n");
  check(head + ",,0,a\n" + head + ",,0,b\n", "+ r/0 result='r' table=0i s='a'\n+ r/0 result='r' table=0i s='b'\n");
  check(head + ",,0,a\n\n#datatype,long\n,n\n,1\n", "+ r/0 result='r' table=0i s='a'\n+ /- n=1i\n");
  // After a blank line: rows of the same columns, with or without their header again.
  check(head + ",,0,a\n\n,,0,b\n\n,result,table,s\n,,0,c\n",
        "+ r/0 result='r' table=0i s='a'\n+ r/0 result='r' table=0i s='b'\n+ r/0 result='r' table=0i s='c'\n");
  // Without annotations: another header.
  check(",result,s\n,r,a\n\n,result,t\n,r,b\n,r,c\n",
        "+ r/- result='r' s='a'\n+ r/- result='r' t='b'\n  r/- result='r' t='c'\n");
}

TEST_CASE("columns of the query may be called like those of the server") {
  check("#datatype,string,long,string,double\n#group,false,false,true,false\n,result,table,result,table\n,r,0,x,2.5\n",
        "+ r/0 result='r' table=0i result*='x' table=2.5\n");
}

TEST_CASE("empty tables and empty answers give nothing") {
  const std::string empty =
      "#datatype,string,long,string\r\n#group,false,false,true\r\n#default,r,0,a\r\n,result,table,s\r\n";
  for (const std::string& body : {std::string(), std::string("\r\n"), std::string("\r\n\r\n"), empty, empty + "\r\n",
                                  empty + "\r\n" + empty, std::string("#datatype,string\n"), std::string("#x")}) {
    check(body, "");
  }
}

TEST_CASE("what the server says of a query that failed is an error") {
  const std::string notes = "#datatype,string,string\n#group,true,true\n#default,,\n";
  check(notes + ",error,reference\n,\"a \"\"b\"\", c\",897\n", "5:1@69 the query failed: 'a \"b\", c' '897'\n");
  check(",error,reference\n,too late,\n", "2:1@17 the query failed: 'too late' ''\n");
  // Directly on rows of another table, with annotations and without them; then another table.
  const std::string table = "#datatype,long,string\n,n,s\n,1,a\n";
  check(table + notes + ",error,reference\n,x,\n\n" + table,
        "+ /- n=1i s='a'\n8:1@101 the query failed: 'x' ''\n+ /- n=1i s='a'\n");
  check(table + ",error,reference\n,x,\n,y\n,z,1,2\n#datatype,long\n,n\n,1\n",
        "+ /- n=1i s='a'\n5:1@49 the query failed: 'x' ''\n6:1@53 the query failed: 'y' ''\n"
        "7:1@56 the query failed: 'z' '1'\n+ /- n=1i\n");
  // The server lost its words.
  check(",error,reference\n", "1:1@0 the query failed: '' ''\n");
  check(",error,reference\n\n,n\n,1\n", "1:1@0 the query failed: '' ''\n+ /- n='1'\n");
  check(",error,reference\n#datatype,long\n,n\n,1\n", "1:1@0 the query failed: '' ''\n+ /- n=1i\n");
  check(",error,reference\n,error,reference\n,x,\n",
        "1:1@0 the query failed: '' ''\n3:1@34 the query failed: 'x' ''\n");
}

TEST_CASE("rows that do not fit their columns are told, the rows beside them survive") {
  check("#datatype,long,string\n,n,s\n,1\n,2,b\n,3,c,d\nx,4,d\n,\"5,e\n,6,f\n",
        "3:2@28 fewer cells than columns\n+ /- n=2i s='b'\n5:6@40 more cells than columns\n6:1@42 text in the "
        "annotation column\n7:2@49 unclosed quote\n  /- n=6i s='f'\n");
  check("#datatype,long\n#default,1,2\n,n\n,,\n,\n",
        "3:1@28 annotations and header differ in their number of columns\n"
        "4:3@33 more cells than columns\n+ /- n=1i\n");
  check("#datatype,long\n,n,s\n,1,a\n",
        "2:1@15 annotations and header differ in their number of columns\n"
        "+ /- n=1i s='a'\n");
}

TEST_CASE("a table whose header is bad is passed over with it") {
  check("a,b\n,1,2\n\n,n\n,1\n", "1:1@0 no header: its first column is not empty\n+ /- n='1'\n");
  check("\"\"\n,1\n", "1:2@1 no columns\n");
  check(",\"a\n,1\n,2\n#datatype,long\n,n\n,1\n", "1:2@1 unclosed quote\n+ /- n=1i\n");
  check("#datatype,\"long\n,n\n,1\n", "1:11@10 unclosed quote\n+ /- n='1'\n");
  check("{\"code\":\"invalid\",\"message\":\"x\"}", "1:2@1 JSON instead of CSV\n");
  check("{}\n", "1:1@0 JSON instead of CSV\n");
  check("[]\n", "1:1@0 JSON instead of CSV\n");
  check("<html>\n<body>\n</html>\n", "1:1@0 HTML instead of CSV\n");
  check("\x1f\x8b\x08\n", "1:1@0 gzip instead of CSV\n");
  check("404 page not found\n", "1:1@0 no header: its first column is not empty\n");
}

TEST_CASE("cut at every byte, an answer gives what it gives as a whole") {
  const std::string body =
      "#datatype,string,long,dateTime:RFC3339,double,string\r\n#group,false,false,false,false,true\r\n"
      "#default,_result,,,,\r\n,result,table,_time,_value,host\r\n,,0,2024-08-06T12:00:00Z,0.5,f1\r\n"
      ",,0,2024-08-06T12:00:00Z,x,f1\r\n,,1,2024-08-06T12:00:00Z,,\"f\r\n\"\"2\"\"\"\r\n\r\n"
      "#datatype,long\r\n,n\r\n,1\r\n,error,reference\r\n,\"a, b\",1\r\n\r\n,error,reference\r\n";
  for (const Cpu cpu : cpus()) {
    const std::string want = dump(body, cpu);
    FluxDecoder decoder(cpu);
    for (std::size_t cut = 0; cut <= body.size(); ++cut) {
      CAPTURE(cut);
      CHECK(walk_cut_at(decoder, body, cut, show_flux) == want);
      if (cut > 0) CHECK(walk_in_pieces(decoder, body, cut, show_flux) == want);
    }
  }
}

TEST_CASE("rows allocate nothing, and hostile answers little") {
  std::string body =
      "#datatype,string,long,dateTime:RFC3339,double,string\n#default,_result,,,,\n,result,table,_time,_value,s\n";
  for (int i = 0; i < 1000; ++i)
    body += ",," + std::to_string(i / 10) + ",2024-08-06T12:00:00.5Z,1.5,\"a \"\"b\"\"\"\n";
  for (const Cpu cpu : cpus()) {
    FluxDecoder decoder(cpu);
    std::size_t rows = 0;
    const auto walk = [&](std::string_view answer) {
      decoder.reset();
      decoder.feed(answer, true);
      for (Step step = decoder.next(); step != Step::end; step = decoder.next()) rows += step == Step::record ? 1 : 0;
    };
    walk(body);
    const Allocations allocations;
    walk(body);
    CHECK(allocations.count() == 0);
    CHECK(rows == 2000);
  }
  std::string annotations;
  while (annotations.size() < 1024) annotations += "#default,a\n";
  for (const std::string& hostile : {std::string(1024, ','), annotations, std::string(1024, '\n'),
                                     std::string(1024, '"'), "#group" + std::string(1018, ',')}) {
    const Allocations allocations;
    dump(hostile);
    CHECK(allocations.peak_bytes() < 400 << 10);
  }
}

TEST_CASE("a header of too many columns is refused with its table") {
  std::string header;
  for (int i = 0; i < 100'000; ++i) header += ",c";
  const std::string out = dump(header + "\n,1\n,2\n\n,n\n,1\n");
  CHECK(out == "1:8192@8191 too many cells\n+ /- n='1'\n");
  CHECK(dump("#datatype" + header + "\n,n\n,1\n") == "1:8201@8200 too many cells\n+ /- n='1'\n");
}

TEST_CASE("a decoder forgets the answer before") {
  FluxDecoder decoder;
  const auto walk = [&](std::string_view body) { return walk_in_pieces(decoder, body, 1000, show_flux); };
  CHECK(walk("#datatype,long\n,n\n,1\n#group,true\n") == "+ /- n=1i\n");
  CHECK(walk(",n\n,1\n") == "+ /- n='1'\n");
  CHECK(walk(",error,reference\n") == "1:1@0 the query failed: '' ''\n");
  CHECK(walk("<html>\nx") == "1:1@0 HTML instead of CSV\n");
  CHECK(walk(",n\n,1\n") == "+ /- n='1'\n");
}

TEST_CASE("a cell's last value is not taken for another text") {
  std::mt19937_64 random(3);
  std::string body = "#datatype,long,dateTime:RFC3339\n,n,t\n";
  std::string want;
  for (int i = 0; i < 10'000; ++i) {
    const std::string number = std::to_string(random() % 12);
    const std::string time = "2024-08-06T12:00:0" + std::to_string(random() % 3) + "Z";
    body += "," + number + "," + time + "\n";
    want += (i == 0 ? "+ /- n=" : "  /- n=") + number + "i t=" + time + "\n";
  }
  CHECK(dump(body) == want);
}
