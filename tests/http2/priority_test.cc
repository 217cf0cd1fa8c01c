#include "framework/http2/priority.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace turbo::http2 {
namespace {

std::string text_of(const Priority& priority) {
  return std::to_string(priority.urgency) + (priority.incremental ? " incremental" : "");
}

struct Case {
  std::string_view value;
  std::string_view priority;
};

TEST(PriorityTest, values_are_read) {
  constexpr Case kCases[] = {
      {"", "3"},
      {"u=0", "0"},
      {"u=7", "7"},
      {"i", "3 incremental"},
      {"i=?1", "3 incremental"},
      {"i=?0", "3"},
      {"u=5, i", "5 incremental"},
      {"i,u=5", "5 incremental"},
      {" \tu=1 \t,\t i ", "1 incremental"},
      {"u=1;x=2, i;y", "1 incremental"},
      {"u=1, u=2", "2"},  // RFC 8941 3.2: the last one counts
      {"i, i=?0", "3"},
      {"unknown=1, u=2, also", "2"},
      {"list=(a b \"c\"), u=2", "2"},
      {"bytes=:aGk=:, u=2", "2"},
  };
  for (const auto& [value, priority] : kCases) {
    EXPECT_EQ(text_of(parse_priority(value)), priority) << value;
  }
}

// RFC 9218 4: values out of range, or of another type than is expected, are not there.
TEST(PriorityTest, what_cannot_be_read_is_not_there) {
  constexpr std::string_view kValues[] = {
      "u",    "u=",   "u=8",  "u=-1",   "u=10",  "u=1.0", "u=\"1\"", "u=?1", "u =1",
      "u= 1", "U=1",  "u=1x", "ux=1",   "xu=1",  "u:1",   "=1",      "i=1",  "i=?2",
      "i=?",  "i=\"", "I",    "i=true", "(u=1)", ",",     ",,,",     ";",    "\"",
      "u=\t", "\\",   "\xff", "i i",    "u=1 i", "u=1\v",
  };
  for (const std::string_view value : kValues) {
    EXPECT_EQ(text_of(parse_priority(value)), "3") << value;
    const Priority before = {.urgency = 6, .incremental = true};
    EXPECT_EQ(text_of(parse_priority(value, before)), "6 incremental") << value;
  }
}

TEST(PriorityTest, bytes_of_any_value_are_not_there) {
  for (int c = 0; c < 256; ++c) {
    const std::string text = {'u', '=', static_cast<char>(c)};
    const bool urgency = c >= '0' && c <= '7';
    EXPECT_EQ(text_of(parse_priority(text)), urgency ? std::string(1, text[2]) : "3") << c;
  }
}

TEST(PriorityTest, strings_hide_what_they_hold) {
  constexpr Case kCases[] = {
      {"x=\"a, u=0\"", "3"},
      {"x=\"a, u=0\", u=1", "1"},
      {"x=\"a\\\", u=0\", i", "3 incremental"},
      {"x=\"\\\\\", u=0", "0"},
      {"x=\"u=0, i", "3"},
      {"x=\"\\", "3"},
      {"u=1;x=\"a;b, u=0\"", "1"},
  };
  for (const auto& [value, priority] : kCases) {
    EXPECT_EQ(text_of(parse_priority(value)), priority) << value;
  }
}

TEST(PriorityTest, what_is_not_said_stays) {
  const Priority before = {.urgency = 6, .incremental = true};
  EXPECT_EQ(text_of(parse_priority("", before)), "6 incremental");
  EXPECT_EQ(text_of(parse_priority("u=0", before)), "0 incremental");
  EXPECT_EQ(text_of(parse_priority("i=?0", before)), "6");
}

// ---- those that were said before their streams were opened ----

std::string taken(EarlyPriorities& early, int32_t stream) {
  const std::optional<Priority> priority = early.take(stream);
  return priority.has_value() ? text_of(*priority) : "none";
}

TEST(EarlyPrioritiesTest, each_waits_for_its_stream_and_no_longer) {
  EarlyPriorities early;
  EXPECT_EQ(taken(early, 1), "none");
  early.add(5, {.urgency = 5});
  early.add(3, {.urgency = 1, .incremental = true});
  EXPECT_EQ(taken(early, 1), "none");
  EXPECT_EQ(taken(early, 5), "5");
  EXPECT_EQ(taken(early, 5), "none");
  EXPECT_EQ(taken(early, 3), "1 incremental");
  EXPECT_EQ(taken(early, 3), "none");
}

TEST(EarlyPrioritiesTest, the_last_of_a_stream_counts) {
  EarlyPriorities early;
  early.add(1, {.urgency = 0});
  early.add(3, {.urgency = 1});
  early.add(1, {.urgency = 7});
  EXPECT_EQ(taken(early, 1), "7");
  EXPECT_EQ(taken(early, 1), "none");
}

TEST(EarlyPrioritiesTest, of_too_many_the_oldest_goes) {
  EarlyPriorities early;
  const auto most = static_cast<int32_t>(EarlyPriorities::kMost);
  for (int32_t i = 0; i < most; ++i) early.add(2 * i + 1, {.urgency = 5});
  early.add(3, {.urgency = 6});  // takes no place
  EXPECT_EQ(taken(early, 1), "5");
  early.add(2 * most + 1, {.urgency = 5});  // takes that of the first
  EXPECT_EQ(taken(early, 5), "5");
  early.add(2 * most + 3, {.urgency = 5});
  early.add(2 * most + 5, {.urgency = 5});
  EXPECT_EQ(taken(early, 3), "none");
  EXPECT_EQ(taken(early, 7), "5");
  EXPECT_EQ(taken(early, 2 * most + 5), "5");
}

}  // namespace
}  // namespace turbo::http2
