#include "framework/http2/head_block.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "framework/buffer/block_pool.h"

namespace turbo::http2 {
namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

class HeadBlockTest : public ::testing::Test {
 protected:
  const Head& read(const Fields& fields, const HeadLimits& limits = {}) {
    block_.start(limits);
    // As from HPACK: a field's bytes are gone when the next comes.
    for (auto [name, value] : fields) {
      block_.add(name, value);
      name.assign(name.size(), '?');
      value.assign(value.size(), '?');
    }
    block_.finish();
    return block_.head();
  }

  Fields seen() const {
    Fields fields;
    for (const http::Field& field : block_.head().fields) {
      fields.emplace_back(field.name, field.value);
    }
    return fields;
  }

  HeadBlock block_;
};

TEST_F(HeadBlockTest, a_request) {
  const Head& head = read({{":method", "GET"},
                           {":scheme", "https"},
                           {":authority", "a.example"},
                           {":path", "/b?c"},
                           {":protocol", "websocket"},
                           {"accept", "*/*"},
                           {"content-length", "12"},
                           {"x-empty", ""}});
  EXPECT_EQ(head.method, "GET");
  EXPECT_EQ(head.scheme, "https");
  EXPECT_EQ(head.authority, "a.example");
  EXPECT_EQ(head.path, "/b?c");
  EXPECT_EQ(head.protocol, "websocket");
  EXPECT_EQ(head.status, 0);
  EXPECT_EQ(head.content_length, 12u);
  EXPECT_FALSE(head.too_large);
  EXPECT_EQ(seen(), (Fields{{"accept", "*/*"}, {"content-length", "12"}, {"x-empty", ""}}));
}

TEST_F(HeadBlockTest, a_response) {
  EXPECT_EQ(read({{":status", "404"}}).status, 404);
  EXPECT_EQ(seen(), Fields());
  EXPECT_FALSE(block_.head().content_length.has_value());
}

TEST_F(HeadBlockTest, one_cookie_stays) {
  read({{"a", "b"}, {"cookie", "c=1; d=2"}, {"e", "f"}});
  EXPECT_EQ(seen(), (Fields{{"a", "b"}, {"cookie", "c=1; d=2"}, {"e", "f"}}));
}

TEST_F(HeadBlockTest, crumbs_become_one_cookie_at_the_place_of_the_first) {
  read({{"cookie", "a=1"}, {"b", "c"}, {"cookie", ""}, {"cookie", "d=2"}, {"e", "f"}});
  EXPECT_EQ(seen(), (Fields{{"cookie", "a=1; ; d=2"}, {"b", "c"}, {"e", "f"}}));
}

TEST_F(HeadBlockTest, many_crumbs) {
  Fields crumbs;
  std::string joined;
  for (int i = 0; i < 100; ++i) {
    crumbs.emplace_back("cookie", "crumb" + std::to_string(i) + "=" + std::string(50, 'c'));
    joined += (i > 0 ? "; " : "") + crumbs.back().second;
  }
  read(crumbs);
  EXPECT_EQ(seen(), (Fields{{"cookie", joined}}));
}

TEST_F(HeadBlockTest, it_grows) {
  Fields fields;
  for (int i = 0; i < 100; ++i) {
    fields.emplace_back("name" + std::to_string(i), std::string(size_t(i) * 3, 'v'));
  }
  read(fields);
  EXPECT_EQ(seen(), fields);
}

TEST_F(HeadBlockTest, bytes_at_the_limit_pass) {
  // 4 + 6 + 32 bytes, twice.
  const Fields fields = {{"name", "value1"}, {"name", "value2"}};
  EXPECT_FALSE(read(fields, {84, 10}).too_large);
  EXPECT_EQ(seen().size(), 2u);
  EXPECT_TRUE(read(fields, {83, 10}).too_large);
  EXPECT_EQ(seen(), (Fields{{"name", "value1"}}));
}

TEST_F(HeadBlockTest, fields_at_the_limit_pass) {
  const Fields fields = {{":method", "GET"}, {"a", ""}, {"b", ""}};
  EXPECT_FALSE(read(fields, {1000, 3}).too_large);
  EXPECT_TRUE(read(fields, {1000, 2}).too_large);
  EXPECT_EQ(seen(), (Fields{{"a", ""}}));
}

TEST_F(HeadBlockTest, nothing_is_kept_behind_what_was_dropped) {
  read({{"a", "b"}, {"c", std::string(200, 'd')}, {"e", "f"}}, {150, 10});
  EXPECT_EQ(seen(), (Fields{{"a", "b"}}));
  EXPECT_EQ(block_.counted_bytes(), 34u + 233u + 34u);
}

TEST_F(HeadBlockTest, the_next_head_knows_nothing_of_the_last) {
  read({{":path", "/"}, {"cookie", "a"}, {"cookie", "b"}, {"content-length", "1"}}, {10, 10});
  const Head& head = read({{"cookie", "c"}});
  EXPECT_EQ(head.path, "");
  EXPECT_FALSE(head.too_large);
  EXPECT_FALSE(head.content_length.has_value());
  EXPECT_EQ(seen(), (Fields{{"cookie", "c"}}));
  block_.restart();
  EXPECT_TRUE(block_.head().fields.empty());
}

TEST_F(HeadBlockTest, restart_keeps_little) {
  const auto cached = [] { return BlockPool::local().counters().cached_bytes; };
  read({{"a", std::string(60000, 'b')}}, {100000, 10});
  const size_t before = cached();
  block_.restart();
  EXPECT_GE(cached(), before + 60000);
  read({{"a", "b"}});
  const size_t small = cached();
  block_.restart();
  EXPECT_EQ(cached(), small);
}

}  // namespace
}  // namespace turbo::http2
