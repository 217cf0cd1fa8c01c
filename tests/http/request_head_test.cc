#include "framework/http/request_head.h"

#include <gtest/gtest.h>

namespace turbo::http {
namespace {

TEST(RequestHeadTest, names_its_protocol) {
  RequestHead head;
  EXPECT_EQ(head.protocol(), "HTTP/1.1");
  head.minor_version = 0;
  EXPECT_EQ(head.protocol(), "HTTP/1.0");
  head.major_version = 2;
  EXPECT_EQ(head.protocol(), "HTTP/2.0");
}

TEST(RequestHeadTest, has_a_body_by_its_length_or_without_one) {
  RequestHead head;
  EXPECT_FALSE(head.has_body());
  head.content_length = 0;
  EXPECT_FALSE(head.has_body());
  head.content_length = 1;
  EXPECT_TRUE(head.has_body());
  head.content_length.reset();
  head.unknown_length = true;
  EXPECT_TRUE(head.has_body());
}

}  // namespace
}  // namespace turbo::http
