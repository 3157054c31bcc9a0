#pragma once
#include <string>
#include <string_view>

namespace gw {

/// `text` without `secret` and without any of its parts between dots: a peer may echo what it was sent. Before the text
/// is cut: a part of a secret is not found. An empty secret, or one of less than 4 bytes, is found nowhere.
std::string redact(std::string text, std::string_view secret);

}  // namespace gw
