// StaticFiles: a directory to be served, and what its handlers share: the root, the options, the
// pool that reads, a cache for each loop.
//
//   auto files = web::StaticFiles::open("/srv/www", {.cache_control = "max-age=3600"});
//   if (!files.ok()) return fail(files.status());
//   app.add_handler<web::StaticFileHandler>("/static/*path", *files);
//
// Owner:   the routes it was given to. Its loops have ended, or have nothing of it in hand, when it
//          dies.
// Threads: open() and the destructor on any; the rest on all loops at once.
// Errors:  open() says why a directory cannot be served, and kInvalidArgument to options that no
//          answer could obey: a hidden index or page, a field that is malformed.
// Limits:  StaticFileOptions and those in it. The caches of all loops together, however many those
//          are, keep at most a quarter of the descriptors open that RLIMIT_NOFILE allows: raise it
//          before open(). Several StaticFiles take a quarter each: for more than two, lower
//          max_descriptors.
// Cost:    a loop's cache is made when it serves its first file; finding it is a few comparisons.
#ifndef TURBO_WEB_STATIC_FILES_H_
#define TURBO_WEB_STATIC_FILES_H_

#include <atomic>
#include <cstddef>
#include <limits>
#include <memory>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "framework/http/byte_range.h"
#include "framework/loop/io_loop.h"
#include "framework/shard/blocking_pool.h"
#include "framework/web/file_cache.h"
#include "framework/web/file_path.h"
#include "framework/web/file_root.h"

namespace turbo::web {

struct StaticFileOptions {
  // cache.file.precompressed: serves site.css.br and site.css.gz in place of site.css to clients
  // that take them.
  FileCacheOptions cache;
  // What a directory shows of itself; "": nothing.
  std::string index = "index.html";
  // Directories without an index show what they hold. Off: it tells more than a site wants told.
  bool listing = false;
  size_t max_listing_entries = 2000;
  DotFiles dot_files = DotFiles::kRefuse;
  // The Cache-Control of files; "": none, and clients guess from Last-Modified.
  std::string cache_control;
  // A file beneath the root to be shown with status 404; "": the usual page.
  std::string not_found;
  // Content-Type by extension, without the point and in lower case, before the common ones.
  absl::flat_hash_map<std::string, std::string> media_types;
  // Of all loops' caches together; a quarter of RLIMIT_NOFILE if that is less.
  size_t max_descriptors = std::numeric_limits<size_t>::max();
  size_t max_ranges = http::kDefaultMaxRanges;
  // Where files are read. Null: a pool of its own, with `own_pool`.
  BlockingPool* pool = nullptr;
  // A few threads keep a disc busy.
  BlockingPoolOptions own_pool = {.max_threads = 4};
};

class StaticFiles {
 public:
  static absl::StatusOr<std::shared_ptr<StaticFiles>> open(const std::string& directory,
                                                           StaticFileOptions options = {});
  StaticFiles(const StaticFiles&) = delete;
  StaticFiles& operator=(const StaticFiles&) = delete;
  ~StaticFiles();

  const StaticFileOptions& options() const { return options_; }
  const FileRoot& root() const { return root_; }
  BlockingPool& pool() const { return *pool_; }
  // The calling loop's.
  FileCache& cache(IOLoop& loop) {
    for (LoopCache* each = caches_.load(std::memory_order_acquire); each != nullptr;
         each = each->next) {
      if (each->loop == &loop) return each->cache;
    }
    return add_cache(loop);
  }
  // Kept open by the caches of all loops.
  size_t descriptors() const { return budget_.held(); }
  // Of a file of that name.
  std::string_view media_type(std::string_view path) const;

 private:
  struct LoopCache {
    LoopCache(IOLoop& of, StaticFiles& files);
    IOLoop* loop;
    FileCache cache;
    LoopCache* next = nullptr;
  };

  StaticFiles(FileRoot root, StaticFileOptions options);
  FileCache& add_cache(IOLoop& loop);
  void describe(const std::string& path, StoredFile& file) const;

  const StaticFileOptions options_;
  const FileRoot root_;
  DescriptorBudget budget_;
  // Only ever grows, by each loop once, so that it is read without a lock.
  std::atomic<LoopCache*> caches_ = nullptr;
  std::unique_ptr<BlockingPool> own_pool_;
  BlockingPool* pool_;
};

}  // namespace turbo::web

#endif  // TURBO_WEB_STATIC_FILES_H_
