// StreamCompletion: a result of a stream that waits for its turn in the loop's completions phase,
// apart from the pending read, whose turn is the stream's own.
//
// The stream knows all of them, so that its close callback comes last and its destruction leaves
// none behind.
//
// Owner:   a coroutine's frame (IOStream::WriteAwaiter) or itself (DeferredCall).
// Threads: the loop's.
// Errors:  none.
// Limits:  none.
// Cost:    56 bytes.
#ifndef TURBO_NET_STREAM_COMPLETION_H_
#define TURBO_NET_STREAM_COMPLETION_H_

#include "framework/base/intrusive_list.h"
#include "framework/loop/io_loop.h"

namespace turbo {

class IOStream;
struct StreamCompletionTag;

class StreamCompletion : public Completion, public ListNode<StreamCompletionTag> {
 public:
  // The stream is being destroyed: let go of it without calling anybody.
  virtual void abandon() = 0;

 protected:
  explicit StreamCompletion(IOStream& stream) : stream_(&stream) {}
  ~StreamCompletion() = default;

  IOStream* stream_;
};

using StreamCompletionList = IntrusiveList<StreamCompletion, StreamCompletionTag>;

}  // namespace turbo

#endif  // TURBO_NET_STREAM_COMPLETION_H_
