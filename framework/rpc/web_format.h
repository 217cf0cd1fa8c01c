// WebFormat: a call as gRPC-Web has it, which browsers can make: the messages of gRPC, and the
// status as one more frame behind them, over any version of HTTP.
//
//   fetch("/helloworld.Greeter/SayHello", {method: "POST", body: bytes,
//                                          headers: {"Content-Type":
//                                          "application/grpc-web+proto"}})
//
// In text mode (application/grpc-web-text) the body is base64, a text of its own for each frame
// that goes; what comes may be cut and padded anywhere. The answer is of the kind the Accept field
// names, or else of the request's. All four kinds of methods can be called; browsers send their
// messages before they read any.
//
// Owner, threads, errors, limits: see framed_format.h; what is no base64 is kInternal.
// Cost:    text mode copies each message twice.
// Source:  gRPC-Web (PROTOCOL-WEB.md). Not followed: "-bin" metadata stays base64 in text mode too,
//          as no client there is expects it otherwise.
#ifndef TURBO_RPC_WEB_FORMAT_H_
#define TURBO_RPC_WEB_FORMAT_H_

#include <cstdint>

#include "framework/rpc/base64_reader.h"
#include "framework/rpc/framed_format.h"

namespace turbo::rpc {

enum class WebCoding : uint8_t { kBinary, kText };

class WebFormat final : public FramedFormat {
 public:
  // `request` is how the request's body is coded.
  WebFormat(Exchange& exchange, const MethodOptions& options, WebCoding request);

  absl::Status add(Buffer piece) override;
  absl::Status check_end() const override;

 private:
  WebFormat(Exchange& exchange, const MethodOptions& options, WebCoding request, WebCoding reply);

  void put(Buffer bytes) override;
  void put_trailers(const absl::Status& status, const AnswerMetadata& metadata) override;

  const WebCoding request_;
  const WebCoding reply_;
  Base64Reader base64_;
};

}  // namespace turbo::rpc

#endif  // TURBO_RPC_WEB_FORMAT_H_
