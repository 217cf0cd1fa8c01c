// Any fields as metadata: what is shown keeps the rules, does not grow, and comes back when it is
// sent on; what add() takes, a peer decodes.
//
// Input: a line for each field, "name:value".

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "framework/base/check.h"
#include "framework/base/views.h"
#include "framework/rpc/metadata.h"
#include "tests/rpc/field_lines.h"

namespace turbo::rpc {
namespace {

bool same(const Metadata& a, const Metadata& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
    return x.key == y.key && x.value == y.value;
  });
}

// As a peer has it.
Metadata sent(const Metadata& metadata) {
  std::vector<std::pair<std::string, std::string>> texts;
  metadata.encode([&texts](std::string_view name, std::string_view value) {
    for (const char c : value) TURBO_CHECK(c >= ' ' && c <= '~', "no field's value");
    texts.emplace_back(name, value);
  });
  std::vector<http::Field> fields;
  for (const auto& [name, value] : texts) fields.push_back({name, value});
  Metadata decoded;
  decoded.decode(fields);
  return decoded;
}

void check_decode(std::span<const http::Field> fields, std::string_view lines) {
  Metadata metadata;
  metadata.decode(fields);
  const std::string lower = absl::AsciiStrToLower(to_absl(lines));
  size_t value_bytes = 0;
  for (const Metadata::Entry& entry : metadata) {
    TURBO_CHECK(!entry.key.starts_with("grpc-") && entry.key != "te", "a reserved key");
    TURBO_CHECK(lower.find(entry.key) != std::string::npos, "an invented key");
    value_bytes += entry.value.size();
    Metadata added;
    TURBO_CHECK(added.add(entry.key, entry.value).ok() == (entry.key != "user-agent"),
                "shown and not to be sent");
  }
  TURBO_CHECK(value_bytes <= lines.size(), "more than was sent");
  TURBO_CHECK(same(metadata, sent(metadata)), "another round changes it");
}

void check_add(std::span<const http::Field> fields) {
  Metadata metadata;
  size_t added = 0;
  for (const http::Field& field : fields) added += metadata.add(field.name, field.value).ok();
  TURBO_CHECK(metadata.size() == added, "refused and added");
  TURBO_CHECK(same(metadata, sent(metadata)), "added and not decoded");
}

}  // namespace
}  // namespace turbo::rpc

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view lines(reinterpret_cast<const char*>(data), size);
  const std::vector<turbo::http::Field> fields = turbo::rpc::fields_of(lines);
  turbo::rpc::check_decode(fields, lines);
  turbo::rpc::check_add(fields);
  return 0;
}
