// A row of a Flux answer as a message: the name is _measurement, else the result's; the time is _time; `_value` is the
// field that `_field` names; string columns of the group key are tags; all other columns are fields, which is what
// pivot() makes of them. `result`, `table`, `_start` and `_stop` say nothing of the row itself.

#include "codecs/flux_csv.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "gateway/cli/formats/format.h"

namespace gw::cli {
namespace {

using codecs::FluxRow;
using codecs::FluxType;
using codecs::FluxValue;

struct ToValue {
  std::optional<codecs::Message::Value> operator()(std::monostate) const { return std::nullopt; }
  std::optional<codecs::Message::Value> operator()(codecs::FluxTime) const { return std::nullopt; }
  std::optional<codecs::Message::Value> operator()(std::string_view text) const { return std::string(text); }
  std::optional<codecs::Message::Value> operator()(auto number) const { return number; }
};

class Mapper {
 public:
  explicit Mapper(Findings& findings) : findings_(findings) {}

  void take(const FluxRow& row) {
    if (row.starts_table) find_columns(row);
    codecs::Message message;
    message.name = text_of(row, measurement_).value_or(row.result.empty() ? "row" : row.result);
    if (time_ && std::holds_alternative<codecs::FluxTime>(row.values[*time_])) {
      message.time_ns = std::get<codecs::FluxTime>(row.values[*time_]).ns;
    }
    for (std::size_t i = 0; i < row.columns.size(); ++i) {
      if (!skipped_[i]) add_column(row, i, message);
    }
    if (message.fields.empty())
      ++rows_without_value_;
    else
      findings_.message(message);
  }

  void finish() {
    if (untyped_) findings_.note("no #datatype: everything is text, times too; ask for it by dialect.annotations");
    if (rows_without_value_ > 0) findings_.note(fmt::format("rows without a value: {}", rows_without_value_));
  }

 private:
  void find_columns(const FluxRow& row) {
    untyped_ |=
        std::ranges::all_of(row.columns, [](const codecs::FluxColumn& column) { return column.type_name.empty(); });
    measurement_ = find(row, "_measurement", FluxType::string);
    time_ = find(row, "_time", FluxType::time);
    field_ = find(row, "_field", FluxType::string);
    value_ = find(row, "_value", std::nullopt);
    if (!value_) field_.reset();
    skipped_.assign(row.columns.size(), false);
    for (const auto& column :
         {measurement_, time_, field_, find(row, "result", std::nullopt), find(row, "table", std::nullopt),
          find(row, "_start", std::nullopt), find(row, "_stop", std::nullopt)}) {
      if (column) skipped_[*column] = true;
    }
  }

  static std::optional<std::size_t> find(const FluxRow& row, std::string_view name, std::optional<FluxType> type) {
    for (std::size_t i = 0; i < row.columns.size(); ++i) {
      if (row.columns[i].name == name && (!type || row.columns[i].type == *type)) return i;
    }
    return std::nullopt;
  }

  static std::optional<std::string_view> text_of(const FluxRow& row, std::optional<std::size_t> column) {
    const auto* const text = column ? std::get_if<std::string_view>(&row.values[*column]) : nullptr;
    return text == nullptr ? std::nullopt : std::optional(*text);
  }

  void add_column(const FluxRow& row, std::size_t i, codecs::Message& message) {
    const codecs::FluxColumn& column = row.columns[i];
    const FluxValue& value = row.values[i];
    if (column.group && column.type == FluxType::string && i != value_) {
      if (const auto text = text_of(row, i)) message.tags.push_back({std::string(column.name), std::string(*text)});
      return;
    }
    if (std::holds_alternative<codecs::FluxTime>(value) && noted_.insert(std::string(column.name)).second) {
      findings_.note(fmt::format("column '{}' holds times and is left out", column.name));
    }
    if (auto plain = std::visit(ToValue(), value)) {
      const std::string_view key = i == value_ ? text_of(row, field_).value_or(column.name) : column.name;
      message.fields.push_back({std::string(key), std::move(*plain)});
    }
  }

  Findings& findings_;
  std::optional<std::size_t> measurement_;
  std::optional<std::size_t> time_;
  std::optional<std::size_t> field_;
  std::optional<std::size_t> value_;
  std::vector<bool> skipped_;
  std::set<std::string> noted_;
  std::size_t rows_without_value_ = 0;
  bool untyped_ = false;  ///< a table came without types
};

}  // namespace

void decode_flux_csv(std::string_view body, const FormatOptions&, Findings& findings) {
  codecs::FluxDecoder decoder;
  Mapper mapper(findings);
  decoder.reset();
  decoder.feed(body, true);
  for (codecs::Step step = decoder.next(); step != codecs::Step::end; step = decoder.next()) {
    if (step == codecs::Step::record) {
      mapper.take(decoder.row());
      continue;
    }
    const codecs::DecodeError& error = decoder.error();
    const codecs::FluxFailure* const failure = decoder.failure();
    std::string reason(error.reason);
    if (failure != nullptr && !failure->message.empty()) reason += fmt::format(": {}", failure->message);
    if (failure != nullptr && !failure->reference.empty()) reason += fmt::format(" (code {})", failure->reference);
    findings.problem(error.line, error.column, reason);
  }
  mapper.finish();
}

}  // namespace gw::cli
