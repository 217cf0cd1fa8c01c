#include "framework/rpc/client_context.h"

#include "framework/base/check.h"
#include "framework/rpc/client_call.h"

namespace turbo::rpc {

ClientContext::~ClientContext() {
  TURBO_CHECK(call_ == nullptr, "a ClientContext died before its call");
}

void ClientContext::cancel() {
  if (call_ != nullptr) call_->cancel();
}

}  // namespace turbo::rpc
