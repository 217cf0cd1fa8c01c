#include "framework/web/sessions.h"

#include <cstddef>
#include <stdexcept>

#include "framework/base/check.h"
#include "framework/base/views.h"
#include "framework/crypto/digest.h"
#include "framework/crypto/random.h"
#include "framework/crypto/text_codec.h"

namespace turbo::web {
namespace {

// More than the 128 bits that cannot be guessed, and no base64 character is filled in part.
constexpr size_t kIdBytes = 24;
constexpr size_t kIdChars = 32;

std::string make_id() { return base64url_encode(random_bytes(kIdBytes)); }

bool is_id(std::string_view text) {
  return text.size() == kIdChars && base64url_decode(text).has_value();
}

// The store's answer, with the cookie that is true if it is good.
SessionStore::DoneCallback with_cookie(std::string cookie, Sessions::SaveCallback callback) {
  return [cookie = std::move(cookie), callback = std::move(callback)](absl::Status status) mutable {
    if (!status.ok()) return callback(std::move(status));
    callback(std::move(cookie));
  };
}

std::string key_of(std::string_view id) { return base64url_encode(view_of(sha256(id))); }

}  // namespace

Sessions::Sessions(SessionStore& store, SessionOptions options)
    : store_(store), options_(std::move(options)) {
  // If this cookie can be set, so can the same with Secure.
  const absl::Status status = cookie_with(make_id(), options_.always_secure).status();
  if (!status.ok()) throw std::invalid_argument(std::string(to_std(status.message())));
}

void Sessions::load(const Request& request, LoadCallback callback) const {
  const std::optional<std::string_view> id = request.cookie(options_.cookie_name);
  if (!id || !is_id(*id)) return callback(Session());
  std::string key = key_of(*id);
  store_.load(request.loop(), key,
              [key, callback = std::move(callback)](
                  absl::StatusOr<std::optional<std::string>> data) mutable {
                if (!data.ok()) return callback(data.status());
                // What another release wrote and this one cannot read is no session.
                auto values = *data ? decode_session(**data) : std::nullopt;
                callback(values ? Session(std::move(key), std::move(*values)) : Session());
              });
}

void Sessions::save(Session& session, const Request& request, SaveCallback callback) const {
  if (!session.dirty()) return callback(std::string());
  session.changed_ = false;
  if (std::exchange(session.renewed_, false) || session.is_new())
    return renew(session, request, std::move(callback));
  store_.replace(request.loop(), session.key_, encode_session(session.values_),
                 with_cookie(std::string(), std::move(callback)));
}

Task<absl::Status> Sessions::save(Session& session, const Request& request,
                                  Response& response) const {
  auto saving = make_async_operation<absl::StatusOr<std::string>>(
      request.loop(),
      [this, &session, &request](auto callback) {
        save(session, request, SaveCallback(std::move(callback)));
      },
      [] {});
  const absl::StatusOr<std::string> cookie = co_await saving;
  if (cookie.ok() && !cookie->empty()) response.add_header("Set-Cookie", *cookie);
  co_return cookie.status();
}

void Sessions::renew(Session& session, const Request& request, SaveCallback callback) const {
  IOLoop& loop = request.loop();
  std::string old_key = std::exchange(session.key_, std::string());
  const bool ends = session.values_.empty();
  if (ends && old_key.empty()) return callback(std::string());

  const std::string id = ends ? std::string() : make_id();
  absl::StatusOr<std::string> cookie =
      cookie_with(id, options_.always_secure || request.over_tls());
  TURBO_CHECK(cookie.ok(), "a session's cookie that was good is not");
  DoneCallback done = with_cookie(*std::move(cookie), std::move(callback));
  if (ends) return end(loop, std::move(old_key), std::move(done));

  session.key_ = key_of(id);
  std::string data = encode_session(session.values_);
  if (old_key.empty()) return store_.create(loop, session.key_, std::move(data), std::move(done));
  move(loop, std::move(old_key), session.key_, std::move(data), std::move(done));
}

// The new one first: the old one stays if that fails. Nobody knows the new one's id before the
// answer, so it is no harm that both are there, and if another request has ended the old one
// meanwhile the new one goes too: nothing may bring the session back.
void Sessions::move(IOLoop& loop, std::string old_key, std::string key, std::string data,
                    DoneCallback callback) const {
  auto undo = [&store = store_, &loop, key](absl::Status why, DoneCallback callback) {
    store.destroy(loop, key,
                  [why = std::move(why), callback = std::move(callback)](
                      const absl::Status&) mutable { callback(std::move(why)); });
  };
  auto destroy_old = [&store = store_, &loop, old_key = std::move(old_key), undo = std::move(undo),
                      callback = std::move(callback)](absl::Status created) mutable {
    if (!created.ok()) return callback(std::move(created));
    store.destroy(
        loop, std::move(old_key),
        [undo = std::move(undo), callback = std::move(callback)](absl::Status destroyed) mutable {
          if (destroyed.ok()) return callback(std::move(destroyed));
          undo(std::move(destroyed), std::move(callback));
        });
  };
  store_.create(loop, std::move(key), std::move(data), std::move(destroy_old));
}

void Sessions::end(IOLoop& loop, std::string key, DoneCallback callback) const {
  store_.destroy(loop, std::move(key),
                 [callback = std::move(callback)](absl::Status status) mutable {
                   callback(absl::IsNotFound(status) ? absl::OkStatus() : std::move(status));
                 });
}

absl::StatusOr<std::string> Sessions::cookie_with(std::string_view id, bool secure) const {
  http::SetCookie cookie;
  cookie.name = options_.cookie_name;
  cookie.value = id;
  cookie.domain = options_.cookie_domain;
  cookie.path = options_.cookie_path;
  cookie.max_age = id.empty() ? std::chrono::seconds::zero() : options_.cookie_max_age;
  cookie.secure = secure;
  cookie.http_only = true;
  cookie.same_site = options_.same_site;
  return http::format_set_cookie(cookie);
}

}  // namespace turbo::web
