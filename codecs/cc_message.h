#pragma once
// ClusterCockpit's messages: line protocol (line-protocol v2) with a convention on top.
// Source: cc-specifications, interfaces/lineprotocol; where its components do otherwise, what they do is noted.
//
//   metric    any name     value=NUMBER
//   event     class        event="TEXT"
//   log       component    log="TEXT"
//   control   target       control="TEXT"    tag method=GET|PUT
//
// The category is that of the first of these fields that a message has, in this order. Tags: hostname and type always,
// type-id where the type is not node; cluster, stype and stype-id are known, any other may stand beside them. Times are
// in seconds in metrics (cc-metric-store reads only those) and in nanoseconds in all others (their readers know only
// those); on input the precision shows in the magnitude.

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "codecs/line_protocol.h"
#include "codecs/message.h"

namespace codecs {

enum class CcCategory { metric, event, log, control };
std::string_view name(CcCategory category);

/// The precision in which a category is written unless told otherwise.
Precision usual_precision(CcCategory category);

/// True for node, socket, die, memoryDomain, llc, core, hwthread and accelerator.
bool is_cc_type(std::string_view type);

/// What identifies a message. Views of the line's raw text, empty where a tag is missing.
struct CcTags {
  std::string_view cluster;
  std::string_view hostname;
  std::string_view type;
  std::string_view type_id;
  std::string_view stype;
  std::string_view stype_id;
  std::string_view method;
  bool host_for_hostname = false;  ///< the tag was `host`, as Telegraf and the metric store's readers have it
};
CcTags cc_tags(const Line& line);

/// The category of a line that is a message by all the rules above, or what is wrong with it (static text). `tags` is
/// cc_tags(line).
std::expected<CcCategory, std::string_view> classify(const Line& line, const CcTags& tags);
/// The same for a message of its own.
std::expected<CcCategory, std::string_view> classify(const Message& message);

/// Renames tag `host` to `hostname` where there is no other.
void name_host(Message& message);

/// Appends `message` as one line, `host` named `hostname`, its tags in byte order, its time in `precision` or the
/// category's usual one. The error (static text) says why it is no message or cannot be represented; then nothing is
/// appended.
std::expected<void, std::string_view> append_cc_message(std::string& out, const Message& message,
                                                        std::optional<Precision> precision = std::nullopt);

}  // namespace codecs
