#include "framework/web/memory_session_store.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <optional>
#include <utility>

#include "framework/base/check.h"
#include "framework/base/status.h"

namespace turbo::web {
namespace {

constexpr size_t kMaxParts = 16;
// Fewer sessions are not worth a second lock, and then the oldest of all is the one evicted.
constexpr size_t kMinSessionsOfPart = 1024;
// Sessions that are over and dropped for one that comes: the lock is not held for a thousand.
constexpr int kMaxDropped = 8;

size_t part_count(size_t max_sessions) {
  return std::clamp<size_t>(max_sessions / kMinSessionsOfPart, 1, kMaxParts);
}

absl::Status ended() {
  return make_status(absl::StatusCode::kNotFound, "the session has ended meanwhile");
}

}  // namespace

MemorySessionStore::MemorySessionStore(const MemorySessionStoreOptions& options)
    : options_(options),
      parts_(part_count(options.max_sessions)),
      max_sessions_of_part_(options.max_sessions / parts_.size()) {
  TURBO_CHECK(options.max_sessions > 0 && options.max_session_bytes > 0 &&
                  options.idle.count() > 0 && options.absolute.count() > 0,
              "a store of sessions wants positive limits and times");
}

void MemorySessionStore::load(IOLoop&, std::string key, LoadCallback callback) {
  std::optional<std::string> data;
  {
    const TimePoint now = options_.clock->now();
    Part& part = part_of(key);
    const std::lock_guard lock(part.mutex);
    if (const Entry* entry = find(part, key, now)) data = entry->data;
  }
  callback(std::move(data));
}

void MemorySessionStore::create(IOLoop&, std::string key, std::string data, DoneCallback callback) {
  callback(try_create(std::move(key), std::move(data)));
}

void MemorySessionStore::replace(IOLoop&, std::string key, std::string data,
                                 DoneCallback callback) {
  callback(try_replace(key, std::move(data)));
}

void MemorySessionStore::destroy(IOLoop&, std::string key, DoneCallback callback) {
  callback(try_destroy(key));
}

MemorySessionStore::Counters MemorySessionStore::counters() const {
  Counters sum;
  for (const Part& part : parts_) {
    const std::lock_guard lock(part.mutex);
    sum.sessions += part.entries.size();
    sum.created += part.counters.created;
    sum.expired += part.counters.expired;
    sum.evicted += part.counters.evicted;
  }
  return sum;
}

absl::Status MemorySessionStore::try_create(std::string key, std::string data) {
  if (absl::Status status = check_size(data); !status.ok()) return status;
  const TimePoint now = options_.clock->now();
  Part& part = part_of(key);
  const std::lock_guard lock(part.mutex);
  if (find(part, key, now) != nullptr)
    return make_status(absl::StatusCode::kAlreadyExists, "there is a session with this key");
  make_room(part, now);
  part.entries.push_back({std::move(key), std::move(data), now, now});
  part.by_key.emplace(part.entries.back().key, std::prev(part.entries.end()));
  ++part.counters.created;
  return absl::OkStatus();
}

absl::Status MemorySessionStore::try_replace(std::string_view key, std::string data) {
  if (absl::Status status = check_size(data); !status.ok()) return status;
  const TimePoint now = options_.clock->now();
  Part& part = part_of(key);
  const std::lock_guard lock(part.mutex);
  Entry* const entry = find(part, key, now);
  if (entry == nullptr) return ended();
  entry->data = std::move(data);
  return absl::OkStatus();
}

absl::Status MemorySessionStore::try_destroy(std::string_view key) {
  const TimePoint now = options_.clock->now();
  Part& part = part_of(key);
  const std::lock_guard lock(part.mutex);
  if (find(part, key, now) == nullptr) return ended();
  erase(part, std::prev(part.entries.end()));  // find() has moved it there
  return absl::OkStatus();
}

absl::Status MemorySessionStore::check_size(std::string_view data) const {
  if (data.size() <= options_.max_session_bytes) return absl::OkStatus();
  return make_status(absl::StatusCode::kResourceExhausted,
                     "a session of " + std::to_string(data.size()) +
                         " bytes is above the limit of " +
                         std::to_string(options_.max_session_bytes));
}

MemorySessionStore::Part& MemorySessionStore::part_of(std::string_view key) {
  return parts_[std::hash<std::string_view>()(key) % parts_.size()];
}

bool MemorySessionStore::is_over(const Entry& entry, TimePoint now) const {
  return now - entry.used >= options_.idle || now - entry.created >= options_.absolute;
}

MemorySessionStore::Entry* MemorySessionStore::find(Part& part, std::string_view key,
                                                    TimePoint now) {
  const auto found = part.by_key.find(key);
  if (found == part.by_key.end()) return nullptr;
  const Entries::iterator entry = found->second;
  if (is_over(*entry, now)) {
    erase(part, entry);
    ++part.counters.expired;
    return nullptr;
  }
  entry->used = now;
  part.entries.splice(part.entries.end(), part.entries, entry);
  return &*entry;
}

void MemorySessionStore::make_room(Part& part, TimePoint now) {
  for (int dropped = 0; dropped < kMaxDropped && !part.entries.empty(); ++dropped) {
    if (!is_over(part.entries.front(), now)) break;
    erase(part, part.entries.begin());
    ++part.counters.expired;
  }
  if (part.entries.size() < max_sessions_of_part_) return;
  erase(part, part.entries.begin());
  ++part.counters.evicted;
}

void MemorySessionStore::erase(Part& part, Entries::iterator entry) {
  part.by_key.erase(entry->key);
  part.entries.erase(entry);
}

}  // namespace turbo::web
