// Sessions: finds the session of a request, and saves it so that the client's next one finds it.
//
//   web::MemorySessionStore store;
//   const web::Sessions sessions(store);
//
//   Task<> login(web::Request& request, web::Response& response) {
//     auto load = sessions.load(request);
//     absl::StatusOr<web::Session> session = co_await load;
//     if (!session.ok()) co_return response.send_error(503);
//     session->set("user", "bob");
//     session->regenerate();
//     auto save = sessions.save(*session, request, response);
//     const absl::Status saved = co_await save;
//     if (!saved.ok()) response.send_error(503);
//   }
//
// The client's cookie holds an id of 192 random bits and nothing else. Only ids that were made here
// are known: a client cannot choose one. Two requests at once each have the session as it was; the
// one that saves last wins.
//
// An answer that sets this cookie must not stay in a shared cache: Cache-Control: no-store, or
// private, on pages that save sessions.
//
// Owner:   the program, beside its store; outlives the server.
// Threads: all loops at once; it does not change.
// Errors:  the constructor throws std::invalid_argument for a cookie no browser would take. load()
//          and save(): what the store says; save() also kNotFound if the session was ended by
//          another request (save nothing then: the user has logged out). A session that could not
//          be saved is not to be used again.
// Limits:  the store's.
// Cost:    no cookie, or nothing to save: the store is not asked. Else a SHA-256 and the store.
#ifndef TURBO_WEB_SESSIONS_H_
#define TURBO_WEB_SESSIONS_H_

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "framework/http/set_cookie.h"
#include "framework/loop/async_operation.h"
#include "framework/loop/task.h"
#include "framework/web/request.h"
#include "framework/web/response.h"
#include "framework/web/session.h"
#include "framework/web/session_store.h"

namespace turbo::web {

// The cookie is always HttpOnly, and Secure where Request::over_tls().
struct SessionOptions {
  std::string cookie_name = "session";
  std::string cookie_path = "/";
  std::string cookie_domain;
  // kLax: links from elsewhere find the user logged in, forms from elsewhere do not (see xsrf.h).
  http::SameSite same_site = http::SameSite::kLax;
  // Wanted for the name prefixes __Host- and __Secure-, and for SameSite=None.
  bool always_secure = false;
  // How long the browser keeps the cookie, from when the session got its id; the store decides when
  // the session is over. Unset: until the browser is closed.
  std::optional<std::chrono::seconds> cookie_max_age;
};

class Sessions {
 public:
  using LoadCallback = absl::AnyInvocable<void(absl::StatusOr<Session>)>;
  // The value of the Set-Cookie field that the answer needs; empty: it needs none.
  using SaveCallback = absl::AnyInvocable<void(absl::StatusOr<std::string>)>;

  explicit Sessions(SessionStore& store, SessionOptions options = {});

  // The client's session, or a new one. The request is not looked at after the call has returned.
  // The callback is called as SessionStore says.
  void load(const Request& request, LoadCallback callback) const;

  // Writes what has changed. A new session without values is not stored, so clients of whom nothing
  // is to be remembered get no cookie. When it could not be saved there is no cookie either, and
  // what the client had before is still good, if it was. Session and request are not looked at
  // after the call has returned.
  void save(Session& session, const Request& request, SaveCallback callback) const;

  // The same, awaitable; save() puts the cookie into the response, before its first flush.
  auto load(const Request& request) const {
    return make_async_operation<absl::StatusOr<Session>>(
        request.loop(),
        [this, &request](auto callback) { load(request, LoadCallback(std::move(callback))); },
        [] {});
  }
  Task<absl::Status> save(Session& session, const Request& request, Response& response) const;

 private:
  using DoneCallback = SessionStore::DoneCallback;

  void renew(Session& session, const Request& request, SaveCallback callback) const;
  void move(IOLoop& loop, std::string old_key, std::string key, std::string data,
            DoneCallback callback) const;
  void end(IOLoop& loop, std::string key, DoneCallback callback) const;
  // An empty id takes the cookie away.
  absl::StatusOr<std::string> cookie_with(std::string_view id, bool secure) const;

  SessionStore& store_;
  const SessionOptions options_;
};

}  // namespace turbo::web

#endif  // TURBO_WEB_SESSIONS_H_
