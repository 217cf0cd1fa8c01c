// XSRF tokens: a form that another site sends on a user's behalf carries the user's cookies but not
// this token, which only our own pages know.
//
//   no cookie yet:        cookie = make_xsrf_token();       set it: Secure, SameSite, named __Host-
//   each page or form:    <input type="hidden" name="_xsrf" value="...mask_xsrf_token(cookie)...">
//   POST, PUT, ...:       if (!xsrf_tokens_match(cookie, submitted)) 403
//
// A page holds the token under a mask that is new each time: compressed pages show by their size
// which secret they repeat (BREACH). Scripts that can read the cookie may send it as it is.
//
// Who can set cookies for this host, such as a page of a host below it or anybody on plain HTTP,
// can choose the token: the prefix __Host- keeps them out (set_cookie.h).
//
// Owner:   values.
// Threads: any.
// Errors:  false, or an empty text, for what is no token.
// Limits:  tokens have 22 characters, masked ones 43; anything else is refused at a glance.
// Cost:    16 random bytes to make one, and to mask one.
#ifndef TURBO_WEB_XSRF_H_
#define TURBO_WEB_XSRF_H_

#include <string>
#include <string_view>

namespace turbo::web {

// For the cookie: 128 random bits in base64url.
std::string make_xsrf_token();

// Whether `text` could be one: a cookie that is not is replaced.
bool is_xsrf_token(std::string_view text);

// For pages. Empty if `token` is none.
std::string mask_xsrf_token(std::string_view token);

// Whether what was submitted, masked or not, is the cookie's token. Constant time.
bool xsrf_tokens_match(std::string_view cookie, std::string_view submitted);

}  // namespace turbo::web

#endif  // TURBO_WEB_XSRF_H_
