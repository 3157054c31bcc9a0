#include "gateway/pipeline/accept.h"

#include <doctest/doctest.h>

namespace {

constexpr std::int64_t now_seconds = 1'700'000'000;

/// The accepted line without its line end, or the reason in angle brackets.
std::string accepted(std::string_view text) {
  codecs::LineDecoder decoder;
  decoder.reset(text);
  REQUIRE(decoder.next() == codecs::Step::record);
  gw::Acceptor acceptor("own", gw::Seconds(600));
  const auto result = acceptor.accept(decoder.line(), gw::WallTime(gw::Seconds(now_seconds)));
  if (!result) return "<" + std::string(name(result.error())) + ">";
  CHECK(result->line.ends_with('\n'));
  return std::string(result->line.substr(0, result->line.size() - 1));
}

void check(std::string_view in, std::string_view want) {
  CAPTURE(in);
  CHECK(accepted(in) == want);
}

}  // namespace

TEST_CASE("a line as the gateway publishes it passes with its tags") {
  check("m,cluster=c,hostname=n1,type=node value=1.5 1700000000",
        "m,cluster=c,hostname=n1,type=node value=1.5 1700000000");
  check("m,cluster=c,hostname=n1,stype=fs,stype-id=/home,type=socket,type-id=0,unit=MB value=3i 1700000000",
        "m,cluster=c,hostname=n1,stype=fs,stype-id=/home,type=socket,type-id=0,unit=MB value=3i 1700000000");
  check("a\\ b,cluster=c,hostname=n\\,1,type=node value=18446744073709551615u 1700000000",
        "a\\ b,cluster=c,hostname=n\\,1,type=node value=18446744073709551615u 1700000000");
}

TEST_CASE("what the store would misfile is put right") {
  // No cluster: it would inherit the line's before. No type: it is mandatory.
  check("m,cluster=c,hostname=rack\\ 7\\=b,type=node value=1 1700000000",
        "m,cluster=c,hostname=rack\\ 7\\=b,type=node value=1 1700000000");
  check("m,hostname=n1 value=1 1700000000", "m,cluster=own,hostname=n1,type=node value=1 1700000000");
  // The store takes `host` for `hostname`, other components do not.
  check("m,host=n1,type=node value=1 1700000000", "m,cluster=own,hostname=n1,type=node value=1 1700000000");
  check("m,host=x,hostname=n1,type=node value=1 1700000000", "m,cluster=own,hostname=n1,type=node value=1 1700000000");
  // The specification recommends it, the store files it one level too deep.
  check("m,hostname=n1,type=node,type-id=0 value=1 1700000000",
        "m,cluster=own,hostname=n1,type=node value=1 1700000000");
  check("m,hostname=n1,type-id=0 value=1 1700000000", "m,cluster=own,hostname=n1,type=node value=1 1700000000");
  // A second field ends the store's reading of the batch.
  check("m,hostname=n1,type=node load=2,value=1,text=\"x\" 1700000000",
        "m,cluster=own,hostname=n1,type=node value=1 1700000000");
}

TEST_CASE("time stamps become whole seconds, whatever their precision") {
  const auto time = [](std::string_view stamp, std::string_view want) {
    check("m,cluster=c,hostname=n1,type=node value=1 " + std::string(stamp),
          "m,cluster=c,hostname=n1,type=node value=1 " + std::string(want));
  };
  time("1700000000", "1700000000");
  time("1700000000123", "1700000000");
  time("1700000000123456", "1700000000");
  time("1700000000123456789", "1700000000");
  time("0", "0");
  check("m,cluster=c,hostname=n1,type=node value=1", "m,cluster=c,hostname=n1,type=node value=1 1700000000");
  time("1700000600", "1700000600");
  check("m,cluster=c,hostname=n1,type=node value=1 1700000601", "<future>");
}

TEST_CASE("a line that cannot be made acceptable is dropped by reason") {
  check("m,type=node value=1 1700000000", "<bad_host>");
  check("m value=1 1700000000", "<bad_host>");
  check("m,hostname=a/b value=1 1700000000", "<bad_host>");
  check("m,hostname=a\\\\b value=1 1700000000", "<bad_host>");
  check("m,hostname=a\\b value=1 1700000000", "<bad_host>");
  check("m,hostname=.. value=1 1700000000", "<bad_host>");
  check("m,cluster=a/b,hostname=n1 value=1 1700000000", "<bad_cluster>");
  check("m,hostname=n1 load=1 1700000000", "<no_value>");
  check("job,hostname=n1 event=\"start\" 1700000000", "<no_value>");
  check("m,hostname=n1 value=\"up\" 1700000000", "<not_a_number>");
  check("m,hostname=n1 value=true 1700000000", "<not_a_number>");
  check("m,hostname=n1 value=1e301 1700000000", "<out_of_range>");
  check("m,hostname=n1 value=-1e301 1700000000", "<out_of_range>");
}
