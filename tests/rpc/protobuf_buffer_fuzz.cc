// Any bytes as messages of protobuf: they are parsed the same in one piece and in several, and what
// was parsed comes back when it is written and read again.
//
// Input: a byte that chooses the message and the compression, one that chooses the cut, then the
// message.

#include <google/protobuf/any.pb.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/stubs/logging.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "framework/base/check.h"
#include "framework/rpc/protobuf_buffer.h"
#include "tests/rpc/framing.h"

namespace turbo::rpc {
namespace {

using google::protobuf::MessageLite;

constexpr Compression kCompressions[] = {Compression::kIdentity, Compression::kGzip,
                                         Compression::kDeflate};

void check_parsing(std::string_view bytes, size_t step, MessageLite& message) {
  Buffer pieces;
  for (size_t at = 0; at < bytes.size(); at += step) {
    pieces.append(Buffer::copy_of(bytes.substr(at, step)));
  }
  const std::unique_ptr<MessageLite> other(message.New());
  const bool parsed = parse_message(Buffer::copy_of(bytes), message);
  TURBO_CHECK(parsed == parse_message(pieces, *other), "a cut decides");
  TURBO_CHECK(!parsed || message.SerializeAsString() == other->SerializeAsString(),
              "a cut changes the message");
  if (!parsed) message.Clear();
}

void check_writing(const MessageLite& message, Compression compression) {
  const std::string bytes = message.SerializePartialAsString();
  Buffer out;
  TURBO_CHECK(bytes.empty() || !append_message(message, compression, bytes.size() - 1, out),
              "above the limit");
  TURBO_CHECK(append_message(message, compression, bytes.size(), out), "not appended");
  MessageReader reader;
  reader.set_compression(compression);
  reader.add(std::move(out));
  const auto read = reader.next();
  TURBO_CHECK(read.ok() && read->has_value() && **read == bytes, "not what was written");
}

void check(std::string_view bytes, uint8_t choice, size_t step) {
  std::unique_ptr<MessageLite> message;
  if (choice % 2 == 0) {
    message = std::make_unique<google::protobuf::FileDescriptorProto>();
  } else {
    message = std::make_unique<google::protobuf::Any>();
  }
  check_parsing(bytes, step, *message);
  check_writing(*message, kCompressions[choice / 2 % 3]);
}

}  // namespace
}  // namespace turbo::rpc

// Without a line for each string that is not UTF-8.
extern "C" int LLVMFuzzerInitialize(int*, char***) {
  google::protobuf::SetLogHandler(nullptr);
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
  turbo::rpc::check(bytes, data[0], data[1] + size_t{1});
  return 0;
}
