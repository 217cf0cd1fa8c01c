#include "framework/web/file_cache.h"

#include <utility>

#include "framework/base/views.h"

namespace turbo::web {
namespace {

// What may be better the next time somebody asks is not worth remembering.
bool is_lasting(const absl::Status& status) {
  return status.ok() || absl::IsNotFound(status) || absl::IsPermissionDenied(status);
}

// Never destroyed: files are asked for until the last thread ends.
const FileCache::FilePtr& unknown() {
  static const auto& none = *new FileCache::FilePtr();
  return none;
}

}  // namespace

FileCache::FileCache(IOLoop& loop, const FileRoot& root, BlockingPool& pool,
                     FileCacheOptions options, Describe describe, DescriptorBudget* budget)
    : loop_(loop),
      root_(root),
      pool_(pool),
      options_(options),
      describe_(std::move(describe)),
      budget_(budget),
      self_(std::make_shared<FileCache*>(this)) {
  if (budget_ != nullptr) budget_->join();
}

FileCache::~FileCache() {
  *self_ = nullptr;
  if (budget_ == nullptr) return;
  budget_->give_back(descriptors_);
  budget_->leave();
}

const FileCache::FilePtr& FileCache::find(std::string_view path) {
  const auto found = entries_.find(to_absl(path));
  if (found == entries_.end()) return unknown();
  Entry& entry = *found->second;
  if (loop_.time() - entry.checked >= options_.validity) return check(entry);
  ++counters_.hits;
  RecencyList& list = list_of(entry);
  entry.unlink();
  list.push_back(entry);
  return entry.file;
}

// Whether something has come to a place where nothing was is the disc's to say, not the memory's.
const FileCache::FilePtr& FileCache::check(Entry& entry) {
  if (entry.file->status.ok() && !exceeds_budget()) {
    ++counters_.checks;
    if (is_current(*entry.file, root_, entry.path, options_.file)) {
      entry.checked = loop_.time();
      entry.unlink();
      files_.push_back(entry);
      return entry.file;
    }
  }
  erase(entry);
  return unknown();
}

void FileCache::load(std::string path, LoadCallback done) {
  load(std::move(path), options_.file.max_content_bytes, std::move(done));
}

void FileCache::note_copied(std::string_view path) {
  const auto found = entries_.find(to_absl(path));
  if (found == entries_.end()) return;
  Entry& entry = *found->second;
  if (++entry.copies % kCopiesToKeep != 0) return;
  const uint64_t bytes = entry.file->plain().file.facts.size;
  if (bytes > options_.max_copied_bytes || bytes > options_.max_bytes / 2) return;
  load(entry.path, options_.max_copied_bytes, [](const absl::StatusOr<FilePtr>&) {});
}

void FileCache::load(std::string path, size_t max_content_bytes, LoadCallback done) {
  const auto [waiting, first] = waiting_.try_emplace(path);
  waiting->second.push_back(std::move(done));
  if (!first) return;
  ++counters_.loads;
  StoredFileOptions options = options_.file;
  options.max_content_bytes = max_content_bytes;
  auto read = [&root = root_, path, options] { return read_stored_file(root, path, options); };
  pool_.run(std::move(read), [self = self_, path](absl::StatusOr<StoredFile> file) {
    if (*self != nullptr) (*self)->loaded(path, std::move(file));
  });
}

void FileCache::loaded(const std::string& path, absl::StatusOr<StoredFile> file) {
  auto waiting = waiting_.extract(path);
  StoredFile stored;
  stored.status = file.status();  // the pool's: nothing was read
  if (file.ok()) stored = *std::move(file);
  if (describe_ && stored.status.ok()) describe_(path, stored);
  const FilePtr answer = std::make_shared<const StoredFile>(std::move(stored));
  if (is_lasting(answer->status)) insert(path, answer);
  // Whoever is told may destroy the cache.
  const std::shared_ptr<FileCache*> self = self_;
  for (LoadCallback& done : waiting.mapped()) {
    if (*self == nullptr) return;
    done(answer);
  }
}

void FileCache::insert(const std::string& path, FilePtr file) {
  if (const auto old = entries_.find(path); old != entries_.end()) erase(*old->second);
  auto entry = std::make_unique<Entry>();
  entry->path = path;
  entry->checked = loop_.time();
  content_bytes_ += file->content_bytes();
  descriptors_ += file->descriptors();
  if (budget_ != nullptr) budget_->take(file->descriptors());
  if (!file->status.ok()) ++missing_count_;
  entry->file = std::move(file);
  list_of(*entry).push_back(*entry);
  entries_[path] = std::move(entry);
  make_room();
}

void FileCache::erase(Entry& entry) {
  content_bytes_ -= entry.file->content_bytes();
  descriptors_ -= entry.file->descriptors();
  if (budget_ != nullptr) budget_->give_back(entry.file->descriptors());
  if (!entry.file->status.ok()) --missing_count_;
  entries_.erase(std::string(entry.path));
}

void FileCache::make_room() {
  while (missing_count_ > options_.max_missing) {
    ++counters_.evicted;
    erase(missing_.front());
  }
  while (!files_.empty() && holds_too_much()) {
    ++counters_.evicted;
    erase(files_.front());
  }
}

bool FileCache::holds_too_much() const {
  return entries_.size() - missing_count_ > options_.max_entries ||
         content_bytes_ > options_.max_bytes || exceeds_budget();
}

}  // namespace turbo::web
