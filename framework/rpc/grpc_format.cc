#include "framework/rpc/grpc_format.h"

#include <string_view>

#include "framework/rpc/status_fields.h"

namespace turbo::rpc {

void GRPCFormat::put_trailers(const absl::Status& status, const AnswerMetadata& metadata) {
  const auto add = [this](std::string_view name, std::string_view value) {
    exchange().add_trailer(name, value).IgnoreError();
  };
  encode_status(status, add);
  if (metadata.trailing != nullptr) metadata.trailing->encode(add);
}

}  // namespace turbo::rpc
