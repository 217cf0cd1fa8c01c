#include "framework/rpc/retry.h"

#include <charconv>

namespace turbo::rpc {

Pushback parse_pushback(std::optional<std::string_view> value) {
  if (!value.has_value()) return {};
  int32_t wait = 0;
  const auto [end, error] = std::from_chars(value->data(), value->data() + value->size(), wait);
  const bool whole = error == std::errc() && end == value->data() + value->size();
  if (!whole || wait < 0) return {.forbidden = true, .wait = std::nullopt};
  return {.forbidden = false, .wait = std::chrono::milliseconds(wait)};
}

}  // namespace turbo::rpc
