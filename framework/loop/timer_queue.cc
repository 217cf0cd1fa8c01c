#include "framework/loop/timer_queue.h"

#include <algorithm>
#include <utility>

#include "framework/base/check.h"

namespace turbo {
namespace {

constexpr uint32_t kArity = 4;
// In nanoseconds, 285 years: the largest period, as a double, would not fit an int64_t any more.
constexpr double kLongestShift = 9e18;

// splitmix64: spreads ticks, protects nothing.
uint64_t next_random(uint64_t& state) {
  uint64_t mixed = state += 0x9e3779b97f4a7c15;
  mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9;
  mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111eb;
  return mixed ^ mixed >> 31;
}

}  // namespace

TimerHandle TimerQueue::arm(TimePoint deadline, Callback callback) {
  TURBO_CHECK(callback != nullptr, "a timer needs a callback");
  const uint32_t index = take_slot();
  slots_[index].callback = std::move(callback);
  push(deadline, index);
  ++armed_;
  return {index, slots_[index].generation};
}

TimerHandle TimerQueue::arm_interval(TimePoint now, Duration interval, Callback callback,
                                     Repeat repeat, double jitter) {
  TURBO_CHECK(callback != nullptr, "an interval needs a callback");
  TURBO_CHECK(interval > Duration::zero(), "an interval must be longer than nothing");
  TURBO_CHECK(jitter >= 0 && jitter <= 1, "jitter is a share of the interval, 0 to 1");
  if (random_ == 0) random_ = static_cast<uint64_t>(now.time_since_epoch().count());
  const uint32_t index = take_slot();
  Slot& slot = slots_[index];
  slot.callback = std::move(callback);
  slot.interval.reset(new Interval{interval, saturating_add(now, interval), jitter, repeat});
  push(jittered(*slot.interval), index);
  ++armed_;
  return {index, slot.generation};
}

bool TimerQueue::cancel(TimerHandle timer) {
  Slot* slot = find(timer);
  if (slot == nullptr) return false;
  if (slot->place != kNotInHeap) erase(slot->place);
  --armed_;
  // The callback goes last: what it captured may come back here when it is destroyed.
  Callback doomed = std::move(slot->callback);
  free_slot(timer.slot_);
  return true;
}

void TimerQueue::clear() {
  for (uint32_t index = 0; index < slots_.size(); ++index) {
    Slot& slot = slots_[index];
    if (slot.callback != nullptr) cancel(TimerHandle(index, slot.generation));
  }
  due_.clear();
  due_next_ = 0;
}

void TimerQueue::collect_due(TimePoint now) {
  due_.clear();
  due_next_ = 0;
  while (!heap_.empty() && heap_.front().deadline <= now) {
    const uint32_t index = heap_.front().slot;
    erase(0);
    due_.push_back(TimerHandle(index, slots_[index].generation));
  }
}

std::optional<TimerQueue::Firing> TimerQueue::next_due() {
  while (due_next_ < due_.size()) {
    const TimerHandle timer = due_[due_next_++];
    Slot* slot = find(timer);
    if (slot == nullptr) continue;  // cancelled by a callback of this batch
    Firing firing{std::move(slot->callback), timer};
    if (slot->interval == nullptr) {
      --armed_;
      free_slot(timer.slot_);
    }
    return firing;
  }
  return std::nullopt;
}

void TimerQueue::finish(Firing& firing, const Clock& clock) {
  Slot* slot = find(firing.timer);
  if (slot == nullptr) return;
  slot->callback = std::move(firing.callback);
  Interval& interval = *slot->interval;
  const TimePoint now = clock.now();
  if (interval.repeat == Repeat::kFixedDelay) {
    interval.tick = saturating_add(now, interval.period);
  } else {
    // The first point of the grid that is still to come: what was missed is skipped.
    const int64_t passed = std::max<int64_t>(0, (now - interval.tick) / interval.period);
    interval.tick += (passed + 1) * interval.period;
  }
  push(jittered(interval), firing.timer.slot_);
}

TimerQueue::Slot* TimerQueue::find(TimerHandle timer) {
  if (timer.generation_ == 0 || timer.slot_ >= slots_.size()) return nullptr;
  Slot& slot = slots_[timer.slot_];
  return slot.generation == timer.generation_ ? &slot : nullptr;
}

uint32_t TimerQueue::take_slot() {
  if (free_.empty()) {
    TURBO_CHECK(slots_.size() < kNotInHeap, "more than 2^32 timers");
    slots_.emplace_back();
    return static_cast<uint32_t>(slots_.size() - 1);
  }
  const uint32_t index = free_.back();
  free_.pop_back();
  return index;
}

void TimerQueue::free_slot(uint32_t index) {
  Slot& slot = slots_[index];
  slot.interval.reset();
  // Handles match for ever or never: a slot whose generations are used up retires.
  if (++slot.generation != 0) free_.push_back(index);
}

TimePoint TimerQueue::jittered(const Interval& interval) {
  if (interval.jitter == 0) return interval.tick;
  const double share = static_cast<double>(next_random(random_) >> 11) * 0x1p-53;
  const double shift = static_cast<double>(interval.period.count()) * interval.jitter * share;
  return saturating_add(interval.tick,
                        Duration(static_cast<int64_t>(std::min(shift, kLongestShift))));
}

void TimerQueue::push(TimePoint deadline, uint32_t slot) {
  heap_.emplace_back();
  sift_up(static_cast<uint32_t>(heap_.size() - 1), Key{deadline, sequence_++, slot});
}

void TimerQueue::erase(uint32_t place) {
  slots_[heap_[place].slot].place = kNotInHeap;
  const Key last = heap_.back();
  heap_.pop_back();
  if (place == heap_.size()) return;
  if (place > 0 && last < heap_[(place - 1) / kArity]) {
    sift_up(place, last);
  } else {
    sift_down(place, last);
  }
}

void TimerQueue::place_key(uint32_t place, const Key& key) {
  heap_[place] = key;
  slots_[key.slot].place = place;
}

void TimerQueue::sift_up(uint32_t place, Key key) {
  while (place > 0) {
    const uint32_t parent = (place - 1) / kArity;
    if (!(key < heap_[parent])) break;
    place_key(place, heap_[parent]);
    place = parent;
  }
  place_key(place, key);
}

void TimerQueue::sift_down(uint32_t place, Key key) {
  const uint32_t size = static_cast<uint32_t>(heap_.size());
  for (;;) {
    const uint64_t first = uint64_t{place} * kArity + 1;
    if (first >= size) break;
    const uint32_t end = static_cast<uint32_t>(std::min<uint64_t>(first + kArity, size));
    uint32_t least = static_cast<uint32_t>(first);
    for (uint32_t child = least + 1; child < end; ++child) {
      if (heap_[child] < heap_[least]) least = child;
    }
    if (!(heap_[least] < key)) break;
    place_key(place, heap_[least]);
    place = least;
  }
  place_key(place, key);
}

}  // namespace turbo
