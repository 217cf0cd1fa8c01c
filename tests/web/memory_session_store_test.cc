#include "framework/web/memory_session_store.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "framework/testing/fake_clock.h"

namespace turbo::web {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

// The store calls back inside of each call.
class Store {
 public:
  explicit Store(MemorySessionStoreOptions options) : store_(options) {}

  std::string load(std::string key) {
    std::string result = "not called";
    store_.load(loop_, std::move(key), [&](absl::StatusOr<std::optional<std::string>> data) {
      result = data.ok() ? data->value_or("none") : data.status().ToString();
    });
    return result;
  }
  absl::StatusCode create(std::string key, std::string data) {
    return call(&MemorySessionStore::create, std::move(key), std::move(data));
  }
  absl::StatusCode replace(std::string key, std::string data) {
    return call(&MemorySessionStore::replace, std::move(key), std::move(data));
  }
  absl::StatusCode destroy(std::string key) {
    return call(&MemorySessionStore::destroy, std::move(key));
  }
  MemorySessionStore::Counters counters() const { return store_.counters(); }

 private:
  template <class Function, class... Arguments>
  absl::StatusCode call(Function function, Arguments... arguments) {
    absl::StatusCode code = absl::StatusCode::kUnknown;
    (store_.*function)(loop_, std::move(arguments)...,
                       [&code](absl::Status status) { code = status.code(); });
    return code;
  }

  IOLoop loop_;
  MemorySessionStore store_;
};

class MemorySessionStoreTest : public ::testing::Test {
 protected:
  static constexpr absl::StatusCode kOk = absl::StatusCode::kOk;
  static constexpr absl::StatusCode kGone = absl::StatusCode::kNotFound;

