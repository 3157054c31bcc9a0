// An answer of /query (github.com/influxdata/influxdb 1.8, services/httpd/response_writer.go, query/result.go,
// models/rows.go), here in the order in which the servers write the members; JSON by RFC 8259 (see json_walk.h):
//
//   answer   = document { newline document } .                  several with chunked=true
//   document = { "results": [ result … ] } | { "error": text } .
//   result   = { "statement_id": integer, "series": [ series … ], "messages": [ message … ], "partial": bool,
//                "error": text } .                              all but one may be missing
//   series   = { "name": text, "tags": { key: text … }, "columns": [ text … ], "values": [ row … ], "partial": bool } .
//   row      = [ value … ] .                                    one a column
//   value    = null | bool | number | text .
//   message  = { "level": text, "text": text } .
//
// Other members are passed over. `partial` of a series: its next rows follow in the next document, in a series of the
// same name and tags; of a result: more of this statement follows. A time is text (RFC 3339) or, with `epoch`, an
// integer.

#include "codecs/influxql_json.h"

namespace codecs {

void InfluxqlDecoder::reset() {
  walk_.reset();
  place_ = Place::documents;
  next_statement_ = statement_ = 0;
  partial_ = series_partial_ = cut_ = failed_ = started_ = false;
}

void InfluxqlDecoder::feed(std::string_view input, bool last) { walk_.feed(input, last); }

Step InfluxqlDecoder::next() {
  failed_ = false;
  for (;;) {
    walk_.start_over();
    switch (step()) {
      case Outcome::go_on:
        continue;
      case Outcome::record:
        return Step::record;
      case Outcome::error:
        return Step::error;
      case Outcome::incomplete:
        break;
    }
    walk_.start_over();
    const bool between = place_ == Place::documents || place_ == Place::lost || place_ == Place::done;
    if (!walk_.last() || between) return Step::end;
    error_ = walk_.truncated();
    place_ = Place::done;
    return Step::error;
  }
}

InfluxqlDecoder::Outcome InfluxqlDecoder::step() {
  switch (place_) {
    case Place::documents:
      return next_document();
    case Place::document:
      return document_member();
    case Place::results:
      return next_result();
    case Place::result:
      return result_member();
    case Place::series_list:
      return next_series();
    case Place::series:
      return series_member();
    case Place::rows:
      return next_row();
    case Place::messages:
      return next_message();
    case Place::lost:
      if (!walk_.find_next_document()) return Outcome::incomplete;
      place_ = Place::documents;
      return Outcome::go_on;
    case Place::done:
      break;
  }
  walk_.skip_all();
  return Outcome::incomplete;
}

/// Where there is no further item or member: goes out to `outer`, waits for more, or gives the document up.
InfluxqlDecoder::Outcome InfluxqlDecoder::leave(Next next, Place outer) {
  if (next == Next::incomplete) return Outcome::incomplete;
  if (next == Next::bad) return give_up(walk_.error(), Place::lost);
  walk_.commit();
  place_ = outer;
  return Outcome::go_on;
}

InfluxqlDecoder::Outcome InfluxqlDecoder::enter(Place inner) {
  walk_.enter();
  walk_.commit();
  place_ = inner;
  return Outcome::go_on;
}

/// Nothing of the document is read any more.
InfluxqlDecoder::Outcome InfluxqlDecoder::give_up(const DecodeError& error, Place place) {
  error_ = error;
  place_ = place;
  cut_ = false;
  walk_.pass_over_error();
  return Outcome::error;
}

/// Refuses a value that has been taken.
InfluxqlDecoder::Outcome InfluxqlDecoder::refuse(std::string_view part, const JsonProblem& problem) {
  error_ = walk_.error_in(part, problem);
  walk_.commit();
  return Outcome::error;
}

InfluxqlDecoder::Outcome InfluxqlDecoder::skip_value() {
  std::string_view raw;
  return leave(walk_.take_value(raw), place_);
}

InfluxqlDecoder::Outcome InfluxqlDecoder::next_document() {
  const char first = walk_.peek();
  walk_.commit();
  if (walk_.at_end()) return Outcome::incomplete;
  next_statement_ = 0;
  // A page of HTML has lines that start with '{' too.
  if (first != '{') return give_up(walk_.foreign(), started_ ? Place::lost : Place::done);
  started_ = true;
  return enter(Place::document);
}

InfluxqlDecoder::Outcome InfluxqlDecoder::document_member() {
  std::string_view key;
  const Next next = walk_.next_member(key);
  if (next != Next::found) return leave(next, Place::documents);
  if (key == "\"results\"" && walk_.peek() == '[') return enter(Place::results);
  if (key == "\"error\"" && walk_.peek() == '"') return take_failure(std::nullopt);
  return skip_value();
}

InfluxqlDecoder::Outcome InfluxqlDecoder::next_result() {
  const Next next = walk_.next_item();
  if (next != Next::found) return leave(next, Place::document);
  if (walk_.peek() == '{') {
    statement_ = next_statement_;
    partial_ = series_partial_ = false;
    return enter(Place::result);
  }
  std::string_view raw;
  const Next value = walk_.take_value(raw);
  return value == Next::found ? refuse(raw, {"result is no object"}) : leave(value, place_);
}

InfluxqlDecoder::Outcome InfluxqlDecoder::result_member() {
  std::string_view key;
  const Next next = walk_.next_member(key);
  if (next == Next::closed) return end_result();
  if (next != Next::found) return leave(next, place_);
  const char first = walk_.peek();
  if (key == "\"series\"" && first == '[') return enter(Place::series_list);
  if (key == "\"messages\"" && first == '[') return enter(Place::messages);
  if (key == "\"error\"" && first == '"') return take_failure(statement_);
  if (key == "\"statement_id\"") return take_statement();
  if (key == "\"partial\"") return take_flag(partial_);
  return skip_value();
}

InfluxqlDecoder::Outcome InfluxqlDecoder::end_result() {
  walk_.commit();
  place_ = Place::results;
  next_statement_ = statement_ + 1;
  record_ = {.kind = InfluxqlRecord::Kind::end,
             .statement = statement_,
             .partial = partial_,
             .series_partial = series_partial_};
  return Outcome::record;
}

InfluxqlDecoder::Outcome InfluxqlDecoder::take_flag(bool& flag) {
  std::string_view raw;
  const Next next = walk_.take_value(raw);
  if (next == Next::found) flag = raw == "true";
  return leave(next, place_);
}

InfluxqlDecoder::Outcome InfluxqlDecoder::take_statement() {
  std::string_view raw;
  const Next next = walk_.take_value(raw);
  if (next != Next::found) return leave(next, place_);
  JsonValue value;
  const JsonProblem problem = read_json_value(raw, texts_, value);
  const auto* const number = std::get_if<std::int64_t>(&value);
  if (problem || number == nullptr || *number < 0 || *number > influxql_statements_max) {
    return refuse(raw, {"invalid statement_id"});
  }
  statement_ = *number;
  return leave(next, place_);
}

InfluxqlDecoder::Outcome InfluxqlDecoder::take_failure(std::optional<std::int64_t> statement) {
  std::string_view raw;
  const Next next = walk_.take_value(raw);
  if (next != Next::found) return leave(next, place_);
  texts_.clear();
  texts_.reserve(raw.size());
  JsonValue value;
  if (const JsonProblem problem = read_json_value(raw, texts_, value)) return refuse(raw, problem);
  failed_ = true;
  failure_ = {.statement = statement, .text = std::get<std::string_view>(value)};
  return refuse(raw, {statement ? "the server refused the statement" : "the server refused the request"});
}

InfluxqlDecoder::Outcome InfluxqlDecoder::next_message() {
  const Next next = walk_.next_item();
  if (next != Next::found) return leave(next, Place::result);
  std::string_view raw;
  const Next value = walk_.take_value(raw);
  if (value != Next::found) return leave(value, place_);
  if (raw.front() != '{') return refuse(raw, {"message is no object"});
  record_ = {.kind = InfluxqlRecord::Kind::message, .statement = statement_};
  texts_.clear();
  texts_.reserve(raw.size());
  JsonItems members(raw);
  std::string_view key;
  std::string_view text;
  while (members.next(key, text)) {
    std::string_view* const part = key == "\"level\"" ? &record_.level : key == "\"text\"" ? &record_.text : nullptr;
    if (part == nullptr || text.front() != '"') continue;
    JsonValue value_of_text;
    if (const JsonProblem problem = read_json_value(text, texts_, value_of_text)) return refuse(text, problem);
    *part = std::get<std::string_view>(value_of_text);
  }
  if (members.problem()) return refuse(raw, members.problem());
  walk_.commit();
  return Outcome::record;
}

}  // namespace codecs
