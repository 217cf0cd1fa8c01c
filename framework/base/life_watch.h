// Life and LifeWatch: "did the call I just made destroy me?"
//
// An object that calls out to users holds a Life. Around the call stands a LifeWatch on the stack;
// after the call the object asks it before it touches a member:
//
//   LifeWatch watch(life_);
//   callback(std::move(data));
//   if (watch.dead()) return;
//
// Owner:   the watched object owns its Life; the stack owns the watch.
// Threads: the object's own.
// Errors:  none.
// Limits:  watches nest like the calls they stand around, last in, first out.
// Cost:    eight bytes an object, a few instructions a call.
#ifndef TURBO_BASE_LIFE_WATCH_H_
#define TURBO_BASE_LIFE_WATCH_H_

namespace turbo {

class LifeWatch;

class Life {
 public:
  Life() = default;
  Life(const Life&) = delete;
  Life& operator=(const Life&) = delete;
  inline ~Life();

 private:
  friend class LifeWatch;
  LifeWatch* innermost_ = nullptr;
};

class LifeWatch {
 public:
  explicit LifeWatch(Life& life) : life_(&life), outer_(life.innermost_) { life.innermost_ = this; }
  LifeWatch(const LifeWatch&) = delete;
  LifeWatch& operator=(const LifeWatch&) = delete;
  ~LifeWatch() {
    if (life_ != nullptr) life_->innermost_ = outer_;
  }

  // True once the watched object has been destroyed.
  bool dead() const { return life_ == nullptr; }

 private:
  friend class Life;
  Life* life_;
  LifeWatch* outer_;
};

inline Life::~Life() {
  for (LifeWatch* watch = innermost_; watch != nullptr; watch = watch->outer_)
    watch->life_ = nullptr;
}

}  // namespace turbo

#endif  // TURBO_BASE_LIFE_WATCH_H_
