#include "gateway/cli/scripts/python_blocks.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>
#include <span>
#include <string>

#include "gateway/cli/scripts/python_tokens.h"
#include "gateway/router/rules/place.h"

namespace gw::cli {
namespace {

using Token = PythonToken;
using Kind = PythonBlock::Kind;

/// A statement's line without its end.
struct Line {
  std::span<const Token> tokens;
  std::size_t width = 0;     ///< of its indentation
  bool after_other = false;  ///< a; b
};

/// As Python counts: a tab goes on to the next multiple of 8. Nothing but blanks stand before a line's first token.
std::size_t width_before(std::string_view source, std::size_t at) {
  const std::size_t before = at == 0 ? std::string_view::npos : source.rfind('\n', at - 1);
  std::size_t width = 0;
  for (const char c : source.substr(before + 1, at - before - 1)) {
    if (c == '\t') width += 8 - width % 8;
    if (c == ' ') ++width;
  }
  return width;
}

/// Without docstrings: a line of texts alone does nothing, wherever it stands.
std::vector<Line> lines_of(std::string_view source, std::span<const Token> tokens) {
  std::vector<Line> lines;
  std::size_t width = 0;
  bool after_other = false;
  while (!tokens.empty() && tokens[0].kind != Token::Kind::end) {
    const auto end = std::ranges::find(tokens, Token::Kind::newline, &Token::kind);
    const auto count = static_cast<std::size_t>(end - tokens.begin());
    const std::span<const Token> line = tokens.first(count);
    if (!after_other) width = width_before(source, tokens[0].at);
    if (!std::ranges::all_of(line, [](const Token& t) { return t.kind == Token::Kind::text; }))
      lines.push_back({line, width, after_other});
    after_other = end != tokens.end() && end->spelt == ";" && count + 1 < tokens.size() &&
                  source.substr(end->at, tokens[count + 1].at - end->at).find('\n') == std::string_view::npos;
    tokens = tokens.subspan(std::min(count + 1, tokens.size()));
  }
  return lines;
}

bool is_of_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         (static_cast<unsigned char>(c) & 0x80U) != 0;
}

/// Each word of `text` that is an alias, as what it stands for: names stand within f-strings too.
std::string with_names(std::string_view text, const PythonAliases& aliases) {
  std::string out;
  while (!text.empty()) {
    const auto end = static_cast<std::size_t>(std::ranges::find_if_not(text, is_of_name) - text.begin());
    const std::string_view word = text.substr(0, std::max<std::size_t>(end, 1));
    const auto known = aliases.find(word);
    out += known == aliases.end() ? word : known->second;
    text.remove_prefix(word.size());
  }
  return out;
}

/// Its kind, as far as that matters, and what it says.
std::string as_told(const Token& token, const PythonAliases& aliases) {
  switch (token.kind) {
    case Token::Kind::text:
      return "text " + token.text;
    case Token::Kind::computed:
      return fmt::format("computed {} {}", token.spelt.substr(0, token.spelt.find_first_of("'\"")),
                         with_names(token.text, aliases));
    case Token::Kind::integer:
    case Token::Kind::real:
      return "number " + token.text;
    default:
      return "word " + with_names(token.spelt, aliases);
  }
}

/// Nothing else says how the lines lie within each other: Python's blocks are made by indentation.
std::uint64_t fingerprint_of(std::span<const Line> lines, const PythonAliases& aliases) {
  std::string told;
  std::vector<std::size_t> widths;
  for (const Line& line : lines) {
    if (!line.after_other) {
      while (!widths.empty() && widths.back() > line.width) widths.pop_back();
      if (widths.empty() || widths.back() < line.width) widths.push_back(line.width);
    }
    fmt::format_to(std::back_inserter(told), "{}{}\n", line.after_other ? ';' : ' ', widths.size());
    for (const Token& token : line.tokens) {
      const std::string text = as_told(token, aliases);
      fmt::format_to(std::back_inserter(told), "{} {}\n", text.size(), text);
    }
  }
  return XXH3_64bits(told.data(), told.size());
}

bool begins_block(const Line& line) {
  constexpr std::array<std::string_view, 4> continuing = {"elif", "else", "except", "finally"};
  return line.width == 0 && std::ranges::find(continuing, line.tokens[0].spelt) == continuing.end();
}

/// The line that says what it is: the first after the decorators.
const Line& head_of(std::span<const Line> block) {
  const auto head = std::ranges::find_if(block, [](const Line& line) { return line.tokens[0].spelt != "@"; });
  return head == block.end() ? block.back() : *head;
}

PythonBlock block_of(std::span<const Line> lines, rules::Places& places, const PythonAliases& aliases) {
  const std::span<const Token> head = head_of(lines).tokens;
  const auto word = [&](std::size_t i) { return i < head.size() ? head[i].spelt : std::string_view(); };
  PythonBlock block;
  std::size_t name = 0;
  if (word(0) == "def" || word(0) == "class" || (word(0) == "async" && word(1) == "def")) {
    block.kind = Kind::function;
    name = std::min<std::size_t>(word(0) == "async" ? 2 : 1, head.size() - 1);
  } else if (word(0) == "import" || word(0) == "from") {
    block.kind = Kind::import;
  } else if (head[0].kind == Token::Kind::name && word(0) != "try" && (word(1) == "=" || word(1) == ":")) {
    block.kind = Kind::assignment;
  }
  block.name = head[name].spelt;
  block.where = places.at(head[name].at);
  block.fingerprint = fingerprint_of(lines, aliases);
  return block;
}

}  // namespace

std::vector<PythonBlock> python_blocks(std::string_view source, const PythonAliases& aliases) {
  const std::vector<Token> tokens = python_tokens(source);
  const std::vector<Line> lines = lines_of(source, tokens);
  std::vector<PythonBlock> blocks;
  rules::Places places(source);
  for (std::size_t begin = 0; begin < lines.size();) {
    std::size_t end = begin + 1;
    while (end < lines.size() && (lines[end - 1].tokens[0].spelt == "@" || !begins_block(lines[end]))) ++end;
    blocks.push_back(block_of(std::span(lines).subspan(begin, end - begin), places, aliases));
    begin = end;
  }
  return blocks;
}

}  // namespace gw::cli
