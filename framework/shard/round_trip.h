// RoundTrip: a call that runs on another thread and brings its answer home to the loop it was made
// on.
//
// The machinery under ShardSet::call and BlockingPool::run; users meet only what those return. The
// functor and its result live in one object that is made at home, run there, and destroyed at home
// again, so what the functor captured at home also dies at home.
//
//   home:  launch() ........................................ answered() -> coroutine resumes, trip
//   destroyed there:            run_there() -> the functor -> go_home()
//
// What the awaiter sees by the functor's result R:
//   void, absl::Status -> absl::Status     T, absl::StatusOr<T> -> absl::StatusOr<T>     Task<R> ->
//   as R
// An exception that leaves the functor is thrown by the co_await.
//
// Owner:   the trip owns itself while it is away; the awaiter only watches it, and may die first.
// Threads: the awaiter and the trip's ends belong to the home loop; only run_there() runs
//          elsewhere.
// Errors:  a trip that is refused comes home, later, with the refusal as its answer.
// Limits:  those of the carrier (mailbox limit, queue limit). The home loop must outlive the trip.
// Cost:    one object from the home thread's BlockPool, one post each way.
#ifndef TURBO_SHARD_ROUND_TRIP_H_
#define TURBO_SHARD_ROUND_TRIP_H_

#include <coroutine>
#include <exception>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "framework/base/intrusive_list.h"
#include "framework/buffer/block_pool.h"
#include "framework/loop/io_loop.h"
#include "framework/loop/task.h"

namespace turbo {

class RoundTrip;

// Counts the trips that one loop has under way, so that the loop is not ended before they are home.
// Found through the thread; loops without one do not count.
class TripCounter {
 public:
  // The calling thread's, or nullptr.
  static TripCounter*& local();

  size_t under_way() const { return under_way_; }

 protected:
  virtual ~TripCounter() = default;
  // A trip came home and its answer was delivered.
  virtual void on_trip_home() = 0;

 private:
  friend class RoundTrip;
  size_t under_way_ = 0;
};

// A loop where trips run: keeps those whose tasks go on, and gets their places back.
struct RunningTripTag;
class TripHost {
 protected:
  friend class RoundTrip;
  virtual ~TripHost() = default;
  // On the host's thread, after the answer was posted.
  virtual void on_trip_left() = 0;

  IntrusiveList<RoundTrip, RunningTripTag> running_trips_;
};

// Takes the answer at home.
class TripWaiter {
 public:
  // The outcome may be taken from `trip` now; it is destroyed after the call.
  virtual void answered(RoundTrip& trip) = 0;
  // The home loop was destroyed with the answer still to come: the trip is gone, nothing will be
  // answered.
  virtual void lost() = 0;

 protected:
  ~TripWaiter() = default;
};

// Carries a trip to where it runs. On refusal the trip is left untouched.
using TripCarrier = absl::AnyInvocable<absl::Status(std::unique_ptr<RoundTrip>& trip)>;

class RoundTrip : public ListNode<RunningTripTag> {
 public:
  // At home, on a thread with a loop (checked).
  RoundTrip();
  virtual ~RoundTrip();

  static void* operator new(size_t bytes) { return BlockPool::local().allocate(bytes); }
  static void operator delete(void* piece, size_t bytes) {
    BlockPool::local().deallocate(piece, bytes);
  }

  // Home: sends the trip off. `waiter` hears once, later; never if it abandons the trip first.
  static void launch(std::unique_ptr<RoundTrip> trip, TripWaiter& waiter, TripCarrier& carrier);
  // Home: the waiter dies. The functor still runs; its answer is dropped.
  void abandon() { waiter_ = nullptr; }

  // There: runs the functor and, now or when its task has ended, goes home. The trip owns itself
  // from here.
  static void depart(std::unique_ptr<RoundTrip> trip, TripHost* host);
  // There: gives up the running task, or a functor that was not begun; the answer is `reason`.
  void give_up(absl::Status reason);

 protected:
  virtual void run_there() = 0;
  virtual void set_failure(absl::Status reason) = 0;
  virtual void drop_task() {}
  void go_home();

 private:
  static void send_home(std::unique_ptr<RoundTrip> trip);
  static void arrive_home(std::unique_ptr<RoundTrip> trip);

  IOLoop& home_;
  TripCounter* counter_;
  TripWaiter* waiter_ = nullptr;
  TripHost* host_ = nullptr;
};

// ---- results ----

template <class R>
struct TripAnswer {
  using type = absl::StatusOr<R>;
};
template <>
struct TripAnswer<void> {
  using type = absl::Status;
};
template <>
struct TripAnswer<absl::Status> {
  using type = absl::Status;
};
template <class T>
struct TripAnswer<absl::StatusOr<T>> {
  using type = absl::StatusOr<T>;
};
template <class R>
struct TripAnswer<Task<R>> : TripAnswer<R> {};

// What awaiting a functor of type F yields.
template <class F>
using trip_answer_t = typename TripAnswer<std::invoke_result_t<F&>>::type;

template <class R>
inline constexpr bool kIsTask = false;
template <class R>
inline constexpr bool kIsTask<Task<R>> = true;

// An answer or an exception.
template <class Answer>
class TripOutcome {
 public:
  // Runs `produce` and keeps what comes of it.
  template <class Produce>
  void keep(Produce&& produce) noexcept {
    try {
      if constexpr (std::is_void_v<std::invoke_result_t<Produce>>) {
        produce();
        answer_.emplace(absl::OkStatus());
      } else {
        answer_.emplace(produce());
      }
    } catch (...) {
      exception_ = std::current_exception();
    }
  }
  void fail(absl::Status reason) { answer_.emplace(std::move(reason)); }
  Answer take() {
    if (exception_) std::rethrow_exception(std::exchange(exception_, nullptr));
    return std::move(*answer_);
  }

