#pragma once
// Cases of the corpora that we decide otherwise on purpose, each with its reason. A case that does not differ any more
// fails its test.

#include <map>
#include <string>

namespace line_differences {

using Table = std::map<std::string, std::string>;

/// line-protocol-corpus, by key.
inline const Table v2_decode = {};
inline const Table v2_encode = {};

/// lineprotocol-extracted, by input.
inline const Table telegraf = {};
inline const Table victoriametrics = {
    {" baz=123", "it takes a line without a measurement"},
    {",foo=bar baz=123", "it takes a line without a measurement"},
    {"foo,tag1=xyz,tagN=,tag2=43as,=xxx bar=123", "it leaves out tags without a key or a value"},
    {"foo,tag=xyz field=1.23 48934\ninvalid line\nbar x=-1i\n\n", "it passes bad lines over without a word"},
};

/// questdb-ilp, by line.
inline const Table questdb = {
    {"test_table,name\\ 1\\=2=value\\ 1\\,2\\=3\\\n4\\\r5\"6\\\\7",
     "its tag values hold newlines, with a backslash before"},
    {"таблица,имя\\ раз\\=два=значение\\ раз\\,два\\=три\\\nчетыре\\\rпять\"шесть\\\\семь",
     "its tag values hold newlines, with a backslash before"},
    {"decimals zero=0d,neg_zero=0d,one=1.0d,large=99999999999999.999d,small=0.001d,neg_small=-0.001d",
     "its decimals are a type of its own"},
};

/// captured-influxdb1, by name of the exchange.
inline const Table influxdb_1 = {
    {"w_type_conflict", "the server knows the type that the field has had before; a parser does not"},
};

}  // namespace line_differences
