#include "framework/web/session.h"

#include <gtest/gtest.h>

namespace turbo::web {
namespace {

TEST(SessionTest, keeps_values) {
  Session session;
  EXPECT_TRUE(session.is_new());
  EXPECT_EQ(session.get("user"), std::nullopt);
  session.set("user", "bob");
  session.set("empty", "");
  EXPECT_EQ(session.get("user"), "bob");
  EXPECT_EQ(session.get("empty"), "");
  session.set("user", "eve");
  EXPECT_EQ(session.get("user"), "eve");
  session.erase("user");
  EXPECT_EQ(session.get("user"), std::nullopt);
  EXPECT_EQ(session.values().size(), 1U);
  session.invalidate();
  EXPECT_TRUE(session.values().empty());
}

TEST(SessionTest, knows_whether_it_has_changed) {
  const auto dirty_after = [](auto change) {
    Session session;
    change(session);
    return session.dirty();
  };
  EXPECT_FALSE(dirty_after([](Session&) {}));
  EXPECT_TRUE(dirty_after([](Session& session) { session.set("a", ""); }));
  EXPECT_FALSE(dirty_after([](Session& session) { session.erase("a"); }));
  EXPECT_FALSE(dirty_after([](Session& session) { session.regenerate(); }))
      << "there is no id to replace";
  EXPECT_FALSE(dirty_after([](Session& session) { session.invalidate(); }));
}

TEST(SessionTest, brings_values_back) {
  const Session::Values table[] = {
      {},
      {{"", ""}},
      {{"user", "bob"}},
      {{"a", "1:2"}, {"b", std::string("\0\xff:", 3)}, {"c", std::string(10000, 'x')}},
  };
  for (const Session::Values& values : table) {
    const std::string data = encode_session(values);
    EXPECT_EQ(decode_session(data), values);
  }
  EXPECT_EQ(encode_session({{"user", "bob"}, {"a", ""}}), "11:a0:4:user3:bob");
}

TEST(SessionTest, reads_nothing_it_would_not_write) {
  const std::string data = encode_session({{"a", "1"}, {"user", "bob"}});
  for (size_t size = 0; size < data.size(); ++size) {
    const auto values = decode_session(std::string_view(data).substr(0, size));
    // Cut between two values it is another session.
    EXPECT_EQ(values.has_value(), size == 1 || size == 7) << size;
  }
  constexpr std::string_view kTexts[] = {
      "",
      "0",
      "2",
      "11:a",
      "11:a01:b",
      "1-1:a1:b",
      "1 1:a1:b",
      "1+1:a1:b",
      "11;a1:b",
      "11:b1:x1:a1",
      "1a",
      "199999999999999999999:a1:b",
      "19:a1:b",
      "11:a9:b",
      "11:b0:1:a0:",  // order
      "11:a0:1:a0:",  // twice
      "118446744073709551615:a1:b",
  };
  for (const std::string_view text : kTexts) EXPECT_FALSE(decode_session(text).has_value()) << text;
}

}  // namespace
}  // namespace turbo::web
