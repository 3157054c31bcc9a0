#include "gateway/cli/subjects.h"

#include <fmt/format.h>

#include <ostream>

#include "gateway/cli/arguments.h"
#include "subjects/permissions.h"
#include "subjects/subject.h"

namespace gw::cli {
namespace {

constexpr Option options[] = {{"--cluster", "C"}, {"--prefix", "P"}, {"--permissions", "ROLE"}, {"--help", ""}};

std::string help() {
  std::string text =
      "usage: cc-gateway subjects --cluster C [--prefix P] [--permissions ROLE]\n"
      "\n"
      "Prints the subject tree of a cluster, or the permissions block of a role for\n"
      "nats-server's configuration.\n"
      "\n"
      "  --cluster C         the cluster's name, first token of its subjects\n"
      "  --prefix P          tokens that stand before the cluster ([nats] prefix)\n"
      "  --permissions ROLE  one of:\n";
  for (const ::subjects::RoleRow& row : ::subjects::roles())
    text += fmt::format("                        {:<12}{}\n", row.name, row.meaning);
  return text;
}

int wrong(std::ostream& err, std::string_view text) {
  err << "cc-gateway subjects: " << text << '\n';
  return usage;
}

}  // namespace

int subjects(Arguments arguments, std::ostream& out, std::ostream& err) {
  const auto parsed = Options::parse(arguments, options);
  if (!parsed) return wrong(err, parsed.error());
  if (parsed->has("--help")) {
    out << help();
    return done;
  }
  const auto cluster = parsed->value("--cluster");
  if (!cluster) return wrong(err, "--cluster C is missing");
  if (const auto problem = ::subjects::token_problem(*cluster); !problem.empty())
    return wrong(err, fmt::format("cluster '{}' {}", *cluster, problem));
  const std::string prefix = parsed->value("--prefix").value_or("");
  if (const auto problem = ::subjects::subject_problem(prefix); !prefix.empty() && !problem.empty())
    return wrong(err, fmt::format("prefix '{}' {}", prefix, problem));
  const ::subjects::Tree tree{prefix, *cluster};
  if (const auto name = parsed->value("--permissions")) {
    const auto role = ::subjects::role_of(*name);
    if (!role) return wrong(err, fmt::format("unknown role '{}'; 'cc-gateway subjects --help' lists them", *name));
    out << ::subjects::permissions(tree, *role);
    return done;
  }
  for (const ::subjects::TreeRow& row : ::subjects::describe(tree))
    out << fmt::format("{:<32}{}\n", row.subject, row.content);
  return done;
}

}  // namespace gw::cli
