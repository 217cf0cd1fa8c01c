// What a text says as the value of a field: an element of JSON without its quotes, a part of a
// path, a parameter of a query.
//
//   if (!set_field_text(message, field, "1912")) ...     // no such value
//
// Texts are as proto3's JSON has them: numbers, true and false, enum values by name or number,
// bytes in base64 of either alphabet, with padding or without. Of messages only those that are one
// value there: Timestamp, Duration, FieldMask and the wrappers.
//
// Owner:   plain functions.
// Threads: any.
// Errors:  false: the text is no value of the field. Something of it may be in the message.
// Limits:  none: a value is no larger than its text.
// Cost:    for texts, bytes and messages a copy.
// Source:  the JSON mapping of proto3.
#ifndef TURBO_RPC_FIELD_TEXT_H_
#define TURBO_RPC_FIELD_TEXT_H_

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <string_view>

namespace turbo::rpc {

// Whether a message of that type can have its value from a text.
bool is_one_value(const google::protobuf::Descriptor& message);
// DoubleValue, StringValue and their like: a message of one field, "value".
bool is_wrapper(const google::protobuf::Descriptor& message);

// Adds to a repeated field.
[[nodiscard]] bool set_field_text(google::protobuf::Message& message,
                                  const google::protobuf::FieldDescriptor& field,
                                  std::string_view text);
// Of a message that is one value.
[[nodiscard]] bool set_message_text(google::protobuf::Message& message, std::string_view text);

}  // namespace turbo::rpc

#endif  // TURBO_RPC_FIELD_TEXT_H_
