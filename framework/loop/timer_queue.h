// TimerQueue: callbacks ordered by deadline, then by the order in which they were armed.
//
// For IOLoop alone; everybody else uses IOLoop::call_later() and its siblings. A four-ary heap of
// small keys over slots that hold the callbacks; a handle is (slot, generation), so one that has
// fired or was cancelled matches nothing, however often its slot is used again (LOOP-2).
//
// Running what is due is three calls, so that the loop can guard each callback by itself:
//
//   queue.collect_due(now);
//   while (auto firing = queue.next_due()) {
//     firing->callback();
//     queue.finish(*firing, clock);
//   }
//
// Owner:   its IOLoop.
// Threads: the loop's.
// Errors:  none.
// Limits:  2^32 - 1 timers; memory grows to the most that were ever armed at once.
// Cost:    72 bytes a timer; arm and cancel O(log n); no allocation once the memory has grown, but
//          for an interval (one) and for captures above two pointers.
#ifndef TURBO_LOOP_TIMER_QUEUE_H_
#define TURBO_LOOP_TIMER_QUEUE_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "framework/base/clock.h"
#include "framework/loop/callback.h"

namespace turbo {

// Names one armed timer, for ever: a handle of a timer that has fired or was cancelled matches
// nothing (LOOP-2).
class TimerHandle {
 public:
  TimerHandle() = default;
  bool operator==(const TimerHandle&) const = default;

 private:
  friend class TimerQueue;
  TimerHandle(uint32_t slot, uint32_t generation) : slot_(slot), generation_(generation) {}
  uint32_t slot_ = 0;
  uint32_t generation_ = 0;  // 0: no timer
};

enum class Repeat : uint8_t {
  kFixedRate,   // on the grid of start + n * interval; ticks that were missed are skipped (LOOP-3)
  kFixedDelay,  // interval counts from the end of the callback
};

// `delay` after `now`, and the end of time where that would overflow.
inline TimePoint saturating_add(TimePoint now, Duration delay) {
  return delay > TimePoint::max() - std::max(now, TimePoint()) ? TimePoint::max() : now + delay;
}

class TimerQueue {
 public:
  // A timer that is due, out of the queue, to be called now.
  struct Firing {
    Callback callback;
    TimerHandle timer;
  };

  TimerQueue() = default;
  TimerQueue(const TimerQueue&) = delete;
  TimerQueue& operator=(const TimerQueue&) = delete;

  TimerHandle arm(TimePoint deadline, Callback callback);
  // First tick one interval after `now`. Requires: interval > 0, 0 <= jitter <= 1.
  TimerHandle arm_interval(TimePoint now, Duration interval, Callback callback, Repeat repeat,
                           double jitter);
  // True if the timer was armed; its callback has been destroyed then.
  bool cancel(TimerHandle timer);
  // Destroys all callbacks uncalled.
  void clear();

  size_t size() const { return armed_; }
  // TimePoint::max() if nothing is armed.
  TimePoint next_deadline() const {
    return heap_.empty() ? TimePoint::max() : heap_.front().deadline;
  }

  // Takes what is due at `now`. What is armed from here on waits for the next collect_due(), due or
  // not.
  void collect_due(TimePoint now);
  // The next one collected that nobody has cancelled since, or nullopt. A one-shot timer is no
  // longer armed then.
  std::optional<Firing> next_due();
  // To be called after each callback: arms an interval again, unless it was cancelled meanwhile.
  void finish(Firing& firing, const Clock& clock);

 private:
  struct Interval {
    Duration period;
    TimePoint tick;  // the grid's, without jitter
    double jitter;
    Repeat repeat;
  };

  struct Key {
    TimePoint deadline;
    uint64_t sequence;
    uint32_t slot;

    bool operator<(const Key& other) const {
      return deadline != other.deadline ? deadline < other.deadline : sequence < other.sequence;
    }
  };

  // Where a slot's key is when it is not in the heap.
  static constexpr uint32_t kNotInHeap = UINT32_MAX;

  struct Slot {
    Callback callback;
    std::unique_ptr<Interval> interval;
    uint32_t generation = 1;
    uint32_t place = kNotInHeap;  // index in the heap
  };

  Slot* find(TimerHandle timer);
  uint32_t take_slot();
  void free_slot(uint32_t index);
  TimePoint jittered(const Interval& interval);

  void push(TimePoint deadline, uint32_t slot);
  void erase(uint32_t place);
  void place_key(uint32_t place, const Key& key);
  void sift_up(uint32_t place, Key key);
  void sift_down(uint32_t place, Key key);

  std::vector<Key> heap_;
  std::deque<Slot> slots_;  // a deque, so that growing moves no callback
  std::vector<uint32_t> free_;
  std::vector<TimerHandle> due_;
  size_t due_next_ = 0;
  size_t armed_ = 0;
  uint64_t sequence_ = 0;
  uint64_t random_ = 0;
};

}  // namespace turbo

#endif  // TURBO_LOOP_TIMER_QUEUE_H_
