#pragma once
// What an exposition decoder gives, as text to compare.

#include <charconv>
#include <string>
#include <string_view>

#include "codecs/exposition.h"

inline std::string show_number(double value) {
  char buffer[40];
  return {buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr};
}

inline std::string show_time(const codecs::SampleTime& time) {
  if (time.text.empty()) return "";
  return " @" + (time.nanoseconds ? std::to_string(*time.nanoseconds) : "beyond " + std::string(time.text));
}

inline std::string show_labels(std::span<const codecs::Label> labels) {
  std::string out;
  for (const codecs::Label& label : labels) {
    out += (out.empty() ? "" : ",") + std::string(label.name) + "=<" + std::string(label.value) + ">";
  }
  return "{" + out + "}";
}

/// `name{label=<value>} value @ns`, what the family says behind it, an exemplar behind '#'.
inline std::string show_sample(const codecs::ExpositionSample& sample) {
  std::string out =
      std::string(sample.name) + show_labels(sample.labels) + " " + show_number(sample.value) + show_time(sample.time);
  if (const codecs::MetricFamily* const family = sample.family) {
    out += " (" + std::string(family->name) + " " + std::string(codecs::metric_type_name(family->type));
    if (!family->unit.empty()) out += " in " + std::string(family->unit);
    if (!family->help.empty()) out += ": " + std::string(family->help);
    out += ")";
  }
  if (const codecs::ExpositionExemplar* const exemplar = sample.exemplar) {
    out += " # " + show_labels(exemplar->labels) + " " + show_number(exemplar->value) + show_time(exemplar->time);
  }
  return out + "\n";
}

inline std::string show_error(const codecs::DecodeError& error) {
  return std::to_string(error.line) + ":" + std::to_string(error.column) + ": " + std::string(error.reason) + "\n";
}

inline std::string show_step(codecs::ExpositionDecoder& decoder, codecs::Step step) {
  return step == codecs::Step::record ? show_sample(decoder.sample()) : show_error(decoder.error());
}

/// The whole of `page`, one line for each record and error.
inline std::string show_page(codecs::ExpositionDecoder& decoder, std::string_view page) {
  std::string out;
  decoder.reset();
  decoder.feed(page, true);
  for (codecs::Step step = decoder.next(); step != codecs::Step::end; step = decoder.next()) {
    out += show_step(decoder, step);
  }
  return out;
}
