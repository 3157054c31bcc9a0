#pragma once
// Cases of the corpora that the exposition decoder decides otherwise on purpose, and why.

#include <map>
#include <string>

/// Key of a case -> reason.
using Differences = std::map<std::string, const char*>;

inline const Differences none;

namespace exposition_reasons {

inline constexpr auto values = "a value is what was measured: its type does not judge it (Prometheus takes it too)";
inline constexpr auto whole =
    "a histogram is not judged as a whole: each of its samples is good by itself (Prometheus takes it too)";
inline constexpr auto order =
    "the series of one family may come in any order: each says its labels (Prometheus takes it too)";
inline constexpr auto long_exemplar = "a long exemplar is not worth losing the sample (Prometheus takes it too)";
inline constexpr auto interleaved = "without metadata foo_total and foo_created are two families, here interleaved";
inline constexpr auto no_newline = "the last line may lack its newline: Prometheus and VictoriaMetrics take it too";
inline constexpr auto other_escape = "a backslash before another character stands for itself, as in Prometheus";
inline constexpr auto label_text = "in text 0.0.4 le and quantile are texts, as in Prometheus";
inline constexpr auto last_counts = "in text 0.0.4 the last line of metadata counts, as in Prometheus";
inline constexpr auto utf8_names = "expfmt has names in quotes switched off in this test; they are always read";
inline constexpr auto fraction = "milliseconds are integers, as in Prometheus; whether 789.4354 are seconds is a guess";
inline constexpr auto loose_names = "'#', '.' and '-' in a name need quotes, as in Prometheus";
inline constexpr auto tail = "text 0.0.4 has no exemplars and no comments behind a sample, as in Prometheus";
inline constexpr auto no_label_name = "a label without name is refused, as in Prometheus";
inline constexpr auto blanks = "any blanks may stand behind '#', as in Prometheus";
inline constexpr auto info_name = "a sample of an info ends in _info (OpenMetrics)";
inline constexpr auto moved_created = "Telegraf's expectation has another _created (2005509488) than the page";
inline constexpr auto kept = "Telegraf drops _count and _sum of a counter; they are read as families of their own";

}  // namespace exposition_reasons

namespace exposition_differences {

using namespace exposition_reasons;

/// openmetrics-parsers: we accept what the specification refuses.
inline const Differences openmetrics = {
    {"bad_counter_values_0", values},
    {"bad_counter_values_1", values},
    {"bad_counter_values_2", values},
    {"bad_counter_values_3", values},
    {"bad_counter_values_4", values},
    {"bad_counter_values_5", values},
    {"bad_counter_values_6", values},
    {"bad_counter_values_7", values},
    {"bad_counter_values_8", values},
    {"bad_counter_values_9", values},
    {"bad_counter_values_10", values},
    {"bad_counter_values_11", values},
    {"bad_counter_values_12", values},
    {"bad_counter_values_13", values},
    {"bad_counter_values_14", values},
    {"bad_counter_values_15", values},
    {"bad_counter_values_16", values},
    {"bad_counter_values_17", values},
    {"bad_counter_values_18", values},
    {"bad_counter_values_19", values},
    {"bad_info_and_stateset_values_0", values},
    {"bad_info_and_stateset_values_1", values},
    {"bad_histograms_0", whole},
    {"bad_histograms_1", whole},
    {"bad_histograms_2", whole},
    {"bad_histograms_3", whole},
    {"bad_histograms_6", whole},
    {"bad_histograms_7", whole},
    {"bad_histograms_8", whole},
    {"bad_histograms_9", whole},
    {"bad_histograms_10", whole},
    {"bad_histograms_11", whole},
    {"bad_histograms_12", whole},
    {"bad_histograms_13", whole},
    {"bad_histograms_14", whole},
    {"bad_grouping_or_ordering_0", order},
    {"bad_grouping_or_ordering_2", order},
    {"bad_exemplars_6", long_exemplar},
    {"bad_exemplar_complex_chars", long_exemplar},
};

/// promtext-extracted/prometheus.json: function and index within it.
inline const Differences prometheus = {
    {"TestSTParseFailures 1", interleaved},  {"testTextParseError 0", no_newline},
    {"testTextParseError 1", other_escape},  {"testTextParseError 7", label_text},
    {"testTextParseError 12", last_counts},  {"testTextParseError 13", last_counts},
    {"testTextParseError 14", last_counts},  {"testTextParseError 19", label_text},
    {"testTextParseError 32", label_text},   {"testTextParseError 33", label_text},
    {"testTextParseError 36", other_escape}, {"testTextParseError 38", other_escape},
    {"testTextParseError 41", utf8_names},   {"testTextParseError 42", utf8_names},
    {"testTextParseError 43", values},       {"testTextParseError 44", values},
    {"testTextParseError 45", values},       {"testTextParseError 46", values},
};

/// promtext-extracted/victoriametrics.json: function and index within it.
inline const Differences victoriametrics = {
    {"TestParseMetadataLineFailure 11", blanks},     {"TestRowsUnmarshalSuccess 7", fraction},
    {"TestRowsUnmarshalSuccess 16", fraction},       {"TestRowsUnmarshalSuccess 10", loose_names},
    {"TestRowsUnmarshalSuccess 11", loose_names},    {"TestRowsUnmarshalSuccess 28", loose_names},
    {"TestRowsUnmarshalSuccess 29", loose_names},    {"TestRowsUnmarshalSuccess 13", tail},
    {"TestRowsUnmarshalSuccess 26", no_label_name},  {"TestUnmarshalWithMetadata 7", fraction},
    {"TestUnmarshalWithMetadata 16", fraction},      {"TestUnmarshalWithMetadata 10", loose_names},
    {"TestUnmarshalWithMetadata 11", loose_names},   {"TestUnmarshalWithMetadata 28", loose_names},
    {"TestUnmarshalWithMetadata 29", loose_names},   {"TestUnmarshalWithMetadata 13", tail},
    {"TestUnmarshalWithMetadata 26", no_label_name},
};

/// prometheus-expfmt/corpus.
inline const Differences expfmt = {
    {"from_test_parse_error_0", no_newline},   {"from_test_parse_error_1", other_escape},
    {"from_test_parse_error_12", last_counts}, {"from_test_parse_error_13", last_counts},
    {"from_test_parse_error_14", last_counts}, {"from_test_parse_error_19", label_text},
    {"from_test_parse_error_7", label_text},
};

/// telegraf-parsers/openmetrics.
inline const Differences telegraf_openmetrics = {
    {"valid_info", info_name},
    {"valid_summary", moved_created},
    {"dovecot", kept},
};

}  // namespace exposition_differences
