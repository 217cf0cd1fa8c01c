// What every call does takes no memory: a message that lies in one piece is found and parsed where
// it is, a reply is written into the rest of a block, an OK status is one field. Not even the
// BlockPool is asked. The counter stands in place of the global operators, so this test is a
// program of its own.

#include <google/protobuf/wrappers.pb.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <new>
#include <string>

#include "framework/buffer/block_pool.h"
#include "framework/rpc/protobuf_buffer.h"
#include "framework/rpc/status_fields.h"
#include "framework/rpc/timeout.h"
#include "tests/rpc/framing.h"

namespace {
uint64_t allocations = 0;
}

void* operator new(size_t bytes) {
  ++allocations;
  void* const piece = std::malloc(bytes);
  if (piece == nullptr) std::abort();
  return piece;
}
void operator delete(void* piece) noexcept { std::free(piece); }
void operator delete(void* piece, size_t) noexcept { std::free(piece); }

namespace turbo::rpc {
namespace {

using google::protobuf::StringValue;

// Of operator new and of the pool.
uint64_t count_allocations() {
  const BlockPoolCounters& pool = BlockPool::local().counters();
  return allocations + pool.hits + pool.misses;
}

StringValue sample() {
  StringValue message;
  message.set_value(std::string(100, 's'));
  return message;
}

TEST(WireAllocationTest, a_message_in_one_piece_is_read_where_it_is) {
  Buffer piece;
  ASSERT_TRUE(append_message(sample(), Compression::kIdentity, SIZE_MAX, piece));
  StringValue read = sample();
  MessageReader reader;

  const uint64_t before = count_allocations();
  reader.add(std::move(piece));
  absl::StatusOr<std::optional<Buffer>> message = reader.next();
  const bool parsed = message.ok() && message->has_value() && parse_message(**message, read);
  const bool ended = reader.next().ok() && reader.check_end().ok();
  EXPECT_EQ(count_allocations(), before);
  EXPECT_TRUE(parsed && ended);
}

TEST(WireAllocationTest, a_message_is_written_into_the_rest_of_a_block) {
  const StringValue message = sample();
  Buffer out = Buffer::copy_of("head");

  const uint64_t before = count_allocations();
  const bool appended = append_message(message, Compression::kIdentity, SIZE_MAX, out);
  EXPECT_EQ(count_allocations(), before);
  EXPECT_TRUE(appended);
}

TEST(WireAllocationTest, ok_and_a_timeout_take_nothing) {
  size_t bytes = 0;
  const auto visit = [&bytes](std::string_view name, std::string_view value) {
    bytes += name.size() + value.size();
  };
  const http::Field fields[] = {{"grpc-status", "0"}};
  std::array<char, kTimeoutBytes> room;

  const uint64_t before = count_allocations();
  encode_status(absl::OkStatus(), visit);
  const bool ok = decode_status(fields)->ok();
  const auto timeout = parse_timeout(format_timeout(std::chrono::seconds(7), room));
  EXPECT_EQ(count_allocations(), before);
  EXPECT_EQ(bytes, 12U);
  EXPECT_TRUE(ok && timeout);
}

}  // namespace
}  // namespace turbo::rpc
