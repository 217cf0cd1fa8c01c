#include "framework/http2/flood_guard.h"

#include <gtest/gtest.h>

#include <chrono>
#include <set>

#include "framework/http2/error_code.h"

namespace turbo::http2 {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class FloodGuardTest : public ::testing::Test {
 protected:
  // How many pass at once.
  int passing(Abuse abuse) {
    int passed = 0;
    while (passed < 100000 && guard_.count(abuse)) ++passed;
    return passed;
  }

  FloodLimits limits_;
  FloodGuard guard_{limits_};
  const TimePoint start_{std::chrono::hours(5)};
};

TEST_F(FloodGuardTest, a_burst_passes_and_no_more) {
  limits_.resets = {3, 1};
  guard_.set_time(start_);
  EXPECT_EQ(passing(Abuse::kResets), 3);
  EXPECT_FALSE(guard_.count(Abuse::kResets));
}

TEST_F(FloodGuardTest, time_empties_the_bucket) {
  limits_.resets = {10, 2};
  guard_.set_time(start_);
  EXPECT_EQ(passing(Abuse::kResets), 10);
  guard_.set_time(start_ + milliseconds(999));
  EXPECT_EQ(passing(Abuse::kResets), 0);
  guard_.set_time(start_ + seconds(3));
  EXPECT_EQ(passing(Abuse::kResets), 6);
  guard_.set_time(start_ + std::chrono::hours(100));
  EXPECT_EQ(passing(Abuse::kResets), 10);
}

TEST_F(FloodGuardTest, parts_of_seconds_are_not_lost) {
  limits_.pings = {1000, 10};
  guard_.set_time(start_);
  EXPECT_EQ(passing(Abuse::kPings), 1000);
  for (int i = 1; i <= 100; ++i) guard_.set_time(start_ + i * milliseconds(100));
  EXPECT_EQ(passing(Abuse::kPings), 100);
}

TEST_F(FloodGuardTest, kinds_have_buckets_of_their_own) {
  guard_.set_time(start_);
  EXPECT_EQ(passing(Abuse::kResets), int(limits_.resets.burst));
  EXPECT_EQ(passing(Abuse::kStreamErrors), int(limits_.stream_errors.burst));
  EXPECT_EQ(passing(Abuse::kRefusedStreams), int(limits_.refused_streams.burst));
  EXPECT_EQ(passing(Abuse::kHeaders), int(limits_.headers.burst));
  EXPECT_EQ(passing(Abuse::kSettings), int(limits_.settings.burst));
  EXPECT_EQ(passing(Abuse::kPings), int(limits_.pings.burst));
  EXPECT_EQ(passing(Abuse::kPriorities), int(limits_.priorities.burst));
  EXPECT_EQ(passing(Abuse::kWindowUpdates), int(limits_.window_updates.burst));
  EXPECT_EQ(passing(Abuse::kEmptyData), int(limits_.empty_data.burst));
  EXPECT_EQ(passing(Abuse::kUnknownFrames), int(limits_.unknown_frames.burst));
  EXPECT_EQ(passing(Abuse::kUnreadReplies), 0);
}

TEST_F(FloodGuardTest, data_allows_window_updates) {
  limits_.window_updates = {20, 0};
  limits_.window_updates_per_data = 4;
  guard_.set_time(start_);
  guard_.data_sent();
  EXPECT_EQ(passing(Abuse::kWindowUpdates), 24);
  guard_.data_sent();
  EXPECT_EQ(passing(Abuse::kWindowUpdates), 4);
  for (int i = 0; i < 1000; ++i) guard_.data_sent();
  EXPECT_EQ(passing(Abuse::kWindowUpdates), 20);
}

TEST_F(FloodGuardTest, names_differ) {
  std::set<std::string_view> names;
  for (size_t i = 0; i < kAbuseCount; ++i) names.insert(abuse_name(static_cast<Abuse>(i)));
  EXPECT_EQ(names.size(), kAbuseCount);
  EXPECT_EQ(abuse_name(Abuse::kUnreadReplies), "unread_replies");
  EXPECT_EQ(error_name(ErrorCode::kHTTP11Required), "HTTP_1_1_REQUIRED");
  EXPECT_EQ(error_name(static_cast<ErrorCode>(14)), "");
}

}  // namespace
}  // namespace turbo::http2
