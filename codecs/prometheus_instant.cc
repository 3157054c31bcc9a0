#include "codecs/prometheus_instant.h"

#include <utility>

#include "codecs/utf8.h"

namespace codecs {
namespace {

using Kind = QueryError::Kind;
using Type = QueryAnswer::Type;

/// Of the part of an answer that an error cites.
constexpr std::size_t cited_bytes_max = 200;

/// What is wrong, where, and the text that shows it.
std::string describe(const DecodeError& error) {
  std::string text(error.reason);
  // Whole bodies of something else have no place that helps.
  if (error.line > 1 || error.column > 1) {
    text += " at " + std::to_string(error.line) + ":" + std::to_string(error.column);
  }
  if (error.text.empty()) return text;
  const std::string_view cited = error.text.substr(0, cited_bytes_max);
  text += ": '";
  text += cited.substr(0, valid_utf8_prefix(cited));
  text += cited.size() == error.text.size() ? "'" : "…'";
  return text;
}

std::string error_of_api(const QueryAnswer& answer) {
  return (answer.error_type.empty() ? "no errorType" : answer.error_type) + ": " +
         (answer.error.empty() ? "no error" : answer.error);
}

std::vector<std::string> collect_warnings(const QueryAnswer& answer) {
  std::vector<std::string> warnings;
  if (answer.partial) warnings.emplace_back("isPartial: not every storage node answered");
  for (const auto* const notes : {&answer.warnings, &answer.infos}) {
    warnings.insert(warnings.end(), notes->begin(), notes->end());
  }
  return warnings;
}

}  // namespace

std::expected<InstantAnswer, QueryError> InstantDecoder::decode(std::string_view body,
                                                                const std::function<void(const QuerySample&)>& take) {
  const auto fail = [](Kind kind, std::string text) { return std::unexpected(QueryError{kind, std::move(text)}); };
  std::string first_error;
  std::string last_error;
  decoder_.reset();
  decoder_.feed(body, true);
  for (Step step; (step = decoder_.next()) != Step::end;) {
    if (step != Step::error) continue;
    last_error = describe(decoder_.error());
    if (first_error.empty()) first_error = last_error;
  }

  const QueryAnswer& answer = decoder_.answer();
  if (!answer.complete) return fail(Kind::not_json, std::move(last_error));  // it ended the walk
  if (answer.status == QueryAnswer::Status::error) return fail(Kind::api_error, error_of_api(answer));
  if (answer.status == QueryAnswer::Status::success && (answer.type == Type::matrix || answer.type == Type::string)) {
    return fail(Kind::wrong_result,
                "the query gives a " + answer.type_text + ", an instant vector or scalar is needed");
  }
  if (!first_error.empty()) return fail(Kind::wrong_shape, std::move(first_error));

  InstantAnswer found{answer.samples, collect_warnings(answer)};
  decoder_.reset();
  decoder_.feed(body, true);
  while (decoder_.next() == Step::record) take(decoder_.sample());
  return found;
}

}  // namespace codecs
