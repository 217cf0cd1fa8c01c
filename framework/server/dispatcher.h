// Dispatcher: who answers the requests of one loop. Service: who makes a dispatcher for each loop.
//
// The server reads and frames; a dispatcher decides. web::Application is one, an RPC server
// another.
//
// Call sequence, for each exchange:
//
//   on_head()  then, unless the exchange was finished there,  on_request()
//   or  on_refused()  alone
//
// Owner:   the HTTPServer owns the dispatchers, one a loop; the service is the program's and
//          outlives the server.
// Threads: a dispatcher belongs to its loop; make_dispatcher() is called on that loop's thread.
// Errors:  a dispatcher answers them (Exchange::send_error) and throws nothing.
// Limits:  the server's, see HTTPServerOptions.
// Cost:    one virtual call each.
#ifndef TURBO_SERVER_DISPATCHER_H_
#define TURBO_SERVER_DISPATCHER_H_

#include <memory>

#include "framework/loop/io_loop.h"
#include "framework/server/exchange.h"

namespace turbo {

class Dispatcher {
 public:
  virtual ~Dispatcher() = default;

  // The head has arrived, the body perhaps not: refuse here what need not be received.
  virtual void on_head(Exchange& exchange) = 0;

  // The request is complete, or its body is to be streamed. Answer now, or hold() the exchange and
  // answer later.
  virtual void on_request(Exchange& exchange) = 0;

  // The server is about to answer with a page about `status` in the dispatcher's place, before
  // on_head(): what came is malformed, too large, too late, or of an unknown method. The head is
  // empty if it could not be read, and lacks what did not fit. For logs, and for those whose
  // clients read no pages: what is finished here stays.
  virtual void on_refused(Exchange& exchange, int status) { (void)exchange, (void)status; }

  // The server stops: what has come, and still comes, is answered, and answers without an end of
  // their own should come to it. Once.
  virtual void on_drain() {}
};

class Service {
 public:
  virtual ~Service() = default;
  virtual std::unique_ptr<Dispatcher> make_dispatcher(IOLoop& loop) = 0;
};

}  // namespace turbo

#endif  // TURBO_SERVER_DISPATCHER_H_
