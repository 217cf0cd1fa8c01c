#include "framework/rpc/service.h"

#include <string>

#include "framework/base/status.h"

namespace turbo::rpc {

absl::Status unimplemented(const Method& method) {
  return make_status(absl::StatusCode::kUnimplemented,
                     std::string(method.path).append(" is not implemented"));
}

}  // namespace turbo::rpc
