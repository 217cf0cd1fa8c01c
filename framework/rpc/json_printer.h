// Messages and statuses as JSON, as proto3 maps it, by protobuf's json_util.
//
//   absl::StatusOr<std::string> text = to_json(reply, options);
//   status_to_json(absl::NotFoundError("x"))   // {"code":5,"message":"x","details":[]}
//
// Types of Any are those of the program.
//
// Owner:   plain functions.
// Threads: any.
// Errors:  to_json(): kInternal for what cannot be said: an Any of an unknown type, nesting above
// the
//          limit.
// Limits:  a message nests up to 64 levels deep: json_util's own.
// Cost:    by way of the message's bytes: one copy more, and its types are looked up each time.
//          Between 20 and 150 ns a byte.
#ifndef TURBO_RPC_JSON_PRINTER_H_
#define TURBO_RPC_JSON_PRINTER_H_

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "framework/rpc/json_options.h"

namespace turbo::rpc {

absl::StatusOr<std::string> to_json(const google::protobuf::Message& message,
                                    const JSONOptions& options);

// One field of a message. One that is absent says its default, a message null.
absl::StatusOr<std::string> field_to_json(const google::protobuf::Message& message,
                                          const google::protobuf::FieldDescriptor& field,
                                          const JSONOptions& options);

// google.rpc.Status. Its details are those of kDetailsPayload; one whose type the program does not
// have is {"@type": ..., "value": <base64>}.
std::string status_to_json(const absl::Status& status);

}  // namespace turbo::rpc

#endif  // TURBO_RPC_JSON_PRINTER_H_
