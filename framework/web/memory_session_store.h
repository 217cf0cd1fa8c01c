// MemorySessionStore: sessions in this process's memory, for all of its loops.
//
// They end with the process, and other processes do not see them. When there are too many, the one
// that was not used for the longest time makes room: whoever makes sessions without end drives
// others' out, so give a session only to those who did something to deserve one, and watch
// counters().evicted.
//
// Owner:   the program; outlives the server.
// Threads: any. Sessions lie in up to 16 parts, each with a lock that is held for a look-up and one
//          copy.
// Errors:  as SessionStore; callbacks are called inside of the call.
// Limits:  options. Least recently used: of its part.
// Cost:    a locked look-up, a copy of the session; two allocations for a new one. Memory of
//          sessions that are over is given back as others come.
#ifndef TURBO_WEB_MEMORY_SESSION_STORE_H_
#define TURBO_WEB_MEMORY_SESSION_STORE_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "framework/base/clock.h"
#include "framework/web/session_store.h"

namespace turbo::web {

struct MemorySessionStoreOptions {
  // With the next one, at most 256 MiB of data: a bound for memory before it is one for users.
  size_t max_sessions = 65536;
  // A session holds who somebody is and a handful of choices; documents belong elsewhere.
  size_t max_session_bytes = 4096;
  // OWASP advises 15 to 30 minutes where little is at stake, and hours in all.
  std::chrono::seconds idle = std::chrono::minutes(30);
  std::chrono::seconds absolute = std::chrono::hours(12);
  const Clock* clock = &Clock::steady();
};

class MemorySessionStore final : public SessionStore {
 public:
  struct Counters {
    uint64_t sessions = 0;  // now, with those that are over but not yet noticed
    uint64_t created = 0;
    uint64_t expired = 0;  // by idleness or age
    uint64_t evicted = 0;  // before their time, to make room
  };

  // Requires: the options are positive.
  explicit MemorySessionStore(const MemorySessionStoreOptions& options = {});

  void load(IOLoop& loop, std::string key, LoadCallback callback) override;
  void create(IOLoop& loop, std::string key, std::string data, DoneCallback callback) override;
  void replace(IOLoop& loop, std::string key, std::string data, DoneCallback callback) override;
  void destroy(IOLoop& loop, std::string key, DoneCallback callback) override;

  // Any thread; the sum of parts read one after another.
  Counters counters() const;

 private:
  struct Entry {
    std::string key;
    std::string data;
    TimePoint created;
    TimePoint used;
  };
  using Entries = std::list<Entry>;

  // Everything is guarded by the mutex.
  struct alignas(64) Part {
    mutable std::mutex mutex;
    Entries entries;  // the least recently used first
    std::unordered_map<std::string_view, Entries::iterator> by_key;  // views of the entries' keys
    Counters counters;
  };

  Part& part_of(std::string_view key);
  bool is_over(const Entry& entry, TimePoint now) const;
  // With the part's lock held:
  Entry* find(Part& part, std::string_view key, TimePoint now);  // and marks it as used
  void make_room(Part& part, TimePoint now);
  static void erase(Part& part, Entries::iterator entry);

  absl::Status try_create(std::string key, std::string data);
  absl::Status try_replace(std::string_view key, std::string data);
  absl::Status try_destroy(std::string_view key);
  absl::Status check_size(std::string_view data) const;

  const MemorySessionStoreOptions options_;
  std::vector<Part> parts_;
  const size_t max_sessions_of_part_;
};

}  // namespace turbo::web

#endif  // TURBO_WEB_MEMORY_SESSION_STORE_H_
