// Callback: what the loop calls: posted, at a deadline, or each tick of an interval.
//
// Owner:   whoever stores it; the loop's stores destroy it on the loop's thread.
// Threads: one that is posted from another thread must own what it captures.
// Errors:  an exception that leaves it goes to the loop's exception hook.
// Limits:  none.
// Cost:    captures of up to two pointers are kept inline; larger ones are one allocation.
#ifndef TURBO_LOOP_CALLBACK_H_
#define TURBO_LOOP_CALLBACK_H_

#include "absl/functional/any_invocable.h"

namespace turbo {

using Callback = absl::AnyInvocable<void()>;

}  // namespace turbo

#endif  // TURBO_LOOP_CALLBACK_H_
