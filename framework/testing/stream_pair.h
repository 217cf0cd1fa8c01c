// Connected pairs for tests: of descriptors, and of streams on one loop.
//
//   IOLoop loop;
//   StreamPair pair = make_stream_pair(PairKind::kMemory, loop);
//   pair.a->write("hello\n");
//   pair.b->read_until("\n", ...);
//   run_loop_until(loop, [&] { return got_it; });
//
// Owner:   the test.
// Threads: the loop's.
// Errors:  a pair that cannot be made ends the program: a test cannot go on without it.
// Limits:  kPipe is one-way: a writes, b reads.
// Cost:    a few system calls.
#ifndef TURBO_TESTING_STREAM_PAIR_H_
#define TURBO_TESTING_STREAM_PAIR_H_

#include <memory>

#include "absl/functional/any_invocable.h"
#include "framework/base/fd.h"
#include "framework/loop/io_loop.h"
#include "framework/net/io_stream.h"
#include "framework/testing/fault_plan.h"

namespace turbo {

enum class PairKind : uint8_t { kTCP, kUnix, kPipe, kMemory };

// "TCP", "Unix", "Pipe", "Memory": for names of parameterised tests.
const char* to_string(PairKind kind);

// Non-blocking, close-on-exec descriptors.
struct FdPair {
  UniqueFd a;
  UniqueFd b;
};
// Requires: not kMemory, which has none.
FdPair make_fd_pair(PairKind kind);

struct StreamPair {
  std::unique_ptr<IOStream> a;
  std::unique_ptr<IOStream> b;
};
StreamPair make_stream_pair(PairKind kind, IOLoop& loop, IOStreamOptions options = {});

// Runs the loop until `done` answers true. Gives up after five seconds of real time, also where the
// loop's own clock stands still. Returns done's last answer.
bool run_loop_until(IOLoop& loop, absl::AnyInvocable<bool()> done);

// Runs `iterations` iterations that do not wait: for showing that nothing happens.
void run_loop_idle(IOLoop& loop, int iterations = 50);

}  // namespace turbo

#endif  // TURBO_TESTING_STREAM_PAIR_H_
