#pragma once
// Rows and errors of Flux answers as text, for tests.

#include <string>
#include <variant>

#include "codecs/flux_csv.h"
#include "codecs/line_protocol.h"
#include "codecs/rfc3339.h"

struct ShowFluxValue {
  std::string operator()(std::monostate) const { return "null"; }
  std::string operator()(double value) const {
    if (value != value) return "NaN";
    if (value - value != 0) return value > 0 ? "+Inf" : "-Inf";
    std::string out;
    codecs::append_float(out, value);
    return out;
  }
  std::string operator()(std::int64_t value) const { return std::to_string(value) + "i"; }
  std::string operator()(std::uint64_t value) const { return std::to_string(value) + "u"; }
  std::string operator()(bool value) const { return value ? "true" : "false"; }
  std::string operator()(codecs::FluxTime value) const {
    std::string out;
    codecs::append_rfc3339(out, value.ns);
    return out;
  }
  std::string operator()(std::string_view value) const { return "'" + std::string(value) + "'"; }
};

/// "+ result/table name*=value …" where a table starts, "  …" within it; * marks the group key.
inline std::string show_flux(const codecs::FluxDecoder& decoder, codecs::Step step) {
  if (step == codecs::Step::error) {
    const codecs::DecodeError& error = decoder.error();
    std::string out = std::to_string(error.line) + ":" + std::to_string(error.column) + "@" +
                      std::to_string(error.offset) + " " + std::string(error.reason);
    const codecs::FluxFailure* const failure = decoder.failure();
    if (failure != nullptr)
      out += ": '" + std::string(failure->message) + "' '" + std::string(failure->reference) + "'";
    return out + "\n";
  }
  const codecs::FluxRow& row = decoder.row();
  std::string out = row.starts_table ? "+ " : "  ";
  out += std::string(row.result) + "/" + (row.table ? std::to_string(*row.table) : "-");
  for (std::size_t i = 0; i < row.columns.size(); ++i) {
    out += " " + std::string(row.columns[i].name) + (row.columns[i].group ? "*=" : "=") +
           std::visit(ShowFluxValue{}, row.values[i]);
  }
  return out + "\n";
}
