#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "codecs/message.h"
#include "gateway/base/clock.h"
#include "gateway/config/problem.h"
#include "gateway/router/rule_set.h"

namespace gw::cli {

/// A line as it was written, and what it says.
struct CaseLine {
  std::string text;
  codecs::Message message;
};

/// Lines that go through the rules, and those that must come out.
struct RuleCase {
  config::Position where;  ///< its header
  std::string name;
  std::string in;  ///< line protocol; every line of it can be read, and there is one
  std::vector<CaseLine> out;
};

/// A file of cases and the rules that they are for.
struct CaseFile {
  std::string file;                              ///< as it was named
  std::string report;                            ///< what is wrong with it or with the rules; warnings too
  std::shared_ptr<const router::RuleSet> rules;  ///< null where the file, or the rules, are wrong
  Seconds interval{60};
  std::vector<RuleCase> cases;  ///< at least one
};

/// Rules that are named in it lie beside it.
CaseFile read_cases(const std::string& file);

/// The lines of `text` that can be read.
std::vector<CaseLine> case_lines(std::string_view text);

/// Whether both say the same: whatever the order of tags and fields, and 1, 1.0 and 1i are the same number.
bool say_the_same(const codecs::Message& a, const codecs::Message& b);

}  // namespace gw::cli
