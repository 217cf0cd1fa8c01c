#include "framework/http/route_expression.h"

#include <re2/re2.h>

#include <array>
#include <string>
#include <utility>

#include "framework/base/status.h"
#include "framework/http/scan.h"

namespace turbo::http {

namespace {

absl::Status refused(std::string_view why) {
  return make_status(absl::StatusCode::kInvalidArgument,
                     std::string("the expression ").append(why));
}

}  // namespace

absl::StatusOr<std::unique_ptr<RouteExpression>> RouteExpression::compile(std::string_view text) {
  if (text.empty()) return refused("is empty");
  if (text.size() > kMaxBytes) return refused("is too long");
  RE2::Options options;
  options.set_log_errors(false);
  options.set_never_capture(true);
  options.set_max_mem(kMaxMemory);
  auto compiled = std::make_unique<RE2>(re2::StringPiece(text.data(), text.size()), options);
  if (!compiled->ok()) return refused("is none of RE2's: " + compiled->error());
  return std::unique_ptr<RouteExpression>(new RouteExpression(std::move(compiled)));
}

RouteExpression::RouteExpression(std::unique_ptr<re2::RE2> compiled)
    : compiled_(std::move(compiled)) {}
RouteExpression::~RouteExpression() = default;

bool RouteExpression::matches(std::string_view value) const {
  if (value.size() > kMaxValueBytes) return false;
  const re2::StringPiece text(value.data(), value.size());
  return compiled_->Match(text, 0, value.size(), RE2::ANCHOR_BOTH, nullptr, 0);
}

bool RouteExpression::matches_encoded(std::string_view value) const {
  if (value.find('%') == std::string_view::npos) return matches(value);
  if (value.size() > 3 * kMaxValueBytes) return false;
  std::array<char, 3 * kMaxValueBytes> decoded;
  size_t size = 0;
  for (size_t i = 0; i < value.size(); ++i) {
    if (value[i] != '%') {
      decoded[size++] = value[i];
      continue;
    }
    if (value.size() - i < 3 || !is_byte(value[i + 1], kHexByte) ||
        !is_byte(value[i + 2], kHexByte)) {
      return false;
    }
    decoded[size++] =
        static_cast<char>(hex_digit_value(value[i + 1]) << 4 | hex_digit_value(value[i + 2]));
    i += 2;
  }
  return matches({decoded.data(), size});
}

}  // namespace turbo::http
