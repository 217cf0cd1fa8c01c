// FaultPlan: the script of what goes wrong in a MemoryTransport, and when.
//
//   FaultPlan plan;
//   plan.read_sizes = {1, 2, 3};                      // the first reads move 1, 2 and 3 bytes
//   plan.max_write = 7;                               // no write moves more than 7
//   plan.faults = {fail_step(5, ECONNRESET),          // the fifth call of any kind
//                  would_block_at(Step::kRead, 2)};   // the second read
//
// Owner:   a value.
// Threads: any.
// Errors:  none.
// Limits:  each fault strikes once.
// Cost:    test code: a linear search a call.
#ifndef TURBO_TESTING_FAULT_PLAN_H_
#define TURBO_TESTING_FAULT_PLAN_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "framework/loop/io_loop.h"

namespace turbo {

// The calls of a transport that faults are counted in.
enum class Step : uint8_t { kAny, kRead, kWrite, kSendFile, kShutdown, kConnect };

struct Fault {
  enum class Kind : uint8_t {
    kWouldBlock,  // EAGAIN, once; the next readiness is reported as usual
    kInterrupt,   // EINTR: retried inside, as a transport must; costs a step, changes nothing
    kError,       // this one call fails with `error`
    kReset,       // the connection is reset from here on
  };
  Step step = Step::kAny;
  size_t at = 1;  // 1 is the first
  Kind kind = Kind::kError;
  int error = 0;
  // kWouldBlock: what to wait for; kNoEvents means what the call itself needs. TLS may want the
  // other direction.
  uint32_t wants = kNoEvents;
};

inline Fault fail_step(size_t at, int error) {
  return {Step::kAny, at, Fault::Kind::kError, error};
}
inline Fault fail_at(Step step, size_t at, int error) {
  return {step, at, Fault::Kind::kError, error};
}
inline Fault reset_step(size_t at) { return {Step::kAny, at, Fault::Kind::kReset}; }
inline Fault reset_at(Step step, size_t at) { return {step, at, Fault::Kind::kReset}; }
inline Fault interrupt_at(Step step, size_t at) { return {step, at, Fault::Kind::kInterrupt}; }
inline Fault would_block_at(Step step, size_t at, uint32_t wants = kNoEvents) {
  return {step, at, Fault::Kind::kWouldBlock, 0, wants};
}

struct FaultPlan {
  size_t max_read = SIZE_MAX;
  size_t max_write = SIZE_MAX;
  // Sizes of the first reads and writes; when they are used up, max_read and max_write hold. 0
  // would block once.
  std::vector<size_t> read_sizes;
  std::vector<size_t> write_sizes;
  std::vector<Fault> faults;
  // Over 0: bytes arrive in records of up to this size, like TLS's; a read that takes part of one
  // leaves the rest inside the transport, where has_buffered_input() tells of it and no readiness
  // does.
  size_t record_size = 0;
  // connect() stays in progress until finish_connect().
  bool hold_connect = false;
  // Counts the calls where the transport's end does not take the number along.
  size_t* step_count = nullptr;
};

}  // namespace turbo

#endif  // TURBO_TESTING_FAULT_PLAN_H_
