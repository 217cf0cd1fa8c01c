#include "framework/web/file_cache.h"

#include <gtest/gtest.h>

#include <chrono>
#include <ctime>
#include <string>
#include <thread>

#include "framework/loop/task.h"
#include "framework/testing/fake_clock.h"
#include "tests/web/temporary_directory.h"

namespace turbo::web {
namespace {

using namespace std::chrono_literals;

class FileCacheTest : public ::testing::Test {
 protected:
  void make(FileCacheOptions options = {}) {
    cache_ = std::make_unique<FileCache>(loop_, root_, pool_, options);
  }

  template <class Done>
  bool run_until(Done done) {
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (!done() && std::chrono::steady_clock::now() < deadline) {
      loop_.run_once();
      std::this_thread::yield();
    }
    return done();
  }

  FileCache::FilePtr load(const std::string& path) {
    FileCache::FilePtr loaded;
    cache_->load(path, [&loaded](absl::StatusOr<FileCache::FilePtr> file) { loaded = *file; });
    EXPECT_TRUE(run_until([&] { return loaded != nullptr; }));
    return loaded;
  }

  TemporaryDirectory directory_;
  FakeClock clock_;
  IOLoop loop_{[this] {
    IOLoopOptions options;
    options.clock = &clock_;
    return options;
  }()};
  BlockingPool pool_{{.max_threads = 1}};
  FileRoot root_ = *FileRoot::open(directory_.path());
  std::unique_ptr<FileCache> cache_;
};

TEST_F(FileCacheTest, reads_once_and_remembers) {
  directory_.write("a", "hello");
  make();
  EXPECT_EQ(cache_->find("a"), nullptr);
  const FileCache::FilePtr file = load("a");
  ASSERT_TRUE(file->status.ok());
  EXPECT_EQ(file->plain().content, "hello");
  EXPECT_EQ(file->plain().last_modified.time_since_epoch(), 784111777s);
  EXPECT_EQ(file->plain().etag, "\"ae1b981bc490a00-5\"");
  EXPECT_EQ(cache_->find("a"), file);
  EXPECT_EQ(cache_->find("a"), file);
  EXPECT_EQ(cache_->counters().loads, 1u);
  EXPECT_EQ(cache_->counters().hits, 2u);
  EXPECT_EQ(cache_->counters().checks, 0u);
}

TEST_F(FileCacheTest, keeps_small_contents_in_memory_and_the_rest_open) {
  directory_.write("empty", "");
  directory_.write("limit", std::string(1000, 'x'));
  directory_.write("above", std::string(1001, 'x'));
  make({.file = {.max_content_bytes = 1000}});
  EXPECT_TRUE(load("empty")->plain().in_memory());
  EXPECT_TRUE(load("limit")->plain().in_memory());
  EXPECT_EQ(cache_->content_bytes(), 1000u);
  const FileCache::FilePtr above = load("above");
  EXPECT_FALSE(above->plain().in_memory());
  EXPECT_EQ(above->plain().file.facts.size, 1001u);
  EXPECT_EQ(cache_->content_bytes(), 1000u);
}

TEST_F(FileCacheTest, a_file_that_is_copied_often_comes_into_memory) {
  directory_.write("limit", std::string(2000, 'x'));
  directory_.write("above", std::string(2001, 'x'));
  make({.file = {.max_content_bytes = 1000}, .max_copied_bytes = 2000});
  const auto copy_often = [this](const std::string& path) {
    for (uint32_t i = 0; i < FileCache::kCopiesToKeep; ++i) cache_->note_copied(path);
  };
  cache_->note_copied("unknown");
  load("limit");
  load("above");
  for (uint32_t i = 1; i < FileCache::kCopiesToKeep; ++i) cache_->note_copied("limit");
  EXPECT_EQ(cache_->counters().loads, 2u);
  cache_->note_copied("limit");
  EXPECT_EQ(cache_->counters().loads, 3u);
  EXPECT_FALSE(cache_->find("limit")->plain().in_memory());  // yet
  EXPECT_TRUE(run_until([&] { return cache_->find("limit")->plain().in_memory(); }));
  EXPECT_EQ(cache_->content_bytes(), 2000u);
  copy_often("above");
  EXPECT_EQ(cache_->counters().loads, 3u);
}

TEST_F(FileCacheTest, a_cache_without_room_for_it_does_not_read_a_copied_file) {
  directory_.write("file", std::string(2000, 'x'));
  make({.file = {.max_content_bytes = 1000}, .max_copied_bytes = 2000, .max_bytes = 3000});
  load("file");
  for (uint32_t i = 0; i < FileCache::kCopiesToKeep; ++i) cache_->note_copied("file");
  EXPECT_EQ(cache_->counters().loads, 1u);
}

TEST_F(FileCacheTest, knows_directories_and_files_beyond_32_bits) {
  directory_.make_directory("dir");
  directory_.write_sparse("large", uint64_t{10} << 30);
  make();
  EXPECT_TRUE(load("dir")->is_directory());
  EXPECT_TRUE(load("")->is_directory());
  EXPECT_EQ(load("large")->plain().file.facts.size, uint64_t{10} << 30);
}

TEST_F(FileCacheTest, sees_a_change_after_the_validity_and_not_before) {
  directory_.write("a", "old");
  make({.validity = 1s});
  const FileCache::FilePtr old = load("a");
  directory_.write("a", "new!");
  clock_.advance(999ms);
  loop_.run_once();
  EXPECT_EQ(cache_->find("a"), old);
  clock_.advance(1ms);
  loop_.run_once();
  EXPECT_EQ(cache_->find("a"), nullptr);
  EXPECT_EQ(load("a")->plain().content, "new!");
}

TEST_F(FileCacheTest, notices_every_kind_of_change) {
  make({.validity = 0s});
  const auto reset = [this] {
    directory_.remove("a");
    directory_.write("a", "old");
    load("a");
    EXPECT_NE(cache_->find("a"), nullptr);
  };
  reset();
  directory_.write("a", "new", {784111777, 1});  // the time alone
  EXPECT_EQ(cache_->find("a"), nullptr);
  reset();
  directory_.write("a", "longer");  // the size alone
  EXPECT_EQ(cache_->find("a"), nullptr);
  reset();
  directory_.write("b", "new");  // the file alone, as an update by rename does
  std::filesystem::rename(directory_.path("b"), directory_.path("a"));
  EXPECT_EQ(cache_->find("a"), nullptr);
  reset();
  const auto changed = [this] { return root_.look("a")->changed_ns; };
  const int64_t before = changed();
  do {  // the contents alone: the clock of the file system may not have moved yet
    directory_.write("a", "new");
  } while (changed() == before);
  EXPECT_EQ(cache_->find("a"), nullptr);
  EXPECT_EQ(load("a")->plain().content, "new");
  const int64_t written = changed();
  do {  // the rights alone
    ASSERT_EQ(::chmod(directory_.path("a").c_str(), 0), 0);
  } while (changed() == written);
  EXPECT_EQ(cache_->find("a"), nullptr);
  EXPECT_EQ(load("a")->status.ok(), ::access(directory_.path("a").c_str(), R_OK) == 0);
  reset();
  directory_.remove("a");
  EXPECT_EQ(cache_->find("a"), nullptr);
  EXPECT_TRUE(absl::IsNotFound(load("a")->status));
  reset();
  directory_.remove("a");
  directory_.make_directory("a");
  EXPECT_EQ(cache_->find("a"), nullptr);
  EXPECT_TRUE(load("a")->is_directory());
}

TEST_F(FileCacheTest, reads_again_what_had_just_been_changed) {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  directory_.write("a", "old", now);
  make({.validity = 0s});
  load("a");
  directory_.write("a", "new", now);  // nothing tells it from the old one
  EXPECT_EQ(cache_->find("a"), nullptr);
}

TEST_F(FileCacheTest, serves_what_was_changed_in_times_beyond_the_reach_of_nanoseconds) {
  directory_.write("later", "x", {13'569'465'600, 0});  // the year 2400
  directory_.write("earlier", "x", {-9'500'000'000, 0});
  make();
  const FileCache::FilePtr later = load("later");
  EXPECT_TRUE(later->settled);
  EXPECT_GT(later->plain().file.facts.modified_ns, 2'000'000'000'000'000'000);
  EXPECT_LE(later->plain().last_modified, std::chrono::system_clock::now());
  EXPECT_EQ(load("earlier")->plain().last_modified.time_since_epoch(), 0s);
}

TEST_F(FileCacheTest, remembers_what_is_missing_but_not_what_fails) {
  make({.validity = 1s});
  EXPECT_TRUE(absl::IsNotFound(load("none")->status));
  ASSERT_NE(cache_->find("none"), nullptr);
  directory_.write("none", "now there");
  clock_.advance(1s);
  loop_.run_once();
  EXPECT_EQ(cache_->find("none"), nullptr);
  EXPECT_EQ(load("none")->plain().content, "now there");
}

TEST_F(FileCacheTest, finds_compressed_neighbours_and_their_changes) {
  directory_.write("a", "plain text");
  directory_.write("a.gz", "zip");
  directory_.make_directory("a.br");
  make({.file = {.precompressed = true}, .validity = 0s});
  FileCache::FilePtr file = load("a");
  EXPECT_TRUE(file->varies);
  EXPECT_FALSE(file->representation(FileCoding::kBrotli).exists());
  EXPECT_EQ(file->representation(FileCoding::kGzip).content, "zip");
  EXPECT_NE(file->representation(FileCoding::kGzip).etag, file->plain().etag);
  EXPECT_TRUE(file->representation(FileCoding::kGzip).etag.ends_with("-gzip\""));
  EXPECT_EQ(cache_->find("a"), file);
  directory_.remove("a.br");
  directory_.write("a.br", "br");
  EXPECT_EQ(cache_->find("a"), nullptr);
  file = load("a");
  EXPECT_EQ(file->representation(FileCoding::kBrotli).content, "br");
  directory_.remove("a.gz");
  EXPECT_EQ(cache_->find("a"), nullptr);
  EXPECT_FALSE(load("a")->representation(FileCoding::kGzip).exists());
}

TEST_F(FileCacheTest, shares_one_reading_among_all_that_wait) {
  directory_.write("a", "hello");
  make();
  int answered = 0;
  for (int i = 0; i < 5; ++i) {
    cache_->load("a", [&](absl::StatusOr<FileCache::FilePtr> file) {
      EXPECT_EQ((*file)->plain().content, "hello");
      ++answered;
    });
  }
  EXPECT_TRUE(run_until([&] { return answered == 5; }));
  EXPECT_EQ(cache_->counters().loads, 1u);
}

TEST_F(FileCacheTest, keeps_to_its_limits_and_drops_what_was_used_least_recently) {
  for (const char* name : {"a", "b", "c", "d"}) directory_.write(name, std::string(100, 'x'));
  make({.max_entries = 3, .max_missing = 2});
  for (const char* name : {"a", "b", "c"}) load(name);
  EXPECT_NE(cache_->find("a"), nullptr);
  load("d");
  EXPECT_EQ(cache_->entries(), 3u);
  EXPECT_EQ(cache_->find("b"), nullptr);
  EXPECT_NE(cache_->find("a"), nullptr);
  // What is missing drives out what is missing, and no file.
  for (int i = 0; i < 10; ++i) load("none" + std::to_string(i));
  EXPECT_EQ(cache_->entries(), 5u);
  EXPECT_NE(cache_->find("a"), nullptr);
  EXPECT_NE(cache_->find("c"), nullptr);
  EXPECT_NE(cache_->find("none9"), nullptr);
  EXPECT_EQ(cache_->find("none7"), nullptr);
}

TEST_F(FileCacheTest, keeps_contents_within_their_bytes) {
  for (const char* name : {"a", "b", "c"}) directory_.write(name, std::string(100, 'x'));
  make({.max_bytes = 250});
  for (const char* name : {"a", "b", "c"}) load(name);
  EXPECT_EQ(cache_->content_bytes(), 200u);
  EXPECT_EQ(cache_->find("a"), nullptr);
  make({.max_bytes = 50});  // less than one file: served all the same, not kept
  EXPECT_EQ(load("a")->plain().content.size(), 100u);
  EXPECT_EQ(cache_->content_bytes(), 0u);
}

TEST_F(FileCacheTest, shares_a_budget_of_descriptors_with_other_caches) {
  for (const char* name : {"a", "b", "c", "d"}) directory_.write(name, "x");
  DescriptorBudget budget(4);
  cache_ = std::make_unique<FileCache>(loop_, root_, pool_, FileCacheOptions{}, nullptr, &budget);
  for (const char* name : {"a", "b", "c", "d"}) load(name);
  EXPECT_EQ(cache_->descriptors(), 4u);
  EXPECT_EQ(budget.held(), 4u);
  auto first = std::move(cache_);
  cache_ = std::make_unique<FileCache>(loop_, root_, pool_, FileCacheOptions{}, nullptr, &budget);
  EXPECT_EQ(load("a")->plain().content, "x");  // served, not kept: the first has it all
  EXPECT_EQ(cache_->entries(), 0u);
  clock_.advance(1s);  // now what is compared is given up, down to its half
  loop_.run_once();
  for (const char* name : {"a", "b", "c", "d"}) first->find(name);
  EXPECT_EQ(first->entries(), 2u);
  for (const char* name : {"a", "b", "c"}) load(name);
  EXPECT_EQ(cache_->entries(), 2u);
  EXPECT_EQ(budget.held(), 4u);
  first.reset();
  EXPECT_EQ(budget.held(), 2u);
  load("d");
  EXPECT_EQ(cache_->entries(), 3u);
  cache_.reset();  // before the budget
}

TEST_F(FileCacheTest, may_be_destroyed_while_somebody_waits) {
  directory_.write("a", "hello");
  make();
  absl::Status seen;
  const auto wait = [](FileCache& cache, absl::Status& status) -> Task<> {
    auto load = cache.load("a");
    const auto file = co_await load;
    status = file.status();
  };
  Task<> task = wait(*cache_, seen);
  task.start([] {});
  cache_.reset();
  EXPECT_TRUE(run_until([&] { return absl::IsCancelled(seen); }));
}

TEST_F(FileCacheTest, tells_when_the_pool_takes_no_more_and_forgets_it) {
  directory_.write("a", "hello");
  {
    BlockingPool ended({.max_threads = 1, .queue_limit = 0});
    FileCache cache(loop_, root_, ended);
    int answered = 0;
    for (const char* name : {"a", "b", "c", "d"}) {
      cache.load(name, [&](const absl::StatusOr<FileCache::FilePtr>&) { ++answered; });
    }
    EXPECT_TRUE(run_until([&] { return answered == 4; }));
  }
  make();
  EXPECT_EQ(load("a")->plain().content, "hello");
}

}  // namespace
}  // namespace turbo::web
