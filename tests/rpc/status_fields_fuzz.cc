// Any fields as a call's last: there is an answer, it can be sent on, and it comes back unless it
// was cut. Any text as a message: it comes back, or its beginning does.
//
// Input: a line for each field, "name:value".

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/cord.h"
#include "framework/base/check.h"
#include "framework/rpc/status_fields.h"
#include "tests/rpc/field_lines.h"

namespace turbo::rpc {
namespace {

void check_message(std::string_view message) {
  const std::string escaped = escape_message(message);
  TURBO_CHECK(escaped.size() <= kMaxMessageBytes, "too long");
  for (const char c : escaped) TURBO_CHECK(c >= ' ' && c <= '~', "not escaped");
  const std::string unescaped = unescape_message(escaped);
  TURBO_CHECK(message.starts_with(unescaped), "not what was escaped");
  TURBO_CHECK(3 * message.size() > kMaxMessageBytes || unescaped == message, "cut without need");
  TURBO_CHECK(unescape_message(message).size() <= message.size(), "longer than it was");
}

// As a peer has it.
absl::Status sent(const absl::Status& status) {
  std::vector<std::pair<std::string, std::string>> texts;
  encode_status(status, [&texts](std::string_view name, std::string_view value) {
    texts.emplace_back(name, value);
  });
  std::vector<http::Field> fields;
  for (const auto& [name, value] : texts) fields.push_back({name, value});
  const std::optional<absl::Status> decoded = decode_status(fields);
  TURBO_CHECK(decoded.has_value(), "sent without a status");
  return *decoded;
}

void check_status(std::span<const http::Field> fields) {
  const std::optional<absl::Status> status = decode_status(fields);
  if (!status) return;
  const absl::Status again = sent(*status);
  TURBO_CHECK(again.code() == status->code(), "another code");
  const auto details = status->GetPayload(to_absl(kDetailsPayload));
  const bool cut = 3 * status->message().size() > kMaxMessageBytes ||
                   (details && details->size() > kMaxDetailsBytes);
  TURBO_CHECK(cut || again == *status, "another round changes it");
}

}  // namespace
}  // namespace turbo::rpc

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  turbo::rpc::check_message(text);
  turbo::rpc::check_status(turbo::rpc::fields_of(text));
  return 0;
}
