#include "framework/web/request_handler.h"

#include "framework/web/failure.h"

namespace turbo::web {

void RequestHandler::write_error(const Failure& failure) {
  write_failure_page(*request_, *response_, failure);
}

void RequestHandler::log_exception(const Failure& failure) {
  log_failure(failure, request_->path());
}

}  // namespace turbo::web
