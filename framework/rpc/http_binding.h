// HTTPBinding: how the message of a call lies in an HTTP request, and the reply in its answer.
//
//   the path     its variables, each a singular field that is one value (field_path.h)
//   the query    a parameter for each field, "author.name=x"; a repeated field's come several
//   times.
//                Not for what the path or the body has
//   the body     JSON of the field that the rule's `body` names, or of the whole message ("*")
//
// Owner:   a value; refers to descriptors.
// Threads: any.
// Errors:  make(): kInvalidArgument for a rule that names what is no field, or a field that cannot
//          be there. parse(): kInvalidArgument for what is malformed, unknown (but see JSONOptions)
//          or missing.
// Limits:  http::URLEncodedLimits for the query; json_parser.h, json_printer.h.
// Cost:    parse(): a string for each variable, and json_parser.h's.
// Source:  google/api/http.proto, "Rules for HTTP mapping".
#ifndef TURBO_RPC_HTTP_BINDING_H_
#define TURBO_RPC_HTTP_BINDING_H_

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "framework/rpc/field_path.h"
#include "framework/rpc/http_rule.h"
#include "framework/rpc/json_options.h"
#include "framework/rpc/path_template.h"

namespace turbo::rpc {

// What of a request is looked at.
struct HTTPRequestParts {
  std::string_view path;   // matches the binding's template, and has no verb
  std::string_view query;  // as sent
  const std::string& body;
};

class HTTPBinding {
 public:
  // All of the message is the body, both ways.
  HTTPBinding() = default;
  static absl::StatusOr<HTTPBinding> make(const HTTPRule& rule, const PathTemplate& path,
                                          const google::protobuf::MethodDescriptor& method);

  bool has_body() const { return body_ != Body::kNone; }
  // `message` is empty.
  absl::Status parse(const HTTPRequestParts& request, const JSONOptions& options,
                     google::protobuf::Message& message) const;
  absl::StatusOr<std::string> print(const google::protobuf::Message& reply,
                                    const JSONOptions& options) const;

 private:
  using Message = google::protobuf::Message;
  using Field = google::protobuf::FieldDescriptor;
  enum class Body : uint8_t { kNone, kField, kAll };
  struct Variable {
    PathTemplate::Variable part;
    FieldPath field;
  };

  absl::Status add_variable(const PathTemplate::Variable& part,
                            const google::protobuf::Descriptor& request);
  absl::Status parse_body(const std::string& body, const JSONOptions& options,
                          Message& message) const;
  absl::Status parse_query(std::string_view query, const JSONOptions& options,
                           Message& message) const;
  absl::Status parse_path(std::string_view path, Message& message) const;
  bool is_in_path(const FieldPath& field) const;
  bool is_in_body(const FieldPath& field) const;

  Body body_ = Body::kAll;
  const Field* body_field_ = nullptr;   // of kField
  const Field* reply_field_ = nullptr;  // null: all
  std::vector<Variable> variables_;
};

}  // namespace turbo::rpc

#endif  // TURBO_RPC_HTTP_BINDING_H_
