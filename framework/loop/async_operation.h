// AsyncOperation: turns one callback-style operation into something a coroutine awaits.
//
// It is the bridge between the two faces of every operation: the callback form is the implementation, the awaitable
// form is this. The callback it hands to the operation is one pointer, kept inline by AnyInvocable.
//
//   auto IOStream::read_until(std::string_view delimiter, size_t max) {
//     return AsyncOperation<absl::StatusOr<Buffer>>(loop, start, withdraw);
//   }
//
// What can happen, and what the coroutine sees:
//   the callback is called            resumes there, with its arguments as the result
//   the callback is destroyed uncalled (the stream died): resumes later, from the loop, with kCancelled
//   the coroutine is destroyed        the operation is withdrawn: `withdraw` is called, the callback does nothing
//
// Owner:   the awaiting coroutine's frame.
// Threads: the loop's.
// Errors:  those of the operation; kCancelled as above.
// Limits:  awaited once.
// Cost:    no allocation.
