// Any template, target and body as a rule and a request of it: a template that is taken has a
// pattern the router takes, what a request says is the same message each time, and a message that
// can be said in JSON comes back from there.
//
// Input: a line each for the rule's body field, its template and the target, then the body.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "framework/base/check.h"
#include "framework/base/utf8.h"
#include "framework/rpc/json_parser.h"
#include "framework/rpc/json_printer.h"
#include "framework/rpc/transcoding.h"
#include "tests/rpc/annotated_method.h"

namespace turbo::rpc {
namespace {

using test::Everything;

std::string_view take_line(std::string_view& rest) {
  const std::string_view line = rest.substr(0, rest.find('\n'));
  rest.remove_prefix(line.size() < rest.size() ? line.size() + 1 : line.size());
  return line;
}

google::api::HttpRule rule_of(std::string_view body, std::string_view path) {
  google::api::HttpRule rule;
  rule.mutable_custom()->set_kind("GET");
  rule.mutable_custom()->set_path(std::string(path));
  rule.set_body(std::string(body));
  return rule;
}

void check_json(const Everything& message) {
  const absl::StatusOr<std::string> text = to_json(message, {});
  if (!text.ok()) return;
  Everything again;
  TURBO_CHECK(parse_json(*text, again, {}).ok(), "what was said cannot be read");
  TURBO_CHECK(to_json(again, {}).value_or("") == *text, "another round changes it");
  for (const char* name : {"text", "words", "inner", "counts", "large"}) {
    const auto& field = *Everything::descriptor()->FindFieldByName(name);
    const absl::StatusOr<std::string> value = field_to_json(message, field, {});
    TURBO_CHECK(value.ok() && (*value == "null" || text->find(*value) != std::string::npos ||
                               value->size() <= 3),
                "a field of no message");
    Everything one;
    TURBO_CHECK(parse_field_json(*value, one, field, {}).ok(), "a field cannot be read");
  }
}

void check_request(const Transcoding& transcoding, std::string_view target,
                   const std::string& body) {
  const std::string_view path = target.substr(0, target.find('?'));
  const std::optional<Transcoding::Match> match = transcoding.find("GET", path);
  if (!match.has_value()) return;
  TURBO_CHECK(path.starts_with(match->path), "another path");
  const std::string_view query = path.size() == target.size() ? "" : target.substr(path.size() + 1);
  Everything message;
  Everything second;
  const HTTPRequestParts parts{match->path, query, body};
  const absl::Status status = match->binding->parse(parts, {}, message);
  TURBO_CHECK(match->binding->parse(parts, {}, second).code() == status.code(), "it varies");
  if (!status.ok()) return;
  TURBO_CHECK(message.SerializeAsString().size() == second.SerializeAsString().size(), "it varies");
  Everything lenient;
  TURBO_CHECK(match->binding->parse(parts, {.ignore_unknown = true}, lenient).ok(),
              "leniency refuses");
  check_json(message);
}

}  // namespace
}  // namespace turbo::rpc

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace turbo::rpc;
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  const std::string_view body_field = take_line(rest);
  const std::string_view path = take_line(rest);
  const std::string_view target = take_line(rest);
  if (!turbo::is_utf8(path) || !turbo::is_utf8(body_field)) return 0;  // no .proto has it
  const AnnotatedMethod method(rule_of(body_field, path));
  Transcoding transcoding;
  if (transcoding.add(method.get(), 0).ok()) {
    check_request(transcoding, target, std::string(rest));
  }
  return 0;
}
