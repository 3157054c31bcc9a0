#pragma once

#include <cstdint>
#include <string_view>

#include "gateway/router/message.h"

/// One of a core that runs at 72.5.
inline gw::router::MessageView sample_message() {
  using gw::expression::Value;
  const auto text = [](std::string_view value) { return Value::of(value); };
  return {.name = "cpu_load",
          .tags = {{"hostname", text("e1208")},
                   {"type", text("core")},
                   {"type-id", text("7")},
                   {"stype", text("network")},
                   {"stype-id", text("eth0")}},
          .meta = {{"unit", text("MByte")}},
          .fields = {{"value", Value::of(72.5)}},
          .timestamp_s = 1740027951};
}
