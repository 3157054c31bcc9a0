#include "codecs/json_walk.h"

#include <algorithm>

namespace codecs {
namespace {

using Next = JsonWalk::Next;
using Trouble = JsonScan::Trouble;

/// Bytes behind the place of an error that are shown with it.
constexpr std::size_t error_text_max = 256;

}  // namespace

void JsonWalk::reset() {
  input_ = {};
  offset_ = begin_ = 0;
  line_ = column_ = 1;
  first_at_begin_ = first_ = true;
}

void JsonWalk::feed(std::string_view input, bool last) {
  offset_ += begin_;
  input_ = input;
  last_ = last;
  begin_ = 0;
}

void JsonWalk::start() {
  // The scanner sees no more than a step may have, so that what it allocates is bounded too.
  scan_.begin(input_.substr(0, begin_ + json_step_bytes_max), begin_);
  first_ = first_at_begin_;
}

Next JsonWalk::found() const {
  switch (scan_.trouble()) {
    case Trouble::none:
      return Next::found;
    case Trouble::shape:
      return Next::shape;
    case Trouble::broken:
      return sees_line(scan_.where()) ? Next::broken : Next::incomplete;
    case Trouble::more:
      break;
  }
  return input_.size() - begin_ >= json_step_bytes_max ? Next::broken : Next::incomplete;
}

Next JsonWalk::next_item() {
  const bool item = scan_.next_item(first_);
  first_ = false;
  return item || !scan_.ok() ? found() : Next::closed;
}

Next JsonWalk::next_member(std::string_view& key) {
  const bool member = scan_.next_member(first_, key);
  first_ = false;
  if (member) scan_.peek();  // what the value starts with
  return member || !scan_.ok() ? found() : Next::closed;
}

void JsonWalk::enter() {
  scan_.open(scan_.peek(), {});
  first_ = true;
}

void JsonWalk::commit() { commit_at(scan_.at()); }

void JsonWalk::commit_at(std::size_t at) {
  const std::string_view done = input_.substr(begin_, at - begin_);
  const std::size_t newline = done.rfind('\n');
  line_ += static_cast<std::size_t>(std::ranges::count(done, '\n'));
  column_ = newline == std::string_view::npos ? column_ + done.size() : done.size() - newline;
  begin_ = at;
  first_at_begin_ = first_;
}

Next JsonWalk::refuse(std::size_t value, std::string_view reason, std::size_t where) {
  scan_.rewind(value);
  scan_.skip_value(0);
  const Next next = found();
  if (next == Next::found) note(where, reason, scan_.between(value, scan_.at()));
  return next;
}

void JsonWalk::tell(std::string_view reason, std::size_t where) {
  note(where, reason, scan_.between(where, scan_.at()));
  commit();
}

void JsonWalk::note(std::size_t where, std::string_view reason, std::string_view text) {
  const std::string_view before = input_.substr(begin_, where - begin_);
  const std::size_t newline = before.rfind('\n');
  error_ = {.text = text,
            .line = line_ + static_cast<std::size_t>(std::ranges::count(before, '\n')),
            .column = newline == std::string_view::npos ? column_ + before.size() : before.size() - newline,
            .offset = offset_ + where,
            .reason = reason};
}

bool JsonWalk::sees_line(std::size_t where) const {
  const std::string_view rest = input_.substr(where, error_text_max);
  const bool whole = rest.size() == error_text_max || rest.find_first_of("\r\n") != std::string_view::npos;
  return whole || last_ || input_.size() - begin_ >= json_step_bytes_max;
}

void JsonWalk::give_up() {
  const bool too_long = scan_.trouble() == Trouble::more;
  const std::string_view reason = too_long ? "value longer than 1 MiB" : scan_.reason();
  scan_.rewind(too_long ? begin_ : scan_.where());
  give_up(reason);
}

void JsonWalk::give_up(std::string_view reason) {
  const std::size_t where = scan_.at();
  const std::string_view rest = input_.substr(where, error_text_max);
  note(where, reason, input_.substr(begin_, where - begin_ + std::min(rest.find_first_of("\r\n"), rest.size())));
  // The line of the error may be a document of its own, behind one that was cut.
  const bool at_line_start = where > begin_ && input_[where - 1] == '\n';
  commit_at(at_line_start ? where - 1 : where);
}

void JsonWalk::give_up_foreign() {
  switch (scan_.peek()) {
    case '<':
      return give_up("HTML instead of JSON");
    case '\x1f':
      return give_up("gzip instead of JSON");
    case '\xef':
      return give_up("a byte order mark before the JSON");
    default:
      return give_up("text instead of JSON");
  }
}

void JsonWalk::give_up_truncated() {
  scan_.rewind(input_.size());
  give_up("truncated JSON");
}

bool JsonWalk::find_next_document() {
  const std::size_t newline = input_.find("\n{", begin_);
  const bool found = newline != std::string_view::npos;
  // The brace may be the first byte of the next chunk.
  const std::size_t rest = input_.ends_with('\n') && !last_ ? input_.size() - 1 : input_.size();
  first_ = true;
  commit_at(found ? newline + 1 : std::max(begin_, rest));
  return found;
}

void JsonWalk::skip_all() { commit_at(input_.size()); }

}  // namespace codecs
