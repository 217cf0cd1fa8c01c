// Deletable: an object that may be handed to IOLoop::delete_later(), to die when none of its code
// runs any more.
//
// Owner:   whoever holds it; after delete_later() the loop.
// Threads: its loop's.
// Errors:  none.
// Limits:  none.
// Cost:    a virtual destructor.
#ifndef TURBO_LOOP_DELETABLE_H_
#define TURBO_LOOP_DELETABLE_H_

namespace turbo {

class Deletable {
 public:
  virtual ~Deletable() = default;
};

}  // namespace turbo

#endif  // TURBO_LOOP_DELETABLE_H_
