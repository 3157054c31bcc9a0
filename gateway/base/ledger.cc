#include "gateway/base/ledger.h"

#include <fmt/format.h>

#include <iterator>

namespace gw {
namespace {

struct ReasonRow {
  Reason reason;
  std::string_view name;
};
constexpr std::array<ReasonRow, reason_count> reason_rows{{
    {Reason::nan, "nan"},
    {Reason::infinite, "infinite"},
    {Reason::out_of_range, "out_of_range"},
    {Reason::no_hostname, "no_hostname"},
    {Reason::no_type_id, "no_type_id"},
    {Reason::histogram, "histogram"},
    {Reason::not_representable, "not_representable"},
    {Reason::duplicate, "duplicate"},
    {Reason::too_many_samples, "too_many_samples"},
    {Reason::queue_full, "queue_full"},
    {Reason::too_large, "too_large"},
    {Reason::rule, "rule"},
    {Reason::syntax, "syntax"},
    {Reason::no_value, "no_value"},
    {Reason::not_a_number, "not_a_number"},
    {Reason::bad_host, "bad_host"},
    {Reason::bad_cluster, "bad_cluster"},
    {Reason::future, "future"},
    {Reason::refused, "refused"},
    {Reason::lost, "lost"},
    {Reason::stopped, "stopped"},
}};

constexpr bool rows_stand_in_order() {
  for (std::size_t i = 0; i < reason_count; ++i)
    if (reason_rows[i].reason != static_cast<Reason>(i)) return false;
  return true;
}
static_assert(rows_stand_in_order(), "name() finds a reason's row by its number");

struct Words {
  std::string_view in;
  std::string_view out;
};

void append_account(std::string& text, const Account& account, Words words) {
  const std::string made = account.made_total() == 0 ? "" : fmt::format(" + {} made by rules", account.made_total());
  fmt::format_to(std::back_inserter(text), "  {:<8}{:<20}{} {}{} = {} {} + {} dropped + {} held\n", account.stage(),
                 account.who(), account.in_total(), words.in, made, account.out_total(), words.out,
                 account.dropped_total(), account.held());
  for (std::size_t i = 0; i < reason_count; ++i) {
    const auto reason = static_cast<Reason>(i);
    if (account.dropped(reason) > 0)
      fmt::format_to(std::back_inserter(text), "    dropped {:<18}{}\n", name(reason), account.dropped(reason));
  }
}

}  // namespace

std::string_view name(Reason reason) { return reason_rows[static_cast<std::size_t>(reason)].name; }

std::uint64_t Account::dropped_total() const {
  std::uint64_t sum = 0;
  for (const auto& count : dropped_) sum += count.load(std::memory_order_relaxed);
  return sum;
}

std::uint64_t Ledger::published() const {
  std::uint64_t sum = 0;
  for (const Account& source : sources_) sum += source.out_total();
  return sum;
}

std::uint64_t Ledger::queue_full() const {
  std::uint64_t sum = 0;
  for (const Account& source : sources_) sum += source.dropped(Reason::queue_full);
  return sum;
}

std::uint64_t Ledger::lost() const {
  std::uint64_t sum = 0;
  for (const Account& sink : sinks_) sum += sink.dropped(Reason::lost);
  return sum;
}

std::string Ledger::balance(std::string_view rules) const {
  std::string text;
  for (const Account& source : sources_) append_account(text, source, {"polled", "published"});
  if (!sinks_.empty()) append_account(text, receive_, {"received", "accepted"});
  text += rules;
  if (leniencies > 0)
    fmt::format_to(std::back_inserter(text),
                   "    {} commas without a tag or tags without a value passed over in received lines\n",
                   leniencies.load());
  if (messages_lost > 0)
    fmt::format_to(std::back_inserter(text), "  bus     {} messages lost before they were received (slow consumer)\n",
                   messages_lost.load());
  if (messages_unread > 0)
    fmt::format_to(std::back_inserter(text), "  bus     {} messages left unread at the stop\n", messages_unread.load());
  for (const Account& sink : sinks_) append_account(text, sink, {"accepted", "written"});
  return text;
}

}  // namespace gw
