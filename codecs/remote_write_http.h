#pragma once
// Which of its formats a remote_write request is in, by its headers (remote_write_spec_2_0, "Protocol").
// X-Prometheus-Remote-Write-Version is no criterion: the specification calls it informational.

#include <optional>
#include <string_view>

#include "codecs/remote_write.h"

namespace codecs::remote_write {

/// By Content-Type. None, or `application/x-protobuf` without parameter proto, is v1; nothing where the type or the
/// proto is another, or the header breaks the grammar (media_type.h): 415 is the answer then.
std::optional<Version> version_of(std::string_view content_type);

/// By Content-Encoding: only snappy blocks, which is also what a request without the header is in. False asks for 415;
/// VictoriaMetrics' agent tries zstd first and falls back by that answer.
bool is_snappy(std::string_view content_encoding);

}  // namespace codecs::remote_write
