#include "framework/http2/stream_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <vector>

#include "tests/http2/scripted_stream.h"

namespace turbo::http2 {
namespace {

using Fate = StreamTable::Fate;

class StreamTableTest : public ::testing::Test {
 protected:
  // Of the last 128 streams that closed the fate is known, of up to twice as many perhaps.
  static constexpr int kHistory = 128;

  Stream* open(int32_t id) {
    table_.open(id, streams_.emplace_back());
    return &streams_.back();
  }
  void pass(int32_t id, Fate fate) {
    open(id);
    table_.close(id, fate);
  }
  std::vector<const Stream*> open_streams() const {
    std::vector<const Stream*> seen;
    table_.for_each_open([&](Stream& stream) { seen.push_back(&stream); });
    return seen;
  }

  std::deque<ScriptedStream> streams_;
  StreamTable table_;
};

TEST_F(StreamTableTest, holds_nothing_at_first) {
  EXPECT_EQ(table_.find(1), nullptr);
  EXPECT_EQ(table_.fate_of(1), Fate::kUnused);
  EXPECT_TRUE(open_streams().empty());
}

TEST_F(StreamTableTest, finds_what_is_open) {
  Stream* const first = open(1);
  Stream* const second = open(7);
  Stream* const third = open(9);
  EXPECT_EQ(table_.find(1), first);
  EXPECT_EQ(table_.find(7), second);
  EXPECT_EQ(table_.find(9), third);
  for (const int32_t id : {3, 5, 8, 11, INT32_MAX}) EXPECT_EQ(table_.find(id), nullptr) << id;
  EXPECT_EQ(open_streams(), (std::vector<const Stream*>{first, second, third}));
}

TEST_F(StreamTableTest, tells_how_streams_ended) {
  pass(1, Fate::kEnded);
  pass(3, Fate::kReset);
  table_.add_reset(7);
  open(9);
  EXPECT_EQ(table_.fate_of(1), Fate::kEnded);
  EXPECT_EQ(table_.fate_of(3), Fate::kReset);
  EXPECT_EQ(table_.fate_of(5), Fate::kUnused) << "was passed over";
  EXPECT_EQ(table_.fate_of(7), Fate::kReset);
  EXPECT_EQ(table_.fate_of(9), Fate::kOpen);
  for (const int32_t id : {1, 3, 5, 7}) EXPECT_EQ(table_.find(id), nullptr) << id;
  EXPECT_EQ(open_streams().size(), 1u);
}

TEST_F(StreamTableTest, streams_close_in_any_order) {
  for (int32_t id = 1; id <= 9; id += 2) open(id);
  for (const int32_t id : {5, 1, 9, 3}) {
    table_.close(id, Fate::kEnded);
    EXPECT_EQ(table_.find(id), nullptr);
    EXPECT_NE(table_.find(7), nullptr);
  }
  EXPECT_EQ(open_streams(), (std::vector<const Stream*>{table_.find(7)}));
  table_.close(7, Fate::kReset);
  EXPECT_TRUE(open_streams().empty());
  Stream* const next = open(11);
  EXPECT_EQ(open_streams(), (std::vector<const Stream*>{next}));
}

TEST_F(StreamTableTest, the_last_that_closed_are_remembered) {
  int32_t id = 1;
  for (int i = 0; i < 10 * kHistory; ++i, id += 2) {
    pass(id, Fate::kEnded);
    for (int back = 0; back <= std::min(i, kHistory - 1); ++back) {
      ASSERT_EQ(table_.fate_of(id - 2 * back), Fate::kEnded) << i << " less " << back;
    }
  }
}

// A frame for one of them may be wrong or late: it is taken to be late.
TEST_F(StreamTableTest, those_before_are_taken_for_reset) {
  for (int32_t id = 1; id < 20 * kHistory; id += 4) pass(id, Fate::kEnded);
  EXPECT_EQ(table_.fate_of(1), Fate::kReset);
  EXPECT_EQ(table_.fate_of(3), Fate::kReset) << "was passed over, who knows";
  EXPECT_EQ(table_.fate_of(20 * kHistory - 1), Fate::kUnused);
}

// However many come and go beside it.
TEST_F(StreamTableTest, what_is_open_is_never_forgotten) {
  Stream* const first = open(1);
  int32_t id = 3;
  for (int i = 0; i < 3 * kHistory; ++i, id += 2) pass(id, Fate::kEnded);
  Stream* const middle = open(id);
  for (int i = 0; i < 5 * kHistory; ++i) pass(id += 2, Fate::kReset);
  const int32_t middle_id = 3 + 2 * 3 * kHistory;
  EXPECT_EQ(table_.find(1), first);
  EXPECT_EQ(table_.find(middle_id), middle);
  EXPECT_EQ(open_streams(), (std::vector<const Stream*>{first, middle}));
  table_.close(1, Fate::kEnded);
  EXPECT_EQ(table_.fate_of(1), Fate::kEnded) << "it closed just now";
  EXPECT_EQ(open_streams(), (std::vector<const Stream*>{middle}));
  for (int i = 0; i < 3 * kHistory; ++i) pass(id += 2, Fate::kEnded);
  EXPECT_EQ(table_.fate_of(1), Fate::kReset) << "and long ago";
  EXPECT_EQ(table_.find(middle_id), middle);
}

TEST_F(StreamTableTest, refused_streams_push_others_out) {
  pass(1, Fate::kEnded);
  for (int32_t id = 3; id < 10 * kHistory; id += 2) table_.add_reset(id);
  EXPECT_EQ(table_.fate_of(1), Fate::kReset);
  EXPECT_TRUE(open_streams().empty());
}

}  // namespace
}  // namespace turbo::http2
