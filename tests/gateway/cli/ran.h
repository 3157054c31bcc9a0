#pragma once
// Commands, run as from a shell: with words and an input.

#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/cli/commands.h"

namespace cli_test {

using Words = std::vector<std::string_view>;

/// What a command printed, and its exit code.
struct Ran {
  int code;
  std::string out;
  std::string err;
};

inline Ran run(int (*command)(gw::cli::Arguments, std::istream&, std::ostream&, std::ostream&), const Words& words,
               const std::string& input) {
  std::istringstream in(input);
  std::ostringstream out;
  std::ostringstream err;
  const int code = command(words, in, out, err);
  return {code, out.str(), err.str()};
}

inline Ran run(int (*command)(gw::cli::Arguments, std::ostream&, std::ostream&), const Words& words) {
  std::ostringstream out;
  std::ostringstream err;
  const int code = command(words, out, err);
  return {code, out.str(), err.str()};
}

/// What is printed of files in `folder`, by their names alone.
inline Ran without_folder(Ran ran, const std::string& folder) {
  const std::string before = folder + "/";
  for (std::string* const text : {&ran.out, &ran.err}) {
    for (std::size_t at = 0; (at = text->find(before, at)) != std::string::npos;) text->erase(at, before.size());
  }
  return ran;
}

}  // namespace cli_test
