// A batch is one part at first. A part is attempted as one request; where some line of it is bad, or it is too large,
// it becomes its two halves, in its place. So parts are attempted in the order of their lines, a line that stands
// alone is found after at most log2(lines) halvings, and a batch needs at most 2 * lines - 1 requests. The store keeps
// what stood before a bad line: sending it again with its half changes nothing.
#include "gateway/sinks/delivery.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "codecs/line_protocol.h"
#include "gateway/base/log.h"

namespace gw {
namespace {

constexpr Milliseconds back_off_min{500};
constexpr Milliseconds back_off_max{30'000};
constexpr Milliseconds retry_after_max{300'000};
constexpr double jitter_share = 0.2;
/// While it waits, the sink is asked so often whether it wants to go on.
constexpr Milliseconds ask_again{1'000};
/// Reasons of refused lines that the log tells; the dead-letter file has all.
constexpr std::size_t reasons_max = 64;

bool digit(char c) { return c >= '0' && c <= '9'; }

/// `text` with each number replaced by '#' where `measured` says so of what follows it.
template <class Measured>
std::string without_numbers(std::string_view text, Measured measured) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    std::size_t end = i;
    while (end < text.size() && digit(text[end])) ++end;
    if (end == i) {
      out += text[i++];
    } else {
      if (measured(text.substr(end)))
        out += '#';
      else
        out += text.substr(i, end - i);
      i = end;
    }
  }
  return out;
}

/// What stays the same of a trouble's text over its attempts: "refused after 3 ms" is no other trouble than after 4.
std::string trouble_key(std::string_view reason) {
  static constexpr std::array<std::string_view, 9> units = {"ms", "milliseconds", "s",     "seconds", "min", "h",
                                                            "d",  "bytes",        "out of"};
  return without_numbers(reason, [](std::string_view rest) {
    return std::ranges::any_of(units, [rest](std::string_view unit) {
      return rest.starts_with(' ') && rest.substr(1).starts_with(unit) &&
             (rest.size() == unit.size() + 1 || rest[unit.size() + 1] < 'a' || rest[unit.size() + 1] > 'z');
    });
  });
}

/// What stays the same of the text for many refused lines: not line numbers, columns and values.
std::string refusal_key(std::string_view reason) {
  return without_numbers(reason, [](std::string_view) { return true; });
}

/// "cpu_load node01": which series a line belongs to, for people. A bad line has but its first word.
std::string series_of(std::string_view line) {
  codecs::LineDecoder decoder;
  decoder.reset(line);
  if (decoder.next() != codecs::Step::record) return std::string(line.substr(0, line.find_first_of(", \n")));
  std::string scratch;
  std::string series(codecs::unescaped_measurement(decoder.line().measurement, scratch));
  for (const codecs::Tag& tag : decoder.line().tags) {
    if (tag.key != "hostname") continue;
    series += ' ';
    series += codecs::unescaped(tag.value, scratch);
  }
  return series;
}

/// Seconds with one decimal: 0.5, 8, 29.3.
double rounded(std::chrono::duration<double> time) { return std::round(time.count() * 10) / 10; }

}  // namespace

std::string_view Batch::slice(std::size_t first, std::size_t last) const {
  if (first >= last) return {};
  const std::size_t begin = first == 0 ? 0 : ends[first - 1];
  return std::string_view(text).substr(begin, ends[last - 1] - begin);
}

BatchDelivery::BatchDelivery(std::string name, Sink& sink, DeadLetter& dead_letter, Account& account,
                             std::uint64_t jitter_seed)
    : name_(std::move(name)),
      sink_(sink),
      dead_letter_(dead_letter),
      account_(account),
      jitter_(static_cast<std::minstd_rand::result_type>(jitter_seed)) {}

void BatchDelivery::begin(Batch batch) {
  batch_ = std::move(batch);
  hurried_ = false;
  if (batch_.lines() > 0) parts_.push_back({0, batch_.lines()});
}

void BatchDelivery::hurry(Instant now) {
  if (!std::exchange(hurried_, true)) due_ = std::min(due_, now.steady);
}

SteadyTime BatchDelivery::step(Instant now) {
  if (idle()) return SteadyTime::max();
  if (now.steady < due_ && !sink_.wants_retry()) return std::min(due_, now.steady + ask_again);
  const Part part = parts_.front();
  react(sink_.attempt(batch_.slice(part.first, part.last)), now);
  return due_ > now.steady ? std::min(due_, now.steady + ask_again) : now.steady;
}

void BatchDelivery::react(const Verdict& verdict, Instant now) {
  if (verdict.reaction == Reaction::hold) {
    failed(verdict, now);
    return;
  }
  answered(now);
  const Part part = parts_.front();
  parts_.pop_front();
  if (verdict.reaction == Reaction::written)
    account_.out(part.last - part.first);
  else if (part.last - part.first > 1)
    split(part);
  else
    refuse(batch_.slice(part.first, part.last), verdict.reason, now.wall);
}

void BatchDelivery::split(Part part) {
  const std::size_t middle = part.first + (part.last - part.first) / 2;
  parts_.push_front({middle, part.last});
  parts_.push_front({part.first, middle});
}

void BatchDelivery::refuse(std::string_view line, const std::string& reason, WallTime now) {
  log_refused(line, reason);
  const Result<void> kept = dead_letter_.add(line, reason, now);
  account_.drop(kept ? Reason::refused : Reason::lost);
  // The line's last copy: where the file does not take it, the log must.
  if (!kept)
    log::error("sink={} line=lost reason={} line_text={}", name_, log::value(kept.error().text),
               log::whole_value(line));
}

void BatchDelivery::log_refused(std::string_view line, const std::string& reason) {
  if (reasons_logged_.size() >= reasons_max || !reasons_logged_.insert(refusal_key(reason)).second) return;
  log::warn("sink={} line=refused reason={} series={} file={}", name_, log::value(reason), log::value(series_of(line)),
            log::value(dead_letter_.file().string()));
  if (reasons_logged_.size() == reasons_max)
    log::warn("sink={} line=refused reason=\"further reasons stand in the file only\" file={}", name_,
              log::value(dead_letter_.file().string()));
}

void BatchDelivery::answered(Instant now) {
  if (!trouble_.empty()) log::info("sink={} state=up held_s={}", name_, rounded(now.steady - down_since_));
  trouble_.clear();
  failures_ = 0;
  due_ = now.steady;
}

Milliseconds BatchDelivery::back_off(const Verdict& verdict) {
  // A peer that asks for no wait at all gets the shortest one: no request is repeated without a pause.
  if (verdict.retry_after) return std::clamp(*verdict.retry_after, back_off_min, retry_after_max);
  const unsigned doublings = std::min(failures_, 6U);  // 0.5 s * 2^6 is more than 30 s
  const Milliseconds wait = std::min(back_off_min * (1U << doublings), back_off_max);
  std::uniform_real_distribution<double> share(1 - jitter_share, 1 + jitter_share);
  return std::chrono::round<Milliseconds>(wait * share(jitter_));
}

void BatchDelivery::failed(const Verdict& verdict, Instant now) {
  const Milliseconds wait = back_off(verdict);
  if (trouble_.empty()) down_since_ = now.steady;
  if (trouble_.empty() || trouble_key(trouble_) != trouble_key(verdict.reason))
    log::warn("sink={} state=down reason={} retry_s={}", name_, log::value(verdict.reason), rounded(wait));
  trouble_ = verdict.reason;
  ++failures_;
  due_ = now.steady + wait;
}

std::vector<std::uint64_t> BatchDelivery::settle() {
  std::vector<std::uint64_t> frames = std::move(batch_.frames);
  batch_ = {};
  return frames;
}

std::size_t BatchDelivery::held() const {
  std::size_t lines = 0;
  for (const Part& part : parts_) lines += part.last - part.first;
  return lines;
}

std::size_t BatchDelivery::abandon() {
  const std::size_t lines = held();
  if (lines == 0) return 0;
  // Parts are in order, so what is left runs from the first part's first line to the batch's last.
  const std::size_t first = parts_.front().first;
  const std::size_t last = parts_.back().last - 1;
  account_.drop(Reason::stopped, lines);
  log::error("sink={} dropped=stopped lines={} first={} last={} reason={}", name_, lines,
             log::value(series_of(batch_.slice(first, first + 1))), log::value(series_of(batch_.slice(last, last + 1))),
             log::value(trouble_));
  parts_.clear();
  return lines;
}

}  // namespace gw
