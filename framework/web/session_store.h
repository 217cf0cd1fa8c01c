// SessionStore: where sessions are kept between requests: memory (memory_session_store.h), or what
// a program puts behind this interface: Redis, a database.
//
// A store maps keys to bytes. It never sees the id in the client's cookie: the key is the id's
// SHA-256, so that who reads a store cannot take over its sessions. Keys have 43 characters of
// base64url, spread evenly.
//
// When a session ends is the store's to know: sessions that nobody has used for some time, and old
// ones however busy, are gone for load() and replace(). A load() counts as use.
//
// Owner:   the program; outlives the server.
// Threads: called from all loops at once. Each callback is called, or destroyed uncalled, on the
//          thread of the `loop` that came with it, once; inside of the call if the store need not
//          wait. What it captures may be gone by then: it knows itself (AsyncOperation does).
// Errors:  a store that cannot answer: kUnavailable, or what else it likes. See each function.
// Limits:  each store has a bound for the bytes of one session: kResourceExhausted.
// Cost:    the implementation's.
#ifndef TURBO_WEB_SESSION_STORE_H_
#define TURBO_WEB_SESSION_STORE_H_

#include <optional>
#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "framework/loop/io_loop.h"

namespace turbo::web {

class SessionStore {
 public:
  using LoadCallback = absl::AnyInvocable<void(absl::StatusOr<std::optional<std::string>>)>;
  using DoneCallback = absl::AnyInvocable<void(absl::Status)>;

  virtual ~SessionStore() = default;

  // The bytes; nullopt: there is no such session (any more).
  virtual void load(IOLoop& loop, std::string key, LoadCallback callback) = 0;

  // A new session, whose age begins here.
  virtual void create(IOLoop& loop, std::string key, std::string data, DoneCallback callback) = 0;

  // New bytes for a session. kNotFound if it has ended: a request that was under way when the user
  // logged out must not bring the session back.
  virtual void replace(IOLoop& loop, std::string key, std::string data, DoneCallback callback) = 0;

  // Ends a session. kNotFound if it has ended before: of several that end it one is the first.
  virtual void destroy(IOLoop& loop, std::string key, DoneCallback callback) = 0;
};

}  // namespace turbo::web

#endif  // TURBO_WEB_SESSION_STORE_H_
