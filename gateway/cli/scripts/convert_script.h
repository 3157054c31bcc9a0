#pragma once
#include <string>
#include <string_view>

namespace gw::cli {

/// What became of a script between a database and cc-metric-store.
struct ConvertedScript {
  enum class Kind {
    whole,         ///< `text` is a configuration; `report` warns of what is not in it
    nothing_runs,  ///< `text` is comments: the gateway cannot do that yet; `report` says so
    wrong,         ///< there is no text; `report` says why
  };
  Kind kind = Kind::wrong;
  std::string text;
  std::string report;
};

/// Of prom2ccms.py or influx2ccms.py, or of what a site made of them: what is in METRIC_MAP and the constants beside
/// it. What differs from the documented script in the rest of it is warned of. `source` is the text of `file`. No
/// Python is run.
ConvertedScript convert_script(std::string_view source, const std::string& file);

}  // namespace gw::cli
