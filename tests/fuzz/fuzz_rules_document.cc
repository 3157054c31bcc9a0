// Any bytes, as JSON and as TOML: a document or one problem, with all places within the source, and the bytes of every
// text and key in order there. A document of JSON is what nlohmann/json reads.

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <tuple>

#include "codecs/utf8.h"
#include "gateway/router/rules/diagnosis.h"
#include "gateway/router/rules/document.h"
#include "gateway/router/rules/place.h"
#include "tests/fuzz/require.h"

using namespace gw::rules;
using gw::config::Position;
using gw::config::Problem;
using nlohmann::json;

namespace {

bool before(Position a, Position b) { return std::tie(a.line, a.column) < std::tie(b.line, b.column); }

/// Bytes of a text are where they are said to be: an ASCII one that stands as itself is found there.
void check_bytes(const PlaceIndex& places, const std::string& text, Position start, bool key, const Node& node) {
  Position last = start;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    const Position where = key ? place_in_key(places, node, i) : place_in(places, node, i);
    FUZZ_REQUIRE(!before(where, last));
    last = where;
    const std::optional<std::size_t> offset = places.offset_of(where);
    FUZZ_REQUIRE(offset && *offset < places.source().size() + (key ? 1 : 0));
    const char c = i < text.size() ? text[i] : ' ';
    const bool letter = (c >= 'g' && c <= 'z') || (c >= 'G' && c <= 'Z');  // not of a hexadecimal escape
    const char found = places.source()[*offset];
    FUZZ_REQUIRE(!letter || found == c || found == '\\');
  }
}

void check_node(const PlaceIndex& places, const Node& node, std::size_t depth) {
  FUZZ_REQUIRE(depth <= depth_max);
  const std::optional<std::size_t> offset = places.offset_of(node.where);
  FUZZ_REQUIRE(offset && (*offset < places.source().size() || depth == 1));
  if (node.kind == Node::Kind::text) {
    FUZZ_REQUIRE(places.source()[*offset] == '"' || places.source()[*offset] == '\'');
    FUZZ_REQUIRE(codecs::valid_utf8_prefix(node.text) == node.text.size());
    check_bytes(places, node.text, node.where, false, node);
  }
  for (std::size_t i = 0; i < node.children.size(); ++i) {
    const Node& child = node.children[i];
    check_node(places, child, depth + 1);
    if (node.kind != Node::Kind::object) continue;
    FUZZ_REQUIRE(places.offset_of(child.key_where));
    check_bytes(places, child.key, child.key_where, true, child);
    FUZZ_REQUIRE(i == 0 || before(node.children[i - 1].key_where, child.key_where));
  }
}

bool same(const Node& ours, const json& theirs) {
  switch (ours.kind) {
    case Node::Kind::null:
      return theirs.is_null();
    case Node::Kind::boolean:
      return theirs == ours.boolean;
    case Node::Kind::integer:
      return theirs.is_number_integer() && theirs == ours.integer;
    case Node::Kind::real:
      return theirs.is_number() && theirs.get<double>() == ours.real;
    case Node::Kind::text:
      return theirs == ours.text;
    default:
      break;
  }
  if (theirs.size() != ours.children.size()) return false;
  for (std::size_t i = 0; i < ours.children.size(); ++i) {
    const Node& child = ours.children[i];
    if (ours.kind == Node::Kind::array ? !same(child, theirs[i]) : !same(child, theirs.at(child.key))) return false;
  }
  return true;
}

void check(std::string_view source, const Parsed& parsed) {
  if (parsed) {
    check_node(PlaceIndex(parsed->source), parsed->root, 1);
    return;
  }
  const Problem& problem = parsed.error();
  FUZZ_REQUIRE(!problem.text.empty());
  FUZZ_REQUIRE(offset_of(source, problem.where));  // a file that is too large is none here
  const std::string shown = diagnosis("f", source, problem);
  FUZZ_REQUIRE(shown.size() < 4096 && shown.ends_with('\n'));
  FUZZ_REQUIRE(codecs::valid_utf8_prefix(shown) == shown.size());
  for (const char c : shown) {
    FUZZ_REQUIRE(c == '\n' || c == '\t' || static_cast<unsigned char>(c) >= 0x20);
    FUZZ_REQUIRE(c != '\x7f');
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 4096) return 0;  // each byte of a text is looked up from the start of the file
  const std::string_view source(reinterpret_cast<const char*>(data), size);
  const Parsed from_json = parse_json(source, "f");
  check(source, from_json);
  check(source, parse_toml(source, "f"));
  const json theirs = json::parse(source.begin(), source.end(), nullptr, false, true);
  if (from_json) FUZZ_REQUIRE(!theirs.is_discarded() && same(from_json->root, theirs));
  return 0;
}
