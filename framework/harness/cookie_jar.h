// CookieJar: the cookies a test's client has, by name.
//
// A test has one server and one client, so paths, hosts and Secure are not looked at: each cookie
// goes with every request until it is set again, or deleted by Max-Age of at most 0 or an Expires
// at the epoch, which is how servers do it.
//
// Owner:   the Harness.
// Threads: one.
// Errors:  a field without a name is ignored.
// Limits:  none.
// Cost:    fit for tests.
#ifndef TURBO_HARNESS_COOKIE_JAR_H_
#define TURBO_HARNESS_COOKIE_JAR_H_

#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace turbo {

class CookieJar {
 public:
  void set(std::string name, std::string value) { values_[std::move(name)] = std::move(value); }
  // Takes the value of a Set-Cookie field.
  void take(std::string_view field);
  // The value of a Cookie field; empty if there is none.
  std::string field() const;
  const std::map<std::string, std::string>& values() const { return values_; }
  void clear() { values_.clear(); }

 private:
  std::map<std::string, std::string> values_;
};

}  // namespace turbo

#endif  // TURBO_HARNESS_COOKIE_JAR_H_
