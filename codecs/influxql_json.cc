// An answer of /query (github.com/influxdata/influxdb 1.8, services/httpd/response_writer.go, query/result.go,
// models/rows.go), here in the order in which the servers write the members; JSON by RFC 8259 (see json_scan.cc):
//
//   answer   = document { newline document } .                  several with chunked=true
//   document = { [ "results": [ result … ] ] } | { "error": text } | { "code": text, "message": text } .
//   result   = { "statement_id": integer, "series": [ series … ], "messages": [ message … ], "partial": bool,
//                "error": text } .                              all but one may be missing
//   series   = { "name": text, "tags": { key: text … }, "columns": [ text … ], "values": [ row … ], "partial": bool } .
//   row      = [ value … ] .                                    one a column
//   value    = null | bool | number | text .
//   message  = { "level": text, "text": text } .
//
// Any member may be null, others are passed over. A document of nothing but these is no answer. `code` and `message`
// are what InfluxDB 2 answers instead. `partial` of a series: its next rows follow in the next document, in a series of
// the same name and tags; of a result: more of this statement follows. A time is text (RFC 3339) or, with `epoch`, an
// integer.

#include "codecs/influxql_json.h"

#include "codecs/number.h"

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
    walk_.start();
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
    if (walk_.last() && place_ == Place::documents && !started_) {
      walk_.give_up("empty body");
      place_ = Place::done;
      return Step::error;
    }
    const bool between = place_ == Place::documents || place_ == Place::lost || place_ == Place::done;
    if (!walk_.last() || between) return Step::end;
    walk_.give_up_truncated();
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