 private:
  std::optional<Answer> answer_;
  std::exception_ptr exception_;
};

template <class F>
class FunctorTrip final : public RoundTrip {
 public:
  using Result = std::invoke_result_t<F&>;
  using Answer = trip_answer_t<F>;

  explicit FunctorTrip(F functor) : functor_(std::move(functor)) {}
  TripOutcome<Answer>& outcome() { return outcome_; }

 private:
  struct NoTask {};

  void run_there() override {
    if constexpr (kIsTask<Result>) {
      bool begun = false;
      outcome_.keep([&]() -> Answer {
        task_ = functor_();
        begun = true;
        return absl::UnknownError("the task has not ended");
      });
      if (!begun) return go_home();
      task_.start([this] { task_ended(); });
    } else {
      outcome_.keep(functor_);
      go_home();
    }
  }

  void task_ended() {
    if constexpr (kIsTask<Result>) {
      outcome_.keep([this] { return task_.result(); });
      drop_task();
      go_home();
    }
  }

  void set_failure(absl::Status reason) override { outcome_.fail(std::move(reason)); }
  void drop_task() override {
    if constexpr (kIsTask<Result>) task_ = {};
  }

  F functor_;
  std::conditional_t<kIsTask<Result>, Result, NoTask> task_;
  TripOutcome<Answer> outcome_;
};

// ---- awaiters ----

// One trip, awaited. Starts when awaited; destroying it while it waits abandons the trip.
template <class F>
class [[nodiscard]] TripAwaiter final : private TripWaiter {
 public:
  TripAwaiter(F functor, TripCarrier carrier)
      : trip_(std::make_unique<FunctorTrip<F>>(std::move(functor))),
        away_(trip_.get()),
        carrier_(std::move(carrier)) {}
  TripAwaiter(const TripAwaiter&) = delete;
  TripAwaiter& operator=(const TripAwaiter&) = delete;
  ~TripAwaiter() {
    if (away_ != nullptr) away_->abandon();
  }

  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> waiting) {
    waiting_ = waiting;
    RoundTrip::launch(std::move(trip_), *this, carrier_);
  }
  trip_answer_t<F> await_resume() { return outcome_.take(); }

 private:
  void answered(RoundTrip& trip) override {
    away_ = nullptr;
    outcome_ = std::move(static_cast<FunctorTrip<F>&>(trip).outcome());
    waiting_.resume();
  }
  void lost() override { away_ = nullptr; }

  std::unique_ptr<FunctorTrip<F>> trip_;  // until launched
  FunctorTrip<F>* away_;
  TripCarrier carrier_;
  std::coroutine_handle<> waiting_;
  TripOutcome<trip_answer_t<F>> outcome_;
};

// Several trips of copies of one functor, awaited together; `Fold` makes the result of the
// outcomes, which are in the order of the carriers. An exception of the first that threw is thrown
// by the co_await.
template <class F, class Fold>
class [[nodiscard]] TripGroupAwaiter final {
 public:
  using Answer = trip_answer_t<F>;

  TripGroupAwaiter(const F& functor, std::vector<TripCarrier> carriers) {
    members_.reserve(carriers.size());
    for (TripCarrier& carrier : carriers) {
      members_.push_back(std::make_unique<Member>(*this, functor, std::move(carrier)));
    }
  }
  TripGroupAwaiter(const TripGroupAwaiter&) = delete;
  TripGroupAwaiter& operator=(const TripGroupAwaiter&) = delete;

  bool await_ready() const noexcept { return members_.empty(); }
  void await_suspend(std::coroutine_handle<> waiting) {
    waiting_ = waiting;
    missing_ = members_.size();
    // Answers come from the loop, later: none can finish the group, and destroy it, inside this
    // loop.
    for (auto& member : members_) member->launch();
  }
  auto await_resume() {
    std::vector<Answer> answers;
    answers.reserve(members_.size());
    for (auto& member : members_) answers.push_back(member->outcome.take());
    return Fold{}(std::move(answers));
  }

 private:
  struct Member final : TripWaiter {
    Member(TripGroupAwaiter& owner, const F& functor, TripCarrier to)
        : group(owner),
          trip(std::make_unique<FunctorTrip<F>>(functor)),
          away(trip.get()),
          carrier(std::move(to)) {}
    ~Member() {
      if (away != nullptr) away->abandon();
    }
    void launch() { RoundTrip::launch(std::move(trip), *this, carrier); }
    void answered(RoundTrip& from) override {
      away = nullptr;
      outcome = std::move(static_cast<FunctorTrip<F>&>(from).outcome());
      if (--group.missing_ == 0) group.waiting_.resume();
    }
    void lost() override { away = nullptr; }

    TripGroupAwaiter& group;
    std::unique_ptr<FunctorTrip<F>> trip;
    FunctorTrip<F>* away;
    TripCarrier carrier;
    TripOutcome<Answer> outcome;
  };

  std::vector<std::unique_ptr<Member>> members_;
  size_t missing_ = 0;
  std::coroutine_handle<> waiting_;
};

}  // namespace turbo

#endif  // TURBO_SHARD_ROUND_TRIP_H_
