// Priority: what RFC 9218 says of a stream, and such as were said before their streams were opened.
// Private to the room.
//
// Owner:   the session.
// Threads: one.
// Errors:  none: what cannot be read is not there (RFC 9218 4).
// Limits:  kMost priorities wait for their streams; the oldest goes.
// Cost:    one pass over the value; a search among those that wait, mostly none.
#ifndef TURBO_HTTP2_PRIORITY_H_
#define TURBO_HTTP2_PRIORITY_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "framework/http2/pool_vector.h"

namespace turbo::http2 {

struct Priority {
  static constexpr uint8_t kLevels = 8;

  uint8_t urgency = 3;  // 0 goes first
  bool incremental = false;
};

// Reads a Priority field's value: a dictionary of structured fields (RFC 8941 3.2). What
// it does not say is as `priority` has it.
Priority parse_priority(std::string_view value, Priority priority = {});

class EarlyPriorities {
 public:
  static constexpr size_t kMost = 128;

  void add(int32_t stream, Priority priority);
  // What was said of it; it waits no more.
  std::optional<Priority> take(int32_t stream);

 private:
  struct Entry {
    int32_t stream = 0;
    Priority priority;
  };

  PoolVector<Entry> entries_;
};

}  // namespace turbo::http2

#endif  // TURBO_HTTP2_PRIORITY_H_
