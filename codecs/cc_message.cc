#include "codecs/cc_message.h"

#include <algorithm>
#include <array>
#include <variant>

namespace codecs {
namespace {

struct CategoryRow {
  std::string_view name;
  std::string_view field;
  Precision precision;
};
/// In the order of CcCategory, which is the order in which fields decide.
constexpr std::array<CategoryRow, 4> category_rows = {{{"metric", "value", Precision::seconds},
                                                       {"event", "event", Precision::nanoseconds},
                                                       {"log", "log", Precision::nanoseconds},
                                                       {"control", "control", Precision::nanoseconds}}};

const CategoryRow& row(CcCategory category) { return category_rows[static_cast<std::size_t>(category)]; }

constexpr std::array<std::string_view, 8> types = {"node", "socket", "die",      "memoryDomain",
                                                   "llc",  "core",   "hwthread", "accelerator"};

/// What the deciding field holds.
enum class Content { number, truth, text };

Content content_of(const FieldValue& value) {
  if (std::holds_alternative<StringValue>(value)) return Content::text;
  return std::holds_alternative<bool>(value) ? Content::truth : Content::number;
}

Content content_of(const Message::Value& value) {
  if (std::holds_alternative<std::string>(value)) return Content::text;
  return std::holds_alternative<bool>(value) ? Content::truth : Content::number;
}

void set_tag(CcTags& tags, std::string_view key, std::string_view value) {
  if (key == "hostname") tags.hostname = value;
  if (key == "cluster") tags.cluster = value;
  if (key == "type") tags.type = value;
  if (key == "type-id") tags.type_id = value;
  if (key == "stype") tags.stype = value;
  if (key == "stype-id") tags.stype_id = value;
  if (key == "method") tags.method = value;
}

/// Fills in what `host` says where there is no `hostname`.
void take_host(CcTags& tags, std::string_view host) {
  if (!tags.hostname.empty() || host.empty()) return;
  tags.hostname = host;
  tags.host_for_hostname = true;
}

std::expected<CcCategory, std::string_view> check(CcCategory category, Content content, const CcTags& tags) {
  if (category == CcCategory::metric && content != Content::number)
    return std::unexpected("field 'value' is no number");
  if (category == CcCategory::event && content != Content::text) return std::unexpected("field 'event' is no string");
  if (category == CcCategory::log && content != Content::text) return std::unexpected("field 'log' is no string");
  if (category == CcCategory::control && content != Content::text) {
    return std::unexpected("field 'control' is no string");
  }
  if (tags.hostname.empty()) return std::unexpected("no tag 'hostname'");
  if (tags.type.empty()) return std::unexpected("no tag 'type'");
  if (!is_cc_type(tags.type)) return std::unexpected("unknown type");
  if (tags.type != "node" && tags.type_id.empty())
    return std::unexpected("no tag 'type-id', which every type but node needs");
  if (category == CcCategory::control && tags.method != "GET" && tags.method != "PUT") {
    return std::unexpected("a control message needs tag method=GET or method=PUT");
  }
  return category;
}

/// Of `fields` (of a line or of a message) the one that decides.
template <class Fields>
std::expected<CcCategory, std::string_view> classify_fields(const Fields& fields, const CcTags& tags) {
  for (std::size_t i = 0; i < category_rows.size(); ++i) {
    for (const auto& field : fields) {
      if (field.key == category_rows[i].field) return check(static_cast<CcCategory>(i), content_of(field.value), tags);
    }
  }
  return std::unexpected("no field value, event, log or control");
}

}  // namespace

std::string_view name(CcCategory category) { return row(category).name; }

Precision usual_precision(CcCategory category) { return row(category).precision; }

bool is_cc_type(std::string_view type) { return std::ranges::find(types, type) != types.end(); }

CcTags cc_tags(const Line& line) {
  CcTags tags;
  std::string_view host;
  for (const Tag& tag : line.tags) {
    set_tag(tags, tag.key, tag.value);
    if (tag.key == "host") host = tag.value;
  }
  take_host(tags, host);
  return tags;
}

std::expected<CcCategory, std::string_view> classify(const Line& line, const CcTags& tags) {
  return classify_fields(line.fields, tags);
}

std::expected<CcCategory, std::string_view> classify(const Message& message) {
  CcTags tags;
  std::string_view host;
  for (const Message::Tag& tag : message.tags) {
    set_tag(tags, tag.key, tag.value);
    if (tag.key == "host") host = tag.value;
  }
  take_host(tags, host);
  return classify_fields(message.fields, tags);
}

void name_host(Message& message) {
  const auto find = [&message](std::string_view key) {
    const auto found = std::ranges::find(message.tags, key, &Message::Tag::key);
    return found != message.tags.end() && !found->value.empty() ? &*found : nullptr;
  };
  Message::Tag* const host = find("host");
  if (host != nullptr && find("hostname") == nullptr) host->key = "hostname";
}

std::expected<void, std::string_view> append_cc_message(std::string& out, const Message& message,
                                                        std::optional<Precision> precision) {
  const auto category = classify(message);
  if (!category) return std::unexpected(category.error());
  Message sorted = message;
  name_host(sorted);
  std::ranges::sort(sorted.tags, {}, &Message::Tag::key);
  return append_message(out, sorted, Dialect::line_protocol_v2, precision.value_or(usual_precision(*category)));
}

}  // namespace codecs
