#include "framework/rpc/http_binding.h"

#include <algorithm>
#include <optional>

#include "framework/base/status.h"
#include "framework/http/form_urlencoded.h"
#include "framework/rpc/json_parser.h"
#include "framework/rpc/json_printer.h"

namespace turbo::rpc {

namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

absl::Status invalid(std::string_view what, std::string_view name = {}) {
  return make_status(absl::StatusCode::kInvalidArgument, std::string(what).append(name));
}

absl::StatusOr<const FieldDescriptor*> field_of(const Descriptor& message,
                                                const std::string& name) {
  const FieldDescriptor* const field = find_field(message, name);
  if (field == nullptr) return invalid("no field ", name);
  return field;
}

}  // namespace

absl::StatusOr<HTTPBinding> HTTPBinding::make(const HTTPRule& rule, const PathTemplate& path,
                                              const google::protobuf::MethodDescriptor& method) {
  HTTPBinding binding;
  if (rule.body != "*") binding.body_ = rule.body.empty() ? Body::kNone : Body::kField;
  if (binding.body_ == Body::kField) {
    auto field = field_of(*method.input_type(), rule.body);
    if (!field.ok()) return field.status();
    binding.body_field_ = *field;
  }
  if (!rule.response_body.empty()) {
    auto field = field_of(*method.output_type(), rule.response_body);
    if (!field.ok()) return field.status();
    binding.reply_field_ = *field;
  }
  for (const PathTemplate::Variable& part : path.variables) {
    absl::Status added = binding.add_variable(part, *method.input_type());
    if (!added.ok()) return added;
  }
  return binding;
}

absl::Status HTTPBinding::add_variable(const PathTemplate::Variable& part,
                                       const Descriptor& request) {
  absl::StatusOr<FieldPath> field = FieldPath::parse(request, part.field_path);
  if (!field.ok()) return field.status();
  if (field->last().is_repeated()) return invalid("a repeated field in a path: ", part.field_path);
  if (is_in_path(*field)) return invalid("a field twice: ", part.field_path);
  variables_.push_back({part, *std::move(field)});
  return absl::OkStatus();
}

// The path's fields last: who sends them in the body too does not get round the path.
absl::Status HTTPBinding::parse(const HTTPRequestParts& request, const JSONOptions& options,
                                Message& message) const {
  absl::Status parsed = parse_body(request.body, options, message);
  if (parsed.ok()) parsed = parse_query(request.query, options, message);
  if (parsed.ok()) parsed = parse_path(request.path, message);
  if (parsed.ok() && !message.IsInitialized()) parsed = invalid("a required field is missing");
  return parsed;
}

absl::Status HTTPBinding::parse_body(const std::string& body, const JSONOptions& options,
                                     Message& message) const {
  if (body.empty()) return absl::OkStatus();
  switch (body_) {
    case Body::kNone:
      return invalid("a body, where the method takes none");
    case Body::kField:
      return parse_field_json(body, message, *body_field_, options);
    case Body::kAll:
      return parse_json(body, message, options);
  }
  return absl::OkStatus();
}

absl::Status HTTPBinding::parse_query(std::string_view query, const JSONOptions& options,
                                      Message& message) const {
  http::ParseError error;
  const std::optional<http::Parameters> parameters = http::parse_url_encoded(query, error);
  if (!parameters.has_value()) return invalid("a query that is malformed or too long");
  for (const http::Parameter& each : *parameters) {
    absl::StatusOr<FieldPath> field = FieldPath::parse(*message.GetDescriptor(), each.name);
    if (!field.ok() || is_in_path(*field) || is_in_body(*field)) {
      if (options.ignore_unknown) continue;
      return field.ok() ? invalid("a parameter for what is elsewhere: ", each.name)
                        : field.status();
    }
    if (!field->last().is_repeated() && parameters->all(each.name).size() > 1) {
      return invalid("a parameter twice: ", each.name);
    }
    if (absl::Status set = field->set(message, each.value); !set.ok()) return set;
  }
  return absl::OkStatus();
}

absl::Status HTTPBinding::parse_path(std::string_view path, Message& message) const {
  for (const Variable& variable : variables_) {
    const std::optional<std::string> value = variable.part.value(path);
    if (!value.has_value()) return invalid("a malformed '%' in the path");
    if (absl::Status set = variable.field.set(message, *value); !set.ok()) return set;
  }
  return absl::OkStatus();
}

bool HTTPBinding::is_in_path(const FieldPath& field) const {
  return std::ranges::any_of(
      variables_, [&field](const Variable& variable) { return variable.field == field; });
}

bool HTTPBinding::is_in_body(const FieldPath& field) const {
  return body_ == Body::kAll || (body_ == Body::kField && &field.first() == body_field_);
}

absl::StatusOr<std::string> HTTPBinding::print(const Message& reply,
                                               const JSONOptions& options) const {
  return reply_field_ == nullptr ? to_json(reply, options)
                                 : field_to_json(reply, *reply_field_, options);
}

}  // namespace turbo::rpc
