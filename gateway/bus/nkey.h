#pragma once
#include <filesystem>
#include <string>
#include <string_view>

#include "gateway/base/result.h"

namespace gw {

/// The public key (U…) of a user's nkey seed (SU…). cnats signs with the seed file, but wants to be told the public
/// key. invalid: it is no user seed; the text does not hold the seed.
Result<std::string> nkey_public_key(std::string_view seed);
/// The same for a seed file: the seed alone, or between the BEGIN and END lines of `nsc`.
Result<std::string> nkey_public_key_of_file(const std::filesystem::path& seed_file);

}  // namespace gw
