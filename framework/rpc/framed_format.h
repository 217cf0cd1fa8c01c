// FramedFormat: what gRPC's own format and gRPC-Web's have in common: messages with a prefix of
// five bytes, perhaps compressed each by itself, and a status in fields.
//
// Without a message the status is in the answer's head, and there is nothing else
// ("Trailers-Only").
//
// Owner, threads, errors, limits: see call_format.h.
// Cost:    see message_reader.h and protobuf_buffer.h.
// Source:  gRPC over HTTP/2 (PROTOCOL-HTTP2.md).
#ifndef TURBO_RPC_FRAMED_FORMAT_H_
#define TURBO_RPC_FRAMED_FORMAT_H_

#include <string_view>

#include "framework/rpc/call_format.h"
#include "framework/rpc/message_reader.h"
#include "framework/rpc/method_entry.h"

namespace turbo::rpc {

class FramedFormat : public CallFormat {
 public:
  // The request's grpc-encoding. kUnimplemented: we do not know it.
  absl::Status set_encoding(std::string_view encoding);

  absl::Status check_end() const override { return reader_.check_end(); }
  absl::StatusOr<bool> read(google::protobuf::Message& message) override;
  bool was_compressed() const override { return reader_.was_compressed(); }
  void begin(Compression compression, const AnswerMetadata& metadata) override;
  void compress_messages(bool on) override { compresses_ = on; }
  absl::Status write(const google::protobuf::Message& message) override;
  void finish(const absl::Status& status, const AnswerMetadata& metadata) override;

 protected:
  // `content_type` is the answer's.
  FramedFormat(Exchange& exchange, const MethodOptions& options, std::string_view content_type)
      : exchange_(exchange),
        options_(options),
        reader_(options.max_request_bytes),
        content_type_(content_type) {}

  Exchange& exchange() { return exchange_; }
  // Bytes of messages that came.
  void read_from(Buffer bytes) { reader_.add(std::move(bytes)); }
  // A message with its prefix, for the body.
  virtual void put(Buffer bytes) = 0;
  // The status and the last metadata, behind the messages.
  virtual void put_trailers(const absl::Status& status, const AnswerMetadata& metadata) = 0;

 private:
  Exchange& exchange_;
  const MethodOptions& options_;
  MessageReader reader_;
  const std::string_view content_type_;
  Compression compression_ = Compression::kIdentity;  // of what goes
  bool compresses_ = true;
  bool begun_ = false;
};

}  // namespace turbo::rpc

#endif  // TURBO_RPC_FRAMED_FORMAT_H_
