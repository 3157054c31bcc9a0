#pragma once
#include <vector>

#include "gateway/base/clock.h"
#include "gateway/config/config.h"
#include "gateway/config/problem.h"

namespace gw::cli {

/// What `run` would say of this machine: a state_dir or a file that cannot be written, an embedded server that cannot
/// be started, a token that the store will not take (as far as can be seen without the key). What only this user may
/// not do is a warning: a service has a user of its own. Leaves nothing behind and uses no network; the program of the
/// embedded server is asked for its version.
std::vector<config::Problem> machine_problems(const config::Config& config, WallTime now);

}  // namespace gw::cli
