#include "codecs/remote_write_http.h"

#include <doctest/doctest.h>

#include <string>

using namespace codecs::remote_write;

TEST_CASE("the Content-Type chooses the version") {
  const auto check = [](std::string_view content_type, std::string_view want) {
    CAPTURE(content_type);
    // A copy, so that reading past its end is found.
    const auto version = version_of(std::string(content_type));
    CHECK((!version ? "unsupported" : *version == Version::v1 ? "v1" : "v2") == want);
  };
  check("", "v1");
  check("  ", "v1");
  check("application/x-protobuf", "v1");
  check("Application/X-Protobuf ", "v1");
  check("application/x-protobuf;", "v1");
  check("application/x-protobuf;proto=prometheus.WriteRequest", "v1");
  check("application/x-protobuf;proto=io.prometheus.write.v2.Request", "v2");
  check("application/x-protobuf; proto=io.prometheus.write.v2.Request", "v2");
  check("application/x-protobuf ;\tproto=io.prometheus.write.v2.Request ", "v2");
  check("application/x-protobuf;PROTO=io.prometheus.write.v2.Request", "v2");
  check("application/x-protobuf;proto=\"io.prometheus.write.v2.Request\"", "v2");
  check("application/x-protobuf;proto=\"io.prometheus.write\\.v2.Request\" ; a=b", "v2");
  check("application/x-protobuf;charset=utf-8;; proto=io.prometheus.write.v2.Request;x=\"a;b\"", "v2");
  check("application/x-protobuf;x=\"proto=foo\";proto=prometheus.WriteRequest", "v1");
  check("application/x-protobuf;proto=io.prometheus.write.v2.Request;proto=io.prometheus.write.v2.Request", "v2");
  check("application/x-protobuf;proto=prometheus.WriteRequest;proto=io.prometheus.write.v2.Request", "unsupported");
  check("application/x-protobuf;proto=foo.Bar", "unsupported");
  check("application/x-protobuf;proto=IO.prometheus.write.v2.Request", "unsupported");
  check("application/x-protobuf;proto=", "unsupported");
  check("application/x-protobuf;proto", "unsupported");
  check("application/x-protobuf;flag", "unsupported");
  check("application/x-protobuf;proto=\"", "unsupported");
  check("application/x-protobuf;=x", "unsupported");
  check("application/x-protobuf, application/json", "unsupported");
  check("application/json", "unsupported");
  check("application/x-protobuf2", "unsupported");
  check(";proto=prometheus.WriteRequest", "unsupported");
}

TEST_CASE("the Content-Encoding is snappy or none") {
  const auto check = [](std::string_view encoding, bool want) {
    CAPTURE(encoding);
    CHECK(is_snappy(encoding) == want);
  };
  check("", true);
  check("snappy", true);
  check(" Snappy ", true);
  check("gzip", false);
  check("zstd", false);
  check("snappy, gzip", false);
}
