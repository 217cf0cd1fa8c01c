// Messages from JSON, as proto3 maps it.
//
//   absl::Status parsed = parse_json("{\"name\": \"Ann\"}", request, options);
//
// Fields are named as in the .proto or in its JSON. Numbers may be quoted, and whole ones written
// with an exponent; null is an absent field. Any is {"@type": ..., <fields>}, of a type that the
// program has; what is one value as JSON stands under "value" there.
//
// Protobuf's own json_util is not used: it makes 450 MB of a FieldMask of 60 KB that is nested by
// parentheses, and takes 14 s for 1 MiB of Any in Any.
//
// Owner:   plain functions.
// Threads: any.
// Errors:  kInvalidArgument, which says at which byte: malformed JSON (json_lexer.h), a value that
//          does not fit its field, a field twice, two fields of a oneof, a type nobody knows, and
//          unless they are ignored unknown fields and enum values. Required fields may be missing.
// Limits:  kMaxJSONNesting levels of objects and arrays, kMaxAnyNesting of Any in Any.
// Cost:    one walk over the text, and one more over each Any; straight into the message. Some 10
// ns
//          a byte.
// Source:  the JSON mapping of proto3.
#ifndef TURBO_RPC_JSON_PARSER_H_
#define TURBO_RPC_JSON_PARSER_H_

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <cstddef>
#include <string_view>

#include "absl/status/status.h"
#include "framework/rpc/json_options.h"

namespace turbo::rpc {

// As deep as protobuf parses messages.
inline constexpr size_t kMaxJSONNesting = 100;
inline constexpr size_t kMaxAnyNesting = 8;

// `message` is empty.
absl::Status parse_json(std::string_view text, google::protobuf::Message& message,
                        const JSONOptions& options);
// The value of one field, which `message` does not have yet.
absl::Status parse_field_json(std::string_view text, google::protobuf::Message& message,
                              const google::protobuf::FieldDescriptor& field,
                              const JSONOptions& options);

}  // namespace turbo::rpc

#endif  // TURBO_RPC_JSON_PARSER_H_
