// SendScheduler: whose turn it is to send DATA, by urgency and in turns (RFC 9218 10). Private to
// the room.
//
//   urgency 0  ─► stream ─► stream         served until it is empty, or waits; one that may be
//   shown urgency 1                              as it comes ("incremental") goes to the back after
//   each
//   ...                                    frame
//   urgency 7  ─► stream
//
// Owner:   the session; streams own their nodes, and one that is destroyed leaves.
// Threads: one.
// Errors:  none.
// Limits:  none.
// Cost:    O(1), no allocation.
#ifndef TURBO_HTTP2_SEND_SCHEDULER_H_
#define TURBO_HTTP2_SEND_SCHEDULER_H_

#include <array>
#include <bit>
#include <cstdint>

#include "framework/base/intrusive_list.h"
#include "framework/http2/priority.h"

namespace turbo::http2 {

class Stream;
struct SendTag;

// A stream's place among those that send.
class SendNode : public ListNode<SendTag> {
 public:
  explicit SendNode(Stream& stream) : stream_(stream) {}
  Stream& stream() { return stream_; }

 private:
  Stream& stream_;
};
using SendList = IntrusiveList<SendNode, SendTag>;

class SendScheduler {
 public:
  // Requires: the node is in no list.
  void add(SendNode& node, Priority priority) {
    levels_[priority.urgency].push_back(node);
    used_ |= 1u << priority.urgency;
  }
  // The one whose turn it is; nullptr: none waits.
  SendNode* next() {
    while (used_ != 0) {
      SendList& level = levels_[static_cast<size_t>(std::countr_zero(used_))];
      if (!level.empty()) return &level.front();
      used_ &= used_ - 1;
    }
    return nullptr;
  }
  bool empty() const {
    for (uint32_t rest = used_; rest != 0; rest &= rest - 1) {
      if (!levels_[static_cast<size_t>(std::countr_zero(rest))].empty()) return false;
    }
    return true;
  }

 private:
  std::array<SendList, Priority::kLevels> levels_;
  uint32_t used_ = 0;  // a bit for each level that may hold something
};

}  // namespace turbo::http2

#endif  // TURBO_HTTP2_SEND_SCHEDULER_H_
