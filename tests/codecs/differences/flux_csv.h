#pragma once
// Answers of the corpus that we read otherwise than npm's @influxdata/influxdb-client 1.35.0, and why. Keys are
// indexes.

#include <cstddef>
#include <map>
#include <string_view>

inline constexpr std::string_view flux_failure =
    "an error table is an error, as the Go, Java and Python clients have it";
inline constexpr std::string_view flux_cells = "a row of more cells than columns is refused, as the Go client does";

inline const std::map<std::size_t, std::string_view> flux_csv_differences = {
    {12, flux_failure},
    {14, flux_failure},
    {21, flux_failure},
    {25, flux_failure},
    {36, flux_cells},
    {37, flux_cells},
    {47, "'x' is no boolean: the row is refused, not read as false"},
    {56, flux_failure},
    {57, flux_failure},
    {61, flux_failure},
    {64, "a blank in the annotation column of the header does not make it a column"},
    {96, "an annotation with fewer cells than the header has is told"},
};
