#include <iostream>
#include <string_view>
#include <vector>

#include "gateway/cli/commands.h"

int main(int count, char** words) {
  const std::vector<std::string_view> arguments(words + 1, words + count);
  return gw::cli::run_command_line(arguments, std::cout, std::cerr);
}
