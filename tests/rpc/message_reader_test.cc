#include "framework/rpc/message_reader.h"

#include <gtest/gtest.h>

#include <iterator>
#include <string>
#include <vector>

#include "tests/rpc/framing.h"

namespace turbo::rpc {
namespace {

using absl::StatusCode;

constexpr size_t kLimit = MessageReader::kDefaultMaxMessageBytes;

MessageReader gzip_reader(size_t max_message_bytes = kLimit) {
  MessageReader reader(max_message_bytes);
  reader.set_compression(Compression::kGzip);
  return reader;
}

Reading read_whole(std::string_view bytes, MessageReader reader = MessageReader()) {
  return read_pieces(std::move(reader), {{bytes}});
}

std::vector<std::string> sample_messages() {
  return {"", "a", std::string(300, 'b'), std::string(2000, 'c'), "", "end"};
}

std::string sample_bytes() {
  std::string bytes;
  bool compressed = false;
  for (const std::string& message : sample_messages()) {
    bytes += compressed ? framed_compressed(message, Compression::kGzip) : framed(message);
    compressed = !compressed;
  }
  return bytes;
}

TEST(MessageReaderTest, every_cut_gives_the_same_messages) {
  const std::string bytes = sample_bytes();
  for (size_t cut = 0; cut <= bytes.size(); ++cut) {
    const std::string_view pieces[] = {std::string_view(bytes).substr(0, cut),
                                       std::string_view(bytes).substr(cut)};
    const Reading reading = read_pieces(gzip_reader(), pieces);
    ASSERT_TRUE(reading.status.ok()) << cut << " " << reading.status;
    ASSERT_EQ(reading.messages, sample_messages()) << cut;
  }
}

TEST(MessageReaderTest, pieces_of_any_size_give_the_same_messages) {
  const std::string bytes = sample_bytes();
  for (const size_t size : {1, 2, 3, 5, 7, 64, 511, 512, 513, 600}) {
    std::vector<std::string_view> pieces;
    for (size_t at = 0; at < bytes.size(); at += size) {
      pieces.push_back(std::string_view(bytes).substr(at, size));
    }
    const Reading reading = read_pieces(gzip_reader(), pieces);
    EXPECT_TRUE(reading.status.ok()) << size << " " << reading.status;
    EXPECT_EQ(reading.messages, sample_messages()) << size;
  }
}

TEST(MessageReaderTest, an_end_inside_of_a_message_is_an_error) {
  const std::string bytes = framed("one") + framed("") + framed("three");
  for (size_t end = 0; end <= bytes.size(); ++end) {
    const Reading reading = read_whole(std::string_view(bytes).substr(0, end));
    const bool between = end == 0 || end == 8 || end == 13 || end == bytes.size();
    EXPECT_EQ(reading.status.code(), between ? StatusCode::kOk : StatusCode::kInternal) << end;
  }
}

TEST(MessageReaderTest, flags_but_0_and_1_are_refused) {
  for (int flags = 2; flags < 256; ++flags) {
    EXPECT_EQ(read_whole(prefix(1, static_cast<char>(flags)) + "a", gzip_reader()).status.code(),
              StatusCode::kInternal)
        << flags;
  }
}

TEST(MessageReaderTest, a_compressed_message_wants_an_encoding) {
  const std::string bytes = framed_compressed("hello", Compression::kGzip);
  EXPECT_EQ(read_whole(bytes).status.code(), StatusCode::kInternal);
  EXPECT_EQ(read_whole(bytes, gzip_reader()).messages, std::vector<std::string>{"hello"});
  EXPECT_EQ(read_whole(prefix(0, 1)).status.code(), StatusCode::kInternal);
}

TEST(MessageReaderTest, a_message_of_the_limit_passes_and_one_byte_more_does_not) {
  const std::string message(kLimit, 'm');
  EXPECT_EQ(read_whole(framed(message)).messages, std::vector<std::string>{message});
  const Reading reading = read_whole(framed(message + "m"));
  EXPECT_TRUE(reading.messages.empty());
  EXPECT_EQ(reading.status.code(), StatusCode::kResourceExhausted);
}

TEST(MessageReaderTest, a_length_is_refused_before_its_bytes_come) {
  EXPECT_EQ(read_whole(prefix(kLimit + 1)).status.code(), StatusCode::kResourceExhausted);
  EXPECT_EQ(read_whole(prefix(0xffffffff)).status.code(), StatusCode::kResourceExhausted);
  EXPECT_EQ(read_whole(prefix(kLimit)).status.code(), StatusCode::kInternal);  // the end
  EXPECT_EQ(read_whole(prefix(11, 1), gzip_reader(10)).status.code(),
            StatusCode::kResourceExhausted);
}

TEST(MessageReaderTest, the_limit_is_of_decompressed_messages_too) {
  const std::string zeros(kLimit, '\0');
  const std::string fits = framed_compressed(zeros, Compression::kGzip);
  ASSERT_LT(fits.size(), 20'000U);
  EXPECT_EQ(read_whole(fits, gzip_reader()).messages, std::vector<std::string>{zeros});
  const std::string bomb = framed_compressed(zeros + '\0', Compression::kGzip);
  EXPECT_EQ(read_whole(bomb, gzip_reader()).status.code(), StatusCode::kResourceExhausted);
}

TEST(MessageReaderTest, a_damaged_message_is_an_error) {
  const std::string good = framed_compressed("hello, hello, hello", Compression::kGzip);
  std::string flipped = good;
  flipped[flipped.size() - 6] ^= 1;  // of the checksum
  EXPECT_EQ(read_whole(flipped, gzip_reader()).status.code(), StatusCode::kInternal);
  const std::string body = good.substr(kMessagePrefixBytes);
  for (const std::string& bytes : {body.substr(0, body.size() - 1), body + "x", std::string("x")}) {
    EXPECT_EQ(read_whole(prefix(bytes.size(), 1) + bytes, gzip_reader()).status.code(),
              StatusCode::kInternal);
  }
  MessageReader reader;
  reader.set_compression(Compression::kDeflate);
  EXPECT_EQ(read_whole(good, std::move(reader)).status.code(), StatusCode::kInternal);
}

TEST(MessageReaderTest, stays_with_what_it_failed_with) {
  MessageReader reader(10);
  reader.add(Buffer::copy_of(framed("first") + prefix(11)));
  EXPECT_EQ(**reader.next(), "first");
  EXPECT_EQ(reader.next().status().code(), StatusCode::kResourceExhausted);
  reader.add(Buffer::copy_of(std::string(11, 'x') + framed("good")));
  EXPECT_EQ(reader.next().status().code(), StatusCode::kResourceExhausted);
  EXPECT_EQ(reader.check_end().code(), StatusCode::kResourceExhausted);
}

TEST(MessageReaderTest, stays_with_a_damaged_message_whatever_follows) {
  MessageReader reader = gzip_reader();
  reader.add(Buffer::copy_of(prefix(1, 1) + "x" + prefix(kLimit + 1) + framed("good")));
  EXPECT_EQ(reader.next().status().code(), StatusCode::kInternal);
  EXPECT_EQ(reader.next().status().code(), StatusCode::kInternal);
  EXPECT_EQ(reader.check_end().code(), StatusCode::kInternal);
}

TEST(MessageReaderTest, knows_how_much_it_holds) {
  MessageReader reader;
  EXPECT_EQ(reader.size(), 0U);
  reader.add(Buffer::copy_of(framed("one") + "12"));
  EXPECT_EQ(reader.size(), 10U);
  EXPECT_EQ(**reader.next(), "one");
  EXPECT_EQ(reader.size(), 2U);
}

TEST(MessageReaderTest, bytes_that_trickle_in_share_blocks) {
  const std::string bytes = framed(std::string(20'000, 't'));
  MessageReader reader;
  for (const char byte : bytes) reader.add(Buffer::copy_of({&byte, 1}));
  const absl::StatusOr<std::optional<Buffer>> message = reader.next();
  ASSERT_TRUE(message.ok() && message->has_value());
  EXPECT_LE(std::distance((*message)->begin(), (*message)->end()), 6);
}

TEST(MessageReaderTest, a_large_piece_is_not_copied) {
  const std::string message(10'000, 'm');
  Buffer piece = Buffer::copy_of(framed(message));
  const char* const where = piece.front().data();
  MessageReader reader;
  reader.add(Buffer::copy_of(framed("first")));
  reader.add(std::move(piece));
  EXPECT_EQ(**reader.next(), "first");
  const absl::StatusOr<std::optional<Buffer>> read = reader.next();
  ASSERT_TRUE(read.ok() && read->has_value());
  EXPECT_EQ((*read)->front().data(), where + kMessagePrefixBytes);
}

}  // namespace
}  // namespace turbo::rpc
