#include "framework/web/static_files.h"

#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <utility>

#include "framework/base/status.h"
#include "framework/base/views.h"
#include "framework/http/content_type.h"
#include "framework/http/date.h"
#include "framework/http/media_type.h"
#include "framework/http/percent.h"
#include "framework/http/response_head.h"

namespace turbo::web {
namespace {

// The head takes them all: check() has seen what options bring.
void set(http::ResponseHead& fields, std::string_view name, std::string_view value) {
  if (!value.empty()) fields.set(name, value).IgnoreError();
}

absl::Status invalid(std::string_view why) {
  return make_status(absl::StatusCode::kInvalidArgument, why);
}

// What would make answers wrong without a word.
absl::Status check(const StaticFileOptions& options) {
  if (!options.index.empty() && !is_file_name(options.index, options.dot_files)) {
    return invalid("the index is a name, not a path, and none that is hidden: " + options.index);
  }
  // It is known to the cache, and what the cache knows is served.
  const std::string encoded = http::percent_encode(options.not_found, http::URLPart::kPath);
  if (file_path(encoded, options.dot_files) != options.not_found) {
    return invalid(
        "the page for what is missing is a path below the root, and none that is hidden: " +
        options.not_found);
  }
  http::ResponseHead head;
  if (!head.set("Cache-Control", options.cache_control).ok()) {
    return invalid("the Cache-Control can stand in no header field");
  }
  for (const auto& [extension, type] : options.media_types) {
    if (!http::parse_content_type(type).has_value() || !head.set("Content-Type", type).ok()) {
      return invalid("the media type of ." + extension + " is malformed");
    }
  }
  return absl::OkStatus();
}

std::string lower_extension(std::string_view path) {
  const size_t point = path.rfind('.');
  if (point == std::string_view::npos || path.find('/', point) != std::string_view::npos) return {};
  std::string extension(path.substr(point + 1));
  for (char& c : extension) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  return extension;
}

// At most a quarter of what the process may have, or a server of many small files would have no
// descriptor left for a client.
size_t max_descriptors_of(const StaticFileOptions& options) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return options.max_descriptors;
  return std::min<size_t>(options.max_descriptors, limit.rlim_cur / 4);
}

}  // namespace

StaticFiles::LoopCache::LoopCache(IOLoop& of, StaticFiles& files)
    : loop(&of),
      cache(
          of, files.root_, *files.pool_, files.options_.cache,
          [&files](const std::string& path, StoredFile& file) { files.describe(path, file); },
          &files.budget_) {}

absl::StatusOr<std::shared_ptr<StaticFiles>> StaticFiles::open(const std::string& directory,
                                                               StaticFileOptions options) {
  if (absl::Status checked = check(options); !checked.ok()) return checked;
  absl::StatusOr<FileRoot> root = FileRoot::open(directory);
  if (!root.ok()) return root.status();
  return std::shared_ptr<StaticFiles>(new StaticFiles(*std::move(root), std::move(options)));
}

StaticFiles::StaticFiles(FileRoot root, StaticFileOptions options)
    : options_(std::move(options)),
      root_(std::move(root)),
      budget_(max_descriptors_of(options_)),
      pool_(options_.pool) {
  if (pool_ != nullptr) return;
  own_pool_ = std::make_unique<BlockingPool>(options_.own_pool);
  pool_ = own_pool_.get();
}

StaticFiles::~StaticFiles() {
  own_pool_.reset();  // its threads may be reading
  LoopCache* each = caches_.load(std::memory_order_acquire);
  while (each != nullptr) delete std::exchange(each, each->next);
}

FileCache& StaticFiles::add_cache(IOLoop& loop) {
  auto* added = new LoopCache(loop, *this);
  added->next = caches_.load(std::memory_order_relaxed);
  while (!caches_.compare_exchange_weak(added->next, added, std::memory_order_acq_rel)) {
  }
  return added->cache;
}

std::string_view StaticFiles::media_type(std::string_view path) const {
  if (!options_.media_types.empty()) {
    const auto found = options_.media_types.find(lower_extension(path));
    if (found != options_.media_types.end()) return found->second;
  }
  return http::media_type_of(path);
}

void StaticFiles::describe(const std::string& path, StoredFile& file) const {
  if (file.is_directory()) return;
  for (size_t i = 0; i < kFileCodings; ++i) {
    Representation& each = file.representations[i];
    if (!each.exists()) continue;
    const std::array<char, 29> date = http::format_date(each.last_modified);
    set(each.fields, "Content-Type", media_type(path));
    set(each.fields, "Last-Modified", {date.data(), date.size()});
    set(each.fields, "ETag", each.etag);
    set(each.fields, "Accept-Ranges", "bytes");
    set(each.fields, "Cache-Control", options_.cache_control);
    set(each.fields, "Content-Encoding", to_string(static_cast<FileCoding>(i)));
    if (file.varies) set(each.fields, "Vary", "Accept-Encoding");
  }
}

}  // namespace turbo::web
