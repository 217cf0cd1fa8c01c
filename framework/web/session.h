// Session: what the server remembers of one client between its requests: a few named strings.
//
//   session.set("user", "bob");
//   session.regenerate();                 // at each login: the id from before it is worth nothing
//   if (session.get("user") == "bob") ...
//   session.invalidate();                 // logout
//
// It is a value in memory: web::Sessions loads it and, when told, saves what has changed.
//
// Owner:   the handler.
// Threads: one at a time.
// Errors:  none.
// Limits:  the store's, of all names and values with a few bytes for each.
// Cost:    a map; the whole session is written when one value has changed.
#ifndef TURBO_WEB_SESSION_H_
#define TURBO_WEB_SESSION_H_

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace turbo::web {

class Session {
 public:
  using Values = std::map<std::string, std::string, std::less<>>;

  Session() = default;
  Session(Session&&) = default;
  Session& operator=(Session&&) = default;

  // The view is valid until the value is changed.
  std::optional<std::string_view> get(std::string_view name) const;
  void set(std::string_view name, std::string_view value);
  void erase(std::string_view name);
  const Values& values() const { return values_; }

  // Moves the session to a new id when it is saved; the old one ends. Whoever made a user come with
  // an id he knows (session fixation) has nothing after that, so: at login, and whenever somebody
  // gains rights.
  void regenerate() { renewed_ = true; }
  // Forgets all values; saved like this, the session ends and the client loses its cookie. Values
  // set after it begin another session.
  void invalidate();

  // The client came without a session, or it has ended, and nothing has been saved yet.
  bool is_new() const { return key_.empty(); }
  // There is something to save.
  bool dirty() const { return changed_ || (renewed_ && !is_new()); }

 private:
  friend class Sessions;

  Session(std::string key, Values values) : key_(std::move(key)), values_(std::move(values)) {}

  std::string key_;  // in the store; empty: not stored
  Values values_;
  bool changed_ = false;
  bool renewed_ = false;
};

// How stores get sessions: one text for given values, and back. nullopt for what
// encode_session() has not written.
std::string encode_session(const Session::Values& values);
std::optional<Session::Values> decode_session(std::string_view data);

}  // namespace turbo::web

#endif  // TURBO_WEB_SESSION_H_
