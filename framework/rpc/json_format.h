// JSONFormat: a call as HTTP with JSON has it: one message in, as its HTTPBinding says, and out as
// JSON.
//
// One reply is the answer's body. Many are a line each ("application/x-ndjson"), which can be read
// as they come, by `curl -N`, jq or a page's stream reader; a JSON array can be read at its end
// only. A line is {"result": message}, or the last of a call that failed {"error": status}, so that
// no message is taken for an error.
//
// A call that fails before its first message has the HTTP status of its code (http_status_of()) and
// as body the status, {"code": 5, "message": "...", "details": [...]}. Metadata are fields under
// their own names, both ways; that which comes with the status of a stream are trailers, which few
// clients show.
//
// Owner, threads: see call_format.h.
// Errors:  of what comes: kInvalidArgument, and kResourceExhausted for a body above
//          max_request_bytes, which is a 413. A method with one reply that sent its metadata early
//          and then fails has promised a 200: the answer is cut.
// Limits:  max_request_bytes and max_reply_bytes count JSON; its nesting: json_parser.h,
// json_printer.h. Cost:    the body and each reply lie in one string; json.h's.
#ifndef TURBO_RPC_JSON_FORMAT_H_
#define TURBO_RPC_JSON_FORMAT_H_

#include <string>
#include <string_view>

#include "framework/rpc/call_format.h"
#include "framework/rpc/http_binding.h"
#include "framework/rpc/json_options.h"
#include "framework/rpc/method.h"
#include "framework/rpc/method_entry.h"

namespace turbo::rpc {

// What a JSONFormat refers to; all outlive it.
struct JSONCall {
  const MethodOptions& options;
  const JSONOptions& json;
  const HTTPBinding& binding;
  std::string_view path;  // without its verb
  MethodKind kind;
};

class JSONFormat final : public CallFormat {
 public:
  JSONFormat(Exchange& exchange, const JSONCall& call) : exchange_(exchange), call_(call) {}

  absl::Status add(Buffer piece) override;
  void end() override { ended_ = true; }
  absl::Status check_end() const override { return absl::OkStatus(); }
  absl::StatusOr<bool> read(google::protobuf::Message& message) override;
  void begin(Compression compression, const AnswerMetadata& metadata) override;
  absl::Status write(const google::protobuf::Message& message) override;
  void finish(const absl::Status& status, const AnswerMetadata& metadata) override;

 private:
  bool streams() const { return server_streams(call_.kind); }
  void finish_early(const absl::Status& status, const AnswerMetadata& metadata);

  Exchange& exchange_;
  const JSONCall call_;
  std::string body_;
  bool too_large_ = false;
  bool ended_ = false;
  bool read_ = false;
  bool begun_ = false;
};

}  // namespace turbo::rpc

#endif  // TURBO_RPC_JSON_FORMAT_H_