  MemorySessionStoreOptions options(size_t max_sessions = 100) {
    MemorySessionStoreOptions options;
    options.max_sessions = max_sessions;
    options.max_session_bytes = 10;
    options.clock = &clock_;
    return options;
  }
  FakeClock clock_;
};

TEST_F(MemorySessionStoreTest, keeps_sessions) {
  Store store(options());
  EXPECT_EQ(store.load("a"), "none");
  EXPECT_EQ(store.create("a", "1"), kOk);
  EXPECT_EQ(store.create("b", "2"), kOk);
  EXPECT_EQ(store.load("a"), "1");
  EXPECT_EQ(store.replace("a", "3"), kOk);
  EXPECT_EQ(store.load("a"), "3");
  EXPECT_EQ(store.destroy("a"), kOk);
  EXPECT_EQ(store.load("a"), "none");
  EXPECT_EQ(store.load("b"), "2");
  EXPECT_EQ(store.create("b", "4"), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(store.load("b"), "2");
}

TEST_F(MemorySessionStoreTest, does_not_bring_an_ended_session_back) {
  Store store(options());
  EXPECT_EQ(store.create("a", "1"), kOk);
  EXPECT_EQ(store.destroy("a"), kOk);
  EXPECT_EQ(store.replace("a", "2"), kGone);
  EXPECT_EQ(store.destroy("a"), kGone);
  EXPECT_EQ(store.load("a"), "none");
}

TEST_F(MemorySessionStoreTest, ends_idle_sessions) {
  Store store(options());
  ASSERT_EQ(store.create("read", "1"), kOk);
  ASSERT_EQ(store.create("written", "1"), kOk);
  ASSERT_EQ(store.create("idle", "1"), kOk);
  ASSERT_EQ(store.create("idler", "1"), kOk);
  clock_.advance(minutes(29));
  EXPECT_EQ(store.load("read"), "1");
  EXPECT_EQ(store.replace("written", "2"), kOk);
  clock_.advance(minutes(1) - seconds(1));
  EXPECT_EQ(store.load("idler"), "1");
  clock_.advance(seconds(1));
  EXPECT_EQ(store.load("idle"), "none");
  EXPECT_EQ(store.replace("idle", "2"), kGone);
  EXPECT_EQ(store.destroy("idle"), kGone);
  EXPECT_EQ(store.load("read"), "1");
  EXPECT_EQ(store.load("written"), "2");
  EXPECT_EQ(store.counters().expired, 1U);
}

TEST_F(MemorySessionStoreTest, ends_old_sessions_however_busy) {
  Store store(options());
  ASSERT_EQ(store.create("a", "1"), kOk);
  for (int i = 0; i < 12 * 60 - 1; ++i) {
    clock_.advance(minutes(1));
    ASSERT_EQ(store.replace("a", "2"), kOk) << i;
  }
  clock_.advance(minutes(1));
  EXPECT_EQ(store.load("a"), "none");
}

TEST_F(MemorySessionStoreTest, bounds_the_bytes_of_one) {
  Store store(options());
  EXPECT_EQ(store.create("a", std::string(10, 'x')), kOk);
  EXPECT_EQ(store.create("b", std::string(11, 'x')), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(store.replace("a", std::string(11, 'y')), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(store.load("a"), std::string(10, 'x'));
  EXPECT_EQ(store.counters().sessions, 1U);
}

TEST_F(MemorySessionStoreTest, evicts_the_least_recently_used) {
  Store store(options(3));
  for (const char* key : {"a", "b", "c"}) ASSERT_EQ(store.create(key, key), kOk);
  EXPECT_EQ(store.load("a"), "a");
  EXPECT_EQ(store.replace("b", "B"), kOk);
  EXPECT_EQ(store.create("d", "d"), kOk);
  EXPECT_EQ(store.load("c"), "none");
  EXPECT_EQ(store.load("a") + store.load("b") + store.load("d"), "aBd");
  const auto counters = store.counters();
  EXPECT_EQ(counters.sessions, 3U);
  EXPECT_EQ(counters.created, 4U);
  EXPECT_EQ(counters.evicted, 1U);
  EXPECT_EQ(counters.expired, 0U);
}

TEST_F(MemorySessionStoreTest, drops_those_that_are_over_before_any_other) {
  Store store(options(30));
  for (int i = 0; i < 20; ++i) ASSERT_EQ(store.create("old" + std::to_string(i), ""), kOk);
  clock_.advance(minutes(30));
  for (int i = 0; i < 30; ++i) ASSERT_EQ(store.create("new" + std::to_string(i), ""), kOk);
  EXPECT_EQ(store.counters().sessions, 30U);
  EXPECT_EQ(store.counters().expired, 20U);
  EXPECT_EQ(store.counters().evicted, 0U);
}

TEST_F(MemorySessionStoreTest, never_holds_more_than_it_may) {
  for (const size_t max : {1, 2, 1023, 2048, 5000}) {
    Store store(options(max));
    for (size_t i = 0; i < max + 1000; ++i) ASSERT_EQ(store.create(std::to_string(i), ""), kOk);
    const auto counters = store.counters();
    EXPECT_LE(counters.sessions, max);
    EXPECT_GE(counters.sessions, max - max / 8) << "the parts fill evenly";
    EXPECT_EQ(counters.sessions + counters.evicted, max + 1000);
  }
}

TEST_F(MemorySessionStoreTest, serves_all_threads) {
  MemorySessionStore store(options(4096));
  const auto work = [&store](int thread) {
    IOLoop loop;
    int done = 0;
    const auto count = [&done](const absl::Status& status) { done += status.ok() ? 1 : 0; };
    for (int i = 0; i < 300; ++i) {
      const std::string own = std::to_string(thread) + "/" + std::to_string(i);
      store.create(loop, own, "1", count);
      store.replace(loop, "shared" + std::to_string(i % 7), "2", [](const absl::Status&) {});
      store.create(loop, "shared" + std::to_string(i % 7), "3", [](const absl::Status&) {});
      store.load(loop, own, [&](const auto& data) { count(data.status()); });
      store.destroy(loop, own, count);
      (void)store.counters();
    }
    EXPECT_EQ(done, 900);
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back(work, i);
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(store.counters().sessions, 7U);
}

}  // namespace
}  // namespace turbo::web
