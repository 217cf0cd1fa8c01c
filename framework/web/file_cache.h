// FileCache: the files one loop serves, open and, if small, in memory.
//
//   if (const FilePtr& file = cache.find("css/site.css")) return answer(*file);
//   auto load = cache.load("css/site.css");
//   absl::StatusOr<FilePtr> file = co_await load;
//
// find() never waits: what it does not know, or knows to have changed, load() reads in the pool for
// blocking work. Many that wait for the same path share one reading.
//
// An entry is trusted for `validity`; after that find() compares what the file system says, device,
// inode, size and the times of the contents' and the inode's last change, with what was read. The
// path of an open file is in the kernel's memory, so this does not wait for a local disc. That a
// path leads nowhere is remembered as well, in a list of its own, so that nobody drives files out
// by asking for what is not there.
//
// Owner:   one per loop. Destroying it ends waiting loads with kCancelled.
// Threads: its loop's; reading is done in the pool.
// Errors:  StoredFile::status. kResourceExhausted, and what else may be better next time, is told
//          and not remembered.
// Limits:  FileCacheOptions, and the DescriptorBudget; the entry least recently used goes first.
// Cost:    find(): a look-up in a hash table, no allocation; once in `validity` a system call, or
//          three with compressed neighbours.
#ifndef TURBO_WEB_FILE_CACHE_H_
#define TURBO_WEB_FILE_CACHE_H_

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "framework/base/clock.h"
#include "framework/base/intrusive_list.h"
#include "framework/loop/async_operation.h"
#include "framework/loop/io_loop.h"
#include "framework/shard/blocking_pool.h"
#include "framework/web/file_root.h"
#include "framework/web/stored_file.h"

namespace turbo::web {

struct FileCacheOptions {
  StoredFileOptions file;
  // A change shows after this at the latest; a second is less than people take to look.
  Duration validity = std::chrono::seconds(1);
  // A file up to this that is sent again and again to clients whose connections copy it, over TLS
  // and HTTP/2, is kept in memory too, which spares them one of two copies.
  size_t max_copied_bytes = 1 << 20;
  // Each holds a descriptor, and one more for each compressed neighbour, on every loop.
  size_t max_entries = 1024;
  // Of paths that lead nowhere.
  size_t max_missing = 256;
  // Of contents in memory, on every loop.
  size_t max_bytes = 64 << 20;
};

struct FileCacheCounters {
  uint64_t hits = 0;
  uint64_t checks = 0;   // asked the file system whether an entry is current
  uint64_t loads = 0;    // asked the pool
  uint64_t evicted = 0;  // to make room
};

// The descriptors that several caches, each on its loop, keep open together. A cache above its
// equal part gives up its oldest entries, at its next insertion or when they are next to be
// compared, so that one that comes late gets its part; until then the sum alone bounds it.
//
// Owner:   whoever makes the caches; outlives them.
// Threads: any; nothing is ordered by the counts.
class DescriptorBudget {
 public:
  explicit DescriptorBudget(size_t limit) : limit_(limit) {}

  void join() { caches_.fetch_add(1, std::memory_order_relaxed); }
  void leave() { caches_.fetch_sub(1, std::memory_order_relaxed); }
  void take(size_t descriptors) { held_.fetch_add(descriptors, std::memory_order_relaxed); }
  void give_back(size_t descriptors) { held_.fetch_sub(descriptors, std::memory_order_relaxed); }

  size_t limit() const { return limit_; }
  size_t held() const { return held_.load(std::memory_order_relaxed); }
  // Whether a cache that holds `own` of them should hold fewer.
  bool is_exceeded_by(size_t own) const {
    const size_t caches = std::max<size_t>(caches_.load(std::memory_order_relaxed), 1);
    return own > limit_ / caches || held() > limit_;
  }

 private:
  const size_t limit_;
  std::atomic<size_t> caches_ = 0;
  std::atomic<size_t> held_ = 0;
};

class FileCache {
 public:
  using FilePtr = std::shared_ptr<const StoredFile>;
  using LoadCallback = absl::AnyInvocable<void(absl::StatusOr<FilePtr>)>;

  // Called once with every file that was read, before anybody sees it.
  using Describe = absl::AnyInvocable<void(const std::string& path, StoredFile& file) const>;

  // The first three outlive the cache, and so does the budget; without one, max_entries bounds the
  // descriptors.
  FileCache(IOLoop& loop, const FileRoot& root, BlockingPool& pool, FileCacheOptions options = {},
            Describe describe = nullptr, DescriptorBudget* budget = nullptr);
  FileCache(const FileCache&) = delete;
  FileCache& operator=(const FileCache&) = delete;
  ~FileCache();

  // Null: load() it. The reference is valid until the next call of the cache.
  const FilePtr& find(std::string_view path);

  // `done` is called later, on the loop. The file is there whatever the cache does next. Never an
  // error by itself: that is for awaited loads whose cache dies.
  void load(std::string path, LoadCallback done);
  // Awaited: the same.
  auto load(std::string path) {
    return make_async_operation<absl::StatusOr<FilePtr>>(
        loop_, [this, path = std::move(path)](auto callback) { load(path, std::move(callback)); },
        [] {});
  }

  // It was sent to a client whose connection copies it. Every kCopiesToKeep-th time it is read into
  // memory, in the pool, for those who come later.
  void note_copied(std::string_view path);
  static constexpr uint32_t kCopiesToKeep = 8;

  size_t entries() const { return entries_.size(); }
  size_t content_bytes() const { return content_bytes_; }
  size_t descriptors() const { return descriptors_; }
  const FileCacheCounters& counters() const { return counters_; }

 private:
  struct RecencyTag;
  struct Entry : ListNode<RecencyTag> {
    std::string path;
    FilePtr file;
    TimePoint checked;
    uint32_t copies = 0;  // as note_copied() was told
  };
  using RecencyList = IntrusiveList<Entry, RecencyTag>;

  const FilePtr& check(Entry& entry);
  void load(std::string path, size_t max_content_bytes, LoadCallback done);
  void loaded(const std::string& path, absl::StatusOr<StoredFile> file);
  void insert(const std::string& path, FilePtr file);
  void erase(Entry& entry);
  void make_room();
  bool holds_too_much() const;
  bool exceeds_budget() const {
    return budget_ != nullptr && budget_->is_exceeded_by(descriptors_);
  }
  RecencyList& list_of(const Entry& entry) { return entry.file->status.ok() ? files_ : missing_; }

  IOLoop& loop_;
  const FileRoot& root_;
  BlockingPool& pool_;
  const FileCacheOptions options_;
  const Describe describe_;
  DescriptorBudget* const budget_;
  absl::flat_hash_map<std::string, std::unique_ptr<Entry>> entries_;
  RecencyList files_;  // least recently used first
  RecencyList missing_;
  size_t missing_count_ = 0;
  size_t content_bytes_ = 0;
  size_t descriptors_ = 0;
  absl::flat_hash_map<std::string, std::vector<LoadCallback>> waiting_;
  // Answers of the pool that come after the cache's end find nullptr here.
  std::shared_ptr<FileCache*> self_;
  FileCacheCounters counters_;
};

}  // namespace turbo::web

#endif  // TURBO_WEB_FILE_CACHE_H_
