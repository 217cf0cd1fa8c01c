// Authentication: Basic (RFC 7617) and Bearer (RFC 6750), for a program's own ways to verify.
//
//   app.use(web::basic_authentication("staff", [](web::Request&, const web::BasicCredentials& who)
//   {
//     return who.user == "ada" && equal_in_constant_time(who.password, password_of_ada);
//   }));
//   api.use(web::bearer_authentication(
//       "api", [](web::Request& request, std::string_view token) -> Task<bool> {
//         auto looking = look_up(request, token);       // may leave the user in the attributes
//         co_return co_await looking;
//       }));
//   web::authenticated_user(request);                   // "ada"; empty with Bearer
//
// A verifier that answers bool runs before the body is read, one that answers Task<bool> when it is
// there. Whoever is not let in gets 401 with WWW-Authenticate, and the application's error page.
// Compare secrets by equal_in_constant_time() of crypto, passwords by a slow hash in the
// BlockingPool. Without TLS both are there for anybody on the way to read.
//
// Owner:   the application; the verifier is called on all loops at once.
// Threads: as middleware.
// Errors:  malformed credentials, and two Authorization fields, are none: 401. A realm that cannot
//          be quoted throws std::invalid_argument at once. What a verifier throws is a 500.
// Limits:  the server's on header fields.
// Cost:    Basic decodes into strings, Bearer allocates nothing.
#ifndef TURBO_WEB_AUTHENTICATION_H_
#define TURBO_WEB_AUTHENTICATION_H_

#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "framework/loop/task.h"
#include "framework/web/middleware.h"
#include "framework/web/request.h"
#include "framework/web/response.h"

namespace turbo::web {

struct BasicCredentials {
  std::string user;
  std::string password;
};

// What the request's Authorization field holds; nullopt if that is nothing of the kind.
std::optional<BasicCredentials> basic_credentials(const Request& request);
std::optional<std::string_view> bearer_token(const Request& request);

// The user whom basic_authentication() has let in; empty without.
std::string_view authenticated_user(const Request& request);
// The same of an exchange, empty too if no Application answers it: for AccessLogOptions::user_of.
std::string_view authenticated_user_of(Exchange& exchange);

// The 401 of each scheme.
class Challenge {
 public:
  enum class Scheme : bool { kBasic, kBearer };
  Challenge(Scheme scheme, std::string_view realm);
  // Finishes the response.
  void refuse(Request& request, Response& response) const;

 private:
  const Scheme scheme_;
  std::string field_;
};

void note_authenticated(Request& request, const BasicCredentials& credentials);
inline void note_authenticated(Request&, std::string_view) {}

// Both schemes: `find` gives the credentials, `verify` judges them. For the two below.
template <class Find, class Verifier>
Middleware authentication(Challenge challenge, Find find, Verifier verify) {
  using Credentials = typename std::invoke_result_t<Find, Request&>::value_type;
  using Verdict = std::invoke_result_t<const Verifier&, Request&, const Credentials&>;
  Middleware middleware;
  if constexpr (std::is_same_v<Verdict, Task<bool>>) {
    middleware.around = [challenge, find, verify = std::move(verify)](
                            Request& request, Response& response, Next next) -> Task<> {
      const std::optional<Credentials> credentials = find(request);
      bool good = false;
      if (credentials) {
        Task<bool> verifying = verify(request, *credentials);
        good = co_await verifying;
      }
      if (!good) {
        challenge.refuse(request, response);
        co_return;
      }
      note_authenticated(request, *credentials);
      Task<> inner = next();
      co_await inner;
    };
  } else {
    static_assert(std::is_same_v<Verdict, bool>, "a verifier answers bool or Task<bool>");
    middleware.before = [challenge, find, verify = std::move(verify)](Request& request,
                                                                      Response& response) {
      const std::optional<Credentials> credentials = find(request);
      const bool good = credentials && verify(request, *credentials);
      good ? note_authenticated(request, *credentials) : challenge.refuse(request, response);
    };
  }
  return middleware;
}

// `verify`: bool or Task<bool>(Request&, const BasicCredentials&).
template <class Verifier>
Middleware basic_authentication(std::string_view realm, Verifier verify) {
  return authentication(Challenge(Challenge::Scheme::kBasic, realm), &basic_credentials,
                        std::move(verify));
}

// `verify`: bool or Task<bool>(Request&, std::string_view token).
template <class Verifier>
Middleware bearer_authentication(std::string_view realm, Verifier verify) {
  return authentication(Challenge(Challenge::Scheme::kBearer, realm), &bearer_token,
                        std::move(verify));
}

}  // namespace turbo::web

#endif  // TURBO_WEB_AUTHENTICATION_H_
