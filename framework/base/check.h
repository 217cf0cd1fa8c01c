// TURBO_CHECK and TURBO_DCHECK: a broken contract ends the program with a message that says what to
// do.
//
// For errors of the programmer only (a null callback, the wrong thread, an index past the end).
// What the network or the user can cause is an absl::Status, never a check.
//
// Owner:   none.
// Threads: any.
// Errors:  aborts.
// Limits:  none.
// Cost:    TURBO_CHECK one predicted branch; TURBO_DCHECK nothing with NDEBUG.
#ifndef TURBO_BASE_CHECK_H_
#define TURBO_BASE_CHECK_H_

namespace turbo {

// Prints "file:line: check failed: condition: message" to stderr and aborts.
[[noreturn]] void check_failed(const char* file, int line, const char* condition,
                               const char* message);

}  // namespace turbo

#define TURBO_CHECK(condition, message) \
  (__builtin_expect(!!(condition), 1)   \
       ? (void)0                        \
       : ::turbo::check_failed(__FILE__, __LINE__, #condition, message))

#ifdef NDEBUG
#define TURBO_DCHECK(condition, message) ((void)0)
#else
#define TURBO_DCHECK(condition, message) TURBO_CHECK(condition, message)
#endif

#endif  // TURBO_BASE_CHECK_H_