/// Where there is no further item or member, or the value was passed over.
InfluxqlDecoder::Outcome InfluxqlDecoder::leave(Next next, Place outer) {
  if (next == Next::incomplete) return Outcome::incomplete;
  if (next == Next::broken) {
    walk_.give_up();
    return give_up(Place::lost);
  }
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
InfluxqlDecoder::Outcome InfluxqlDecoder::give_up(Place place) {
  place_ = place;
  cut_ = false;
  return Outcome::error;
}

InfluxqlDecoder::Outcome InfluxqlDecoder::skip_value() {
  walk_.scan().skip_value(0);
  return leave(walk_.found(), place_);
}

/// Passes over a value that may be null, and tells of any other.
InfluxqlDecoder::Outcome InfluxqlDecoder::skip_null(std::string_view reason) {
  const std::size_t value = walk_.scan().at();
  return walk_.peek() == 'n' ? skip_value() : told(walk_.refuse(value, reason, value));
}

/// Tells of a value that was not what it should be, or waits for its end.
InfluxqlDecoder::Outcome InfluxqlDecoder::refuse(Next next, std::size_t value) {
  return next == Next::shape ? told(walk_.refuse(value)) : leave(next, place_);
}

InfluxqlDecoder::Outcome InfluxqlDecoder::told(Next refused) {
  const Outcome outcome = leave(refused, place_);
  return outcome == Outcome::go_on ? Outcome::error : outcome;
}

InfluxqlDecoder::Outcome InfluxqlDecoder::next_document() {
  const char first = walk_.peek();
  walk_.commit();
  if (walk_.at_end()) return Outcome::incomplete;
  next_statement_ = 0;
  if (first != '{') {
    if (!walk_.sees_line(walk_.consumed())) return Outcome::incomplete;
    walk_.give_up_foreign();
    // A page of HTML has lines that start with '{' too.
    return give_up(started_ ? Place::lost : Place::done);
  }
  started_ = true;
  answers_ = foreign_ = false;
  return enter(Place::document);
}

InfluxqlDecoder::Outcome InfluxqlDecoder::document_member() {
  std::string_view key;
  const Next next = walk_.next_member(key);
  if (next == Next::closed && foreign_ && !answers_) {
    walk_.tell("neither 'results' nor 'error'", walk_.scan().at() - 1);
    place_ = Place::documents;
    return Outcome::error;
  }
  if (next != Next::found) return leave(next, Place::documents);
  const bool results = key == "results";
  const bool refused = key == "error" || key == "message";
  if (results || refused) answers_ = true;
  if (!results && !refused) foreign_ = true;
  if (results) return walk_.peek() == '[' ? enter(Place::results) : skip_null("'results' is no array");
  if (refused) return walk_.peek() == '"' ? take_failure(std::nullopt) : skip_null("an error is no text");
  return skip_value();
}

InfluxqlDecoder::Outcome InfluxqlDecoder::next_result() {
  const Next next = walk_.next_item();
  if (next != Next::found) return leave(next, Place::document);
  const char first = walk_.peek();
  if (first != '{') return told(walk_.refuse(walk_.scan().at(), "result is no object", walk_.scan().at()));
  statement_ = next_statement_;
  partial_ = series_partial_ = false;
  return enter(Place::result);
}

InfluxqlDecoder::Outcome InfluxqlDecoder::result_member() {
  std::string_view key;
  const Next next = walk_.next_member(key);
  if (next == Next::closed) return end_result();
  if (next != Next::found) return leave(next, place_);
  const char first = walk_.peek();
  if (key == "series") return first == '[' ? enter(Place::series_list) : skip_null("'series' is no array");
  if (key == "messages") return first == '[' ? enter(Place::messages) : skip_null("'messages' is no array");
  if (key == "error") return first == '"' ? take_failure(statement_) : skip_null("an error is no text");
  if (key == "statement_id") return take_statement();
  if (key == "partial") return take_flag(partial_);
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
  if (walk_.peek() == 'n') return skip_value();
  const std::size_t value = walk_.scan().at();
  bool read = false;
  if (!walk_.scan().read_bool(read, "'partial' is neither true nor false")) return refuse(walk_.found(), value);
  flag = read;
  return leave(Next::found, place_);
}

InfluxqlDecoder::Outcome InfluxqlDecoder::take_statement() {
  if (walk_.peek() == 'n') return skip_value();
  constexpr std::string_view reason = "invalid statement_id";
  const std::size_t value = walk_.scan().at();
  std::string_view text;
  if (!walk_.scan().read_number(text, reason)) return refuse(walk_.found(), value);
  const auto number = parse_int64(text);
  if (!number || *number < 0 || *number > influxql_statements_max) return told(walk_.refuse(value, reason, value));
  statement_ = *number;
  return leave(Next::found, place_);
}

InfluxqlDecoder::Outcome InfluxqlDecoder::take_failure(std::optional<std::int64_t> statement) {
  const std::size_t value = walk_.scan().at();
  std::string_view text;
  if (!walk_.scan().read_string(text, {})) return refuse(walk_.found(), value);
  failed_ = true;
  failure_ = {.statement = statement, .text = text};
  return told(
      walk_.refuse(value, statement ? "the server refused the statement" : "the server refused the request", value));
}

InfluxqlDecoder::Outcome InfluxqlDecoder::next_message() {
  const Next next = walk_.next_item();
  if (next != Next::found) return leave(next, Place::result);
  walk_.peek();
  const std::size_t value = walk_.scan().at();
  record_ = {.kind = InfluxqlRecord::Kind::message, .statement = statement_};
  if (!read_message()) return refuse(walk_.found(), value);
  walk_.commit();
  return Outcome::record;
}

bool InfluxqlDecoder::read_message() {
  JsonScan& scan = walk_.scan();
  if (!scan.open('{', "message is no object")) return false;
  std::string_view key;
  for (bool first = true; scan.next_member(first, key); first = false) {
    std::string_view* const part = key == "level" ? &record_.level : key == "text" ? &record_.text : nullptr;
    if (part != nullptr && scan.peek() == '"' ? !scan.read_string(*part, {}) : !scan.skip_value(1)) return false;
  }
  return scan.ok();
}

}  // namespace codecs
