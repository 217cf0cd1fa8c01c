// OutputFilter: sees an answer before it leaves, and may change it: compression, fields that depend
// on the status, an entity tag of the body.
//
// An exchange may have several. They nest like the code that adds them: the one added last sees the
// handler's bytes first, the one added first what leaves in the end.
//
// Call sequence:   on_head()  on_body()*  on_body(last)        then the destructor
//
// and the destructor at any point when the client goes away. An error page that takes the place of
// an answer passes the filters like any other.
//
// Owner:   the exchange.
// Threads: its loop's.
// Errors:  none; it throws nothing. It changes the head and returns bytes: what it writes, flushes,
//          ends or sends as an error by the exchange is dropped and logged.
// Limits:  none of its own.
// Cost:    nothing for exchanges without one.
#ifndef TURBO_SERVER_OUTPUT_FILTER_H_
#define TURBO_SERVER_OUTPUT_FILTER_H_

#include <cstddef>
#include <memory>

#include "framework/buffer/block_pool.h"
#include "framework/buffer/buffer.h"

namespace turbo {

class Exchange;

class OutputFilter {
 public:
  virtual ~OutputFilter() = default;

  // The head is about to leave: the last time to change it (Exchange::response()). `body` is what
  // there is of the body, all of it if `last`. An answer whose length is declared
  // (Exchange::content_length()) must keep its length: files are sent past the filters.
  virtual void on_head(Exchange& exchange, const Buffer& body, bool last) = 0;

  // What is sent in place of `piece`, which may be empty. Called for every flush.
  virtual Buffer on_body(Buffer piece, bool last) {
    (void)last;
    return piece;
  }

  static void* operator new(size_t bytes) { return BlockPool::local().allocate(bytes); }
  static void operator delete(void* piece, size_t bytes) {
    BlockPool::local().deallocate(piece, bytes);
  }

 private:
  friend class Exchange;
  std::unique_ptr<OutputFilter> next_;  // sees the answer after this one
};

}  // namespace turbo

#endif  // TURBO_SERVER_OUTPUT_FILTER_H_
