// Messages and statuses as JSON, as proto3 has it, by protobuf's json_util.
//
//   absl::Status parsed = parse_json("{\"name\": \"Bob\"}", request, options);
//   absl::StatusOr<std::string> text = to_json(reply, options);
//   status_to_json(absl::NotFoundError("x"))   // {"code":5,"message":"x","details":[]}
//
// Types of Any are those of the program.
//
// Owner:   plain functions.
// Threads: any.
// Errors:  parse_json(): kInvalidArgument, which says where. to_json(): kInternal for what cannot
// be
//          said: an Any of an unknown type, nesting above its limit.
// Limits:  JSON nests up to 100 levels deep, a message that becomes JSON up to 64: json_util's own.
//          Texts are the caller's to bound.
// Cost:    by way of the message's bytes: one copy more, and its types are looked up each time.
#ifndef TURBO_RPC_JSON_H_
#define TURBO_RPC_JSON_H_

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace turbo::rpc {

struct JSONOptions {
  // Fields of replies that have their default are shown too.
  bool print_defaults = false;
  // Fields of replies are named as in the .proto: "book_id" instead of "bookId". Requests may use
  // either.
  bool proto_names = false;
  // Fields and parameters of requests that the message does not have are ignored. By default they
  // are an error: most often they are misspelt.
  bool ignore_unknown = false;
};

// Replaces what `message` held. Required fields may be missing.
absl::Status parse_json(const std::string& text, google::protobuf::Message& message,
                        const JSONOptions& options);
absl::StatusOr<std::string> to_json(const google::protobuf::Message& message,
                                    const JSONOptions& options);

// One field of a message. One that is absent says its default, a message null.
absl::Status parse_field_json(const std::string& text, google::protobuf::Message& message,
                              const google::protobuf::FieldDescriptor& field,
                              const JSONOptions& options);
absl::StatusOr<std::string> field_to_json(const google::protobuf::Message& message,
                                          const google::protobuf::FieldDescriptor& field,
                                          const JSONOptions& options);

// google.rpc.Status. Its details are those of kDetailsPayload; one whose type the program does not
// have is {"@type": ..., "value": <base64>}.
std::string status_to_json(const absl::Status& status);

}  // namespace turbo::rpc

#endif  // TURBO_RPC_JSON_H_
