// Context: what the request and the response of one exchange share. Private to the room.
//
// Owner:   the exchange it is attached to.
// Threads: the connection's loop.
// Errors:  none.
// Limits:  none of its own.
// Cost:    what few handlers ask for is made when one does.
#ifndef TURBO_WEB_CONTEXT_H_
#define TURBO_WEB_CONTEXT_H_

#include <memory>
#include <optional>
#include <span>
#include <string>

#include "framework/buffer/block_pool.h"
#include "framework/http/request_head.h"
#include "framework/http/router.h"
#include "framework/server/exchange.h"
#include "framework/web/application_options.h"
#include "framework/web/arguments.h"
#include "framework/web/attributes.h"
#include "framework/web/http_error.h"

namespace turbo::web {

class Context : public ExchangeAttachment {
 public:
  Context(Exchange& exchange, const ApplicationOptions& options)
      : exchange_(exchange), options_(options) {}

  Exchange& exchange() const { return exchange_; }
  const ApplicationOptions& options() const { return options_; }
  // Filled by the router.
  http::RouteMatch& match() { return match_; }

  // What few handlers ask for.
  struct Rare {
    std::optional<Arguments> query;
    std::optional<Arguments> form;
    std::optional<Arguments> path;
    Attributes attributes;
    std::string xsrf_token;  // made for this client in this exchange
    bool finishes_later = false;

    static void* operator new(size_t bytes) { return BlockPool::local().allocate(bytes); }
    static void operator delete(void* piece, size_t bytes) {
      BlockPool::local().deallocate(piece, bytes);
    }
  };
  Rare& rare() {
    if (rare_ == nullptr) rare_.reset(new Rare());
    return *rare_;
  }
  // The response ends by Response::finish(), not with the handler.
  bool finishes_later() const { return rare_ != nullptr && rare_->finishes_later; }

  // Answers with the error page that is in force, with `fields`.
  virtual void answer_failure(const Failure& failure, std::span<const http::Field> fields) = 0;
  // A response that finishes later has been finished.
  virtual void on_finished_later() = 0;

 private:
  // Apart, so that the many without pay a look at a pointer.
  struct RareDeleter {
    [[gnu::noinline]] void operator()(Rare* rare) const { delete rare; }
  };

  Exchange& exchange_;
  const ApplicationOptions& options_;
  std::unique_ptr<Rare, RareDeleter> rare_;
  http::RouteMatch match_;
};

}  // namespace turbo::web

#endif  // TURBO_WEB_CONTEXT_H_
