// ShardSet: one thread and one IOLoop per usable core, and the calls between them.
//
//   ShardSet shards;
//   TURBO_CHECK(shards.start().ok(), "no threads");
//   absl::Status sent = shards.run_on(1, [] { reload(); });            // from anywhere, one way
//   auto count = shards.call_blocking(0, [] { return connections(); });  // from main()
//   auto total = co_await shards.sum([] { return connections(); });      // in a coroutine
//
// Only values travel: what a functor captures or returns must be safe to use and destroy on the
// other thread. Streams, Buffers and references to a shard's objects are not. A functor with an
// answer comes home to be destroyed; one given to run_on() is destroyed where it ran.
//
// stop() drains: newcomers are refused with kUnavailable, what was accepted runs and is answered,
// each shard's gate is closed and waited for (drain_timeout, then its tasks are destroyed),
// shard-local objects are destroyed, the loop ends. A set starts once.
//
// Owner:   the program. Destroying the set stops and joins it.
// Threads: run_on(), stop() and size() from any thread; call(), broadcast(), map() and sum() on any
//          thread with a loop, which must outlive the set unless it is a shard's; start(), join()
//          and call_blocking() on a thread that is no shard.
// Errors:  kUnavailable: not started, or stopping. kResourceExhausted: the target's mailbox limit
//          is reached, or no thread could be started. An exception of a functor goes home to
//          whoever awaits it, that of a run_on() to the target loop's hook.
// Limits:  mailbox_limit calls accepted by a shard and not finished, from all senders together.
// Cost:    run_on: one post, and no more allocation than a post if the functor is pointer-sized.
//          call: two posts and one object. A sleeping shard costs one eventfd write a batch.
//          Nothing is shared on the request path.
#ifndef TURBO_SHARD_SHARD_SET_H_
#define TURBO_SHARD_SHARD_SET_H_

#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "framework/base/check.h"
#include "framework/loop/io_loop.h"
#include "framework/shard/gate.h"
#include "framework/shard/round_trip.h"

namespace turbo {

class Shard;
class ShardLocalBase;

enum class Pinning : uint8_t {
  // A core for each shard, if the affinity mask has enough and no cgroup quota is below it: under a
  // quota every
  // container of the machine would otherwise crowd on the same first cores.
  kAuto,
  // The kernel places the threads.
  kNone,
};

struct ShardSetOptions {
  // 0: usable_cores().
  size_t shards = 0;
  Pinning pinning = Pinning::kAuto;
  // Calls a shard has accepted and not finished. 4,096 short calls are a few milliseconds of work:
  // a sender that meets the limit meets a shard that does not keep up.
  size_t mailbox_limit = 4096;
  // How long stop() waits for the gates and for tasks that calls run.
  Duration drain_timeout = std::chrono::seconds(5);
  IOLoopOptions loop;
};

class ShardSet {
 public:
  explicit ShardSet(ShardSetOptions options = {});
  ShardSet(const ShardSet&) = delete;
  ShardSet& operator=(const ShardSet&) = delete;
  ~ShardSet();

  // Starts the threads; returns when every loop runs. Requires: not started before.
  [[nodiscard]] absl::Status start();
  // Begins the drain described above and returns. Any thread; again: nothing happens.
  void stop();
  // Waits until the loops have ended. It does not stop them.
  void join();

  // Known from the constructor on.
  size_t size() const { return shards_.size(); }
  // Requires: started, not joined. The loop is touched on its own thread, add_callback() apart. Its
  // stop() is the set's.
  IOLoop& loop(size_t shard);
  // The set and the shard the calling thread is; nullptr and nullopt on other threads.
  static ShardSet* current();
  static std::optional<size_t> this_shard();
  // This shard's gate, waited for by stop(). Requires: called on a shard.
  static Gate& gate();

  // Any thread. Runs `functor` on the shard, in the posts phase; FIFO for each sender.
  template <class F>
  [[nodiscard]] absl::Status run_on(size_t shard, F functor);

  // Awaited: runs `functor` on the shard and yields its answer (round_trip.h has the types). If it
  // returns a Task, that runs there to its end. Destroying the awaiting coroutine drops the answer,
  // not the run.
  template <class F>
  TripAwaiter<F> call(size_t shard, F functor) {
    return TripAwaiter<F>(std::move(functor), carrier(shard));
  }

