#include "framework/rpc/transcoding.h"

#include <utility>

#include "framework/base/status.h"
#include "framework/base/views.h"
#include "framework/rpc/path_template.h"

namespace turbo::rpc {

namespace {

constexpr std::string_view kAnyMethod = "*";

}  // namespace

absl::Status Transcoding::add(const google::protobuf::MethodDescriptor& method, uint32_t number) {
  for (const HTTPRule& rule : http_rules_of(method)) {
    if (absl::Status added = add_rule(method, rule, number); !added.ok()) {
      return make_status(added.code(), "the HTTP annotation of " + method.full_name() + ": " +
                                           std::string(to_std(added.message())));
    }
  }
  return absl::OkStatus();
}

absl::Status Transcoding::add_rule(const google::protobuf::MethodDescriptor& method,
                                   const HTTPRule& rule, uint32_t number) {
  if (rule.method.empty()) {
    return make_status(absl::StatusCode::kInvalidArgument, "it has no HTTP method");
  }
  const absl::StatusOr<PathTemplate> path = PathTemplate::parse(rule.path);
  if (!path.ok()) return path.status();
  absl::StatusOr<HTTPBinding> binding = HTTPBinding::make(rule, *path, method);
  if (!binding.ok()) return binding.status();
  Table& table = table_of(rule.method, path->verb);
  const auto route = static_cast<uint32_t>(routes_.size());
  absl::Status added = table.router.add(path->pattern, route);
  if (added.ok() && !path->pattern_without_rest.empty()) {
    added = table.without_rest.add(path->pattern_without_rest, route);
  }
  if (added.ok()) routes_.push_back(std::make_unique<Route>(Route{number, *std::move(binding)}));
  return added;
}

Transcoding::Table& Transcoding::table_of(std::string_view method, std::string_view verb) {
  for (Table& table : tables_) {
    if (table.method == method && table.verb == verb) return table;
  }
  return tables_.emplace_back(Table{std::string(method), std::string(verb), {}, {}});
}

std::optional<Transcoding::Match> Transcoding::find(std::string_view http_method,
                                                    std::string_view path) const {
  std::string_view bare = path;
  const std::string_view verb = cut_verb(bare);
  for (const std::string_view method : {http_method, kAnyMethod}) {
    if (!verb.empty()) {
      if (std::optional<Match> match = find_in(method, verb, bare)) return match;
    }
    if (std::optional<Match> match = find_in(method, "", path)) return match;
  }
  return std::nullopt;
}

std::optional<Transcoding::Match> Transcoding::find_in(std::string_view method,
                                                       std::string_view verb,
                                                       std::string_view path) const {
  for (const Table& table : tables_) {
    if (table.method != method || table.verb != verb) continue;
    http::RouteMatch match;
    if (!table.router.find(path, match) && !table.without_rest.find(path, match)) break;
    const Route& route = *routes_[match.route];
    return Match{route.method, &route.binding, path};
  }
  return std::nullopt;
}

}  // namespace turbo::rpc
