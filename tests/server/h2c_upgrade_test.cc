#include "framework/server/h2c_upgrade.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace turbo {
namespace {

using Fields = std::vector<http::Field>;

// "none", or the settings in hexadecimal digits.
std::string settings_of(const Fields& fields) {
  http::RequestHead request;
  request.fields = fields;
  const std::optional<std::string> settings = h2c_settings(request);
  if (!settings.has_value()) return "none";
  std::string text;
  for (const char c : *settings) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    text += kDigits[static_cast<uint8_t>(c) >> 4];
    text += kDigits[static_cast<uint8_t>(c) & 15];
  }
  return text;
}

std::string settings_in(std::string_view text) {
  return settings_of(
      {{"Connection", "Upgrade, HTTP2-Settings"}, {"Upgrade", "h2c"}, {"HTTP2-Settings", text}});
}

TEST(H2CUpgradeTest, decodes_the_settings) {
  EXPECT_EQ(settings_in("AAMAAABkAAQAAP__"), "00030000006400040000ffff");
  EXPECT_EQ(settings_in("AAMAAABk"), "000300000064");
  EXPECT_EQ(settings_in(""), "") << "no settings at all are settings";
}

TEST(H2CUpgradeTest, malformed_settings_are_none) {
  EXPECT_EQ(settings_in("AAMAAABkAA"), "none") << "half a setting";
  EXPECT_EQ(settings_in("AAMAAAB"), "none");
  EXPECT_EQ(settings_in("AAMAAA+/"), "none") << "not the URL's alphabet";
  EXPECT_EQ(settings_in("AAMA AABk, AAMAAABk"), "none");
  EXPECT_EQ(settings_in("!"), "none");
  EXPECT_EQ(settings_in(std::string(1360, 'A')).size(), 2040u);
  EXPECT_EQ(settings_in(std::string(1368, 'A')), "none") << "beyond a kilobyte";
}

TEST(H2CUpgradeTest, needs_each_of_the_three_fields) {
  const http::Field connection{"connection", "close, http2-settings , UPGRADE"};
  const http::Field upgrade{"UPGRADE", "websocket, H2C"};
  const http::Field settings{"http2-settings", "AAMAAABk"};
  EXPECT_EQ(settings_of({connection, upgrade, settings}), "000300000064");
  EXPECT_EQ(settings_of({settings, {"Upgrade", "h2c"}, {"Connection", "Upgrade"}, connection}),
            "000300000064")
      << "a list may stand in several fields";
  EXPECT_EQ(settings_of({connection, upgrade}), "none");
  EXPECT_EQ(settings_of({connection, settings}), "none");
  EXPECT_EQ(settings_of({upgrade, settings}), "none");
  EXPECT_EQ(settings_of({{"Connection", "Upgrade"}, upgrade, settings}), "none")
      << "a hop that knows no HTTP/2 has passed the settings on";
  EXPECT_EQ(settings_of({connection, {"Upgrade", "h2"}, settings}), "none") << "that is over TLS";
  EXPECT_EQ(settings_of({connection, {"Upgrade", "h2c-14"}, settings}), "none");
  EXPECT_EQ(settings_of({connection, upgrade, settings, settings}), "none")
      << "one, RFC 7540 3.2.1";
  EXPECT_EQ(settings_of({}), "none");
}

}  // namespace
}  // namespace turbo