  // Awaited: runs a copy of `functor` on every shard; yields the first error in shard order, or OK.
  template <class F>
  auto broadcast(F functor) {
    return TripGroupAwaiter<F, FirstError>(functor, carriers());
  }
  // Awaited: yields a StatusOr of the vector of the results in shard order, or the first error.
  template <class F>
  auto map(F functor) {
    return TripGroupAwaiter<F, Collect>(functor, carriers());
  }
  // Awaited: yields a StatusOr of the results added up in shard order, or the first error.
  template <class F>
  auto sum(F functor) {
    return TripGroupAwaiter<F, Add>(functor, carriers());
  }

  // The blocking call(), for threads without a loop: main() and tests. Requires: not called on a
  // shard.
  template <class F>
  auto call_blocking(size_t shard, F functor);

 private:
  friend class Shard;
  friend class ShardLocalBase;

  struct FirstError {
    absl::Status operator()(std::vector<absl::Status> answers) const {
      for (absl::Status& answer : answers) {
        if (!answer.ok()) return std::move(answer);
      }
      return absl::OkStatus();
    }
  };
  struct Collect {
    template <class T>
    absl::StatusOr<std::vector<T>> operator()(std::vector<absl::StatusOr<T>> answers) const {
      std::vector<T> values;
      values.reserve(answers.size());
      for (auto& answer : answers) {
        if (!answer.ok()) return std::move(answer).status();
        values.push_back(*std::move(answer));
      }
      return values;
    }
  };
  struct Add {
    template <class T>
    absl::StatusOr<T> operator()(std::vector<absl::StatusOr<T>> answers) const {
      T total{};
      for (auto& answer : answers) {
        if (!answer.ok()) return std::move(answer).status();
        total += *std::move(answer);
      }
      return total;
    }
  };

  // Takes a place on the shard; the place is given back on its thread.
  absl::Status acquire(size_t shard);
  void post(size_t shard, Callback callback);
  TripCarrier carrier(size_t shard);
  std::vector<TripCarrier> carriers();
  std::vector<std::optional<int>> cores_to_pin() const;
  absl::Status start_threads();
  void stop_shards();
  void run_thread(Shard& shard, std::optional<int> core);

  ShardSetOptions options_;
  std::vector<std::unique_ptr<Shard>> shards_;

  std::mutex mutex_;  // of the following; for start and end only
  std::condition_variable changed_;
  bool started_ = false;
  bool running_ = false;
  bool stopping_ = false;
  size_t threads_expected_ = 0;
  size_t loops_begun_ = 0;

  std::mutex join_mutex_;  // of threads_, once started
  std::vector<std::thread> threads_;
};

// Gives a shard's place back when the functor has run, thrown, or was destroyed.
class ShardPlace {
 public:
  explicit ShardPlace(Shard* shard) : shard_(shard) {}
  ShardPlace(ShardPlace&& other) noexcept : shard_(std::exchange(other.shard_, nullptr)) {}
  ShardPlace& operator=(ShardPlace&&) = delete;
  ~ShardPlace() {
    if (shard_ != nullptr) give_back();
  }

 private:
  void give_back();
  Shard* shard_;
};

template <class F>
absl::Status ShardSet::run_on(size_t shard, F functor) {
  absl::Status accepted = acquire(shard);
  if (!accepted.ok()) return accepted;
  // The place stands first: it is given back after the functor was destroyed.
  post(shard, [place = ShardPlace(shards_[shard].get()), functor = std::move(functor)]() mutable {
    functor();
  });
  return absl::OkStatus();
}

// Lets a thread without a loop wait for a functor that runs on a shard.
class BlockingWait {
 public:
  void done();
  void wait();

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool done_ = false;
};

template <class F>
auto ShardSet::call_blocking(size_t shard, F functor) {
  using Answer = trip_answer_t<F>;
  static_assert(!kIsTask<std::invoke_result_t<F&>>, "a blocking call takes a plain functor");
  TURBO_CHECK(!this_shard().has_value(),
              "call_blocking() on a shard would stop its loop; co_await call() instead");
  TripOutcome<Answer> outcome;
  BlockingWait wait;
  absl::Status accepted = run_on(shard, [&] {
    outcome.keep(functor);
    wait.done();
  });
  if (accepted.ok()) {
    wait.wait();
  } else {
    outcome.fail(std::move(accepted));
  }
  return outcome.take();
}

}  // namespace turbo

#endif  // TURBO_SHARD_SHARD_SET_H_
