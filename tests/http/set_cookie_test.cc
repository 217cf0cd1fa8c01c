#include "framework/http/set_cookie.h"

#include <gtest/gtest.h>

#include "framework/http/cookies.h"

namespace turbo::http {
namespace {

using std::chrono::seconds;
using std::chrono::sys_seconds;

std::string format(const SetCookie& cookie) {
  const absl::StatusOr<std::string> field = format_set_cookie(cookie);
  return field.ok() ? *field : field.status().ToString();
}

absl::StatusCode code_of(const SetCookie& cookie) {
  return format_set_cookie(cookie).status().code();
}

constexpr sys_seconds kSecondBefore(seconds(784111777));  // of RFC 9110 5.6.7

TEST(SetCookieTest, writes_what_is_set) {
  const std::pair<SetCookie, std::string_view> table[] = {
      {{.name = "a", .value = "b"}, "a=b"},
      {{.name = "a"}, "a="},
      {{.name = "a", .value = "1:2|x=/+'()<>~!#$%&*-.?@[]^_`{}"},
       "a=1:2|x=/+'()<>~!#$%&*-.?@[]^_`{}"},
      {{.name = "a", .domain = "example.com"}, "a=; Domain=example.com"},
      {{.name = "a", .domain = "x-1.b"}, "a=; Domain=x-1.b"},
      {{.name = "a", .domain = "127.0.0.1"}, "a=; Domain=127.0.0.1"},
      {{.name = "a", .path = "/"}, "a=; Path=/"},
      {{.name = "a", .path = "/x y,z=\""}, "a=; Path=/x y,z=\""},
      {{.name = "a", .expires = kSecondBefore}, "a=; Expires=Sun, 06 Nov 1994 08:49:37 GMT"},
      {{.name = "a", .expires = sys_seconds(seconds(-11644473600))},
       "a=; Expires=Mon, 01 Jan 1601 00:00:00 GMT"},
      {{.name = "a", .expires = sys_seconds(seconds(253402300799))},
       "a=; Expires=Fri, 31 Dec 9999 23:59:59 GMT"},
      {{.name = "a", .max_age = seconds(0)}, "a=; Max-Age=0"},
      {{.name = "a", .max_age = seconds::max()}, "a=; Max-Age=9223372036854775807"},
      {{.name = "a", .secure = true}, "a=; Secure"},
      {{.name = "a", .http_only = true}, "a=; HttpOnly"},
      {{.name = "a", .same_site = SameSite::kStrict}, "a=; SameSite=Strict"},
      {{.name = "a", .same_site = SameSite::kLax}, "a=; SameSite=Lax"},
      {{.name = "a", .secure = true, .same_site = SameSite::kNone}, "a=; Secure; SameSite=None"},
      {{.name = "a", .secure = true, .partitioned = true}, "a=; Secure; Partitioned"},
      {{.name = "__Host-a", .value = "b", .path = "/", .secure = true},
       "__Host-a=b; Path=/; Secure"},
      {{.name = "__Secure-a", .value = "b", .domain = "c.d", .secure = true},
       "__Secure-a=b; Domain=c.d; Secure"},
      {{.name = "__Hostess"}, "__Hostess="},
      {{.name = "a",
        .value = "b",
        .domain = "c.d",
        .path = "/e",
        .expires = kSecondBefore,
        .max_age = seconds(9),
        .secure = true,
        .http_only = true,
        .same_site = SameSite::kNone,
        .partitioned = true},
       "a=b; Domain=c.d; Path=/e; Expires=Sun, 06 Nov 1994 08:49:37 GMT; Max-Age=9; Secure; "
       "HttpOnly; SameSite=None; Partitioned"},
  };
  for (const auto& [cookie, wanted] : table) EXPECT_EQ(format(cookie), wanted);
}

TEST(SetCookieTest, refuses_every_byte_with_a_meaning) {
  constexpr std::string_view kNotInName = "\"(),/:;<=>?@[\\]{}";
  constexpr std::string_view kNotInValue = "\",;\\";
  for (int i = 0; i < 256; ++i) {
    const char byte = static_cast<char>(i);
    const bool printable = i > 0x20 && i < 0x7f;
    for (const std::string& text :
         {std::string(1, byte), "x" + std::string(1, byte), std::string(1, byte) + "x"}) {
      EXPECT_EQ(format_set_cookie({.name = text}).ok(),
                printable && kNotInName.find(byte) == std::string_view::npos)
          << "name " << i;
      EXPECT_EQ(format_set_cookie({.name = "a", .value = text}).ok(),
                printable && kNotInValue.find(byte) == std::string_view::npos)
          << "value " << i;
    }
    const std::string path = "/" + std::string(1, byte) + "x";
    EXPECT_EQ(format_set_cookie({.name = "a", .path = path}).ok(),
              (printable || i == ' ') && i != ';')
        << "path " << i;
    const std::string domain = "a" + std::string(1, byte) + "b";
    EXPECT_EQ(format_set_cookie({.name = "a", .domain = domain}).ok(),
              printable && (isalnum(i) != 0 || i == '-' || i == '.'))
        << "domain " << i;
  }
}

TEST(SetCookieTest, refuses_what_browsers_throw_away) {
  const std::string long_label = std::string(64, 'a') + ".b";
  const SetCookie table[] = {
      {.name = ""},
      {.name = "", .value = "a"},
      {.name = "a", .value = "\"quoted\""},
      {.name = "a", .value = "x\r\nSet-Cookie: b=c"},
      {.name = "a", .value = std::string_view("x\0y", 3)},
      {.name = "a", .domain = ".example.com"},
      {.name = "a", .domain = "example.com."},
      {.name = "a", .domain = "example..com"},
      {.name = "a", .domain = "-a.com"},
      {.name = "a", .domain = "a-.com"},
      {.name = "a", .domain = long_label},
      {.name = "a", .domain = "[::1]"},
      {.name = "a", .path = "x"},
      {.name = "a", .path = "/x "},
      {.name = "a", .path = "/x; HttpOnly"},
      {.name = "a", .expires = sys_seconds(seconds(-11644473601))},
      {.name = "a", .expires = sys_seconds(seconds(253402300800))},
      {.name = "a", .expires = sys_seconds::max()},
      {.name = "a", .expires = sys_seconds::min()},
      {.name = "a", .max_age = seconds(-1)},
      {.name = "a", .same_site = SameSite::kNone},
      {.name = "a", .partitioned = true},
      {.name = "__Secure-a"},
      {.name = "__sEcUrE-a"},
      {.name = "__Host-a"},
      {.name = "__Host-a", .path = "/"},
      {.name = "__Host-a", .secure = true},
      {.name = "__Host-a", .path = "/a", .secure = true},
      {.name = "__Host-a", .domain = "b.c", .path = "/", .secure = true},
      {.name = "__HOST-a", .path = "/"},
  };
  for (const SetCookie& cookie : table)
    EXPECT_EQ(code_of(cookie), absl::StatusCode::kInvalidArgument) << format(cookie);
}

TEST(SetCookieTest, keeps_to_the_sizes_browsers_keep) {
  const std::string value(4095, 'v');
  EXPECT_TRUE(format_set_cookie({.name = "a", .value = value}).ok());
  EXPECT_FALSE(format_set_cookie({.name = "ab", .value = value}).ok());
  const std::string path = "/" + std::string(1023, 'p');
  EXPECT_TRUE(format_set_cookie({.name = "a", .path = path}).ok());
  const std::string longer = path + "p";
  EXPECT_FALSE(format_set_cookie({.name = "a", .path = longer}).ok());
  std::string domain;
  while (domain.size() < 1024) domain += "a.";
  EXPECT_FALSE(format_set_cookie({.name = "a", .domain = domain + "a"}).ok());
}

TEST(SetCookieTest, says_what_is_wrong) {
  EXPECT_EQ(format({.name = "a", .same_site = SameSite::kNone}),
            "INVALID_ARGUMENT: browsers ignore a cookie with SameSite=None that is not Secure");
}

}  // namespace
}  // namespace turbo::http
