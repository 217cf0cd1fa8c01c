// FieldPath: a field of a message, or of a message in it, that a text gives its value: what paths
// and queries of HTTP requests say.
//
//   absl::StatusOr<FieldPath> path = FieldPath::parse(*Book::descriptor(), "author.birth_year");
//   absl::Status set = path->set(book, "1912");
//
// Names are those of the .proto or of its JSON; texts are read as field_text.h has it.
//
// Owner:   a value; refers to descriptors.
// Threads: any.
// Errors:  kInvalidArgument: parse() for an unknown name, a step into what is no message or is
//          repeated, and a message as the last step; set() for a text that is no such value.
// Limits:  kMaxSteps.
// Cost:    a look-up for each step; no allocation but the
// message's own.
#ifndef TURBO_RPC_FIELD_PATH_H_
#define TURBO_RPC_FIELD_PATH_H_

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <cstddef>
#include <string_view>

#include "absl/container/inlined_vector.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace turbo::rpc {

class FieldPath {
 public:
  // As deep as protobuf parses messages.
  static constexpr size_t kMaxSteps = 100;

  static absl::StatusOr<FieldPath> parse(const google::protobuf::Descriptor& message,
                                         std::string_view path);

  const google::protobuf::FieldDescriptor& first() const { return *steps_.front(); }
  const google::protobuf::FieldDescriptor& last() const { return *steps_.back(); }

  bool operator==(const FieldPath& other) const { return steps_ == other.steps_; }

  // Adds to the field if it is repeated.
  absl::Status set(google::protobuf::Message& message, std::string_view text) const;

 private:
  absl::InlinedVector<const google::protobuf::FieldDescriptor*, 4> steps_;
};

// By its name in the .proto or in JSON; null: it has none of that name.
const google::protobuf::FieldDescriptor* find_field(const google::protobuf::Descriptor& message,
                                                    std::string_view name);

}  // namespace turbo::rpc

#endif  // TURBO_RPC_FIELD_PATH_H_
