#include "framework/rpc/protobuf_buffer.h"

#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/empty.pb.h>
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/wrappers.pb.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>

#include "tests/rpc/framing.h"

namespace turbo::rpc {
namespace {

using google::protobuf::BytesValue;
using google::protobuf::Empty;
using google::protobuf::ListValue;
using google::protobuf::Struct;

constexpr size_t kNoLimit = SIZE_MAX;

BytesValue bytes_value(size_t bytes) {
  BytesValue value;
  std::string& text = *value.mutable_value();
  for (size_t i = 0; i < bytes; ++i) text += static_cast<char>(i * i >> 3);
  return value;
}

// Some of everything: maps, strings, numbers, nesting.
Struct sample() {
  Struct root;
  (*root.mutable_fields())["name"].set_string_value(std::string(40, 'n'));
  (*root.mutable_fields())["count"].set_number_value(42.5);
  ListValue& list = *(*root.mutable_fields())["list"].mutable_list_value();
  for (int i = 0; i < 5; ++i) list.add_values()->set_string_value(std::to_string(i));
  (*(*root.mutable_fields())["inner"].mutable_struct_value()->mutable_fields())["yes"]
      .set_bool_value(true);
  return root;
}

Buffer pieces_of(std::string_view bytes, size_t first, size_t size) {
  Buffer pieces = Buffer::copy_of(bytes.substr(0, first));
  for (size_t at = first; at < bytes.size(); at += size) {
    pieces.append(Buffer::copy_of(bytes.substr(at, size)));
  }
  return pieces;
}

ptrdiff_t count_pieces(const Buffer& buffer) { return std::distance(buffer.begin(), buffer.end()); }

TEST(ProtobufBufferTest, a_message_of_any_size_comes_back) {
  for (const size_t bytes : {0, 1, 127, 128, 4000, 4020, 4032, 4096, 61'000, 61'435, 61'436, 61'437,
                             61'440, 65'536, 70'000, 131'072, 1'000'003, 4 << 20}) {
    const BytesValue sent = bytes_value(bytes);
    for (const Compression compression : {Compression::kIdentity, Compression::kGzip}) {
      Buffer out = Buffer::copy_of("before");
      ASSERT_TRUE(append_message(sent, compression, kNoLimit, out));
      out.drain(6);
      MessageReader reader(kNoLimit);
      reader.set_compression(Compression::kGzip);
      reader.add(std::move(out));
      auto message = reader.next();
      ASSERT_TRUE(message.ok() && message->has_value()) << bytes << message.status();
      EXPECT_EQ((*message)->size(), sent.ByteSizeLong());
      EXPECT_TRUE(reader.check_end().ok());
      BytesValue read;
      ASSERT_TRUE(parse_message(**message, read)) << bytes;
      EXPECT_EQ(read.value(), sent.value()) << bytes;
    }
  }
}

TEST(ProtobufBufferTest, writes_what_protobuf_writes) {
  const Struct sent = sample();
  Buffer out;
  ASSERT_TRUE(append_message(sent, Compression::kIdentity, kNoLimit, out));
  EXPECT_EQ(out.size(), kMessagePrefixBytes + sent.ByteSizeLong());
  EXPECT_EQ(out.to_string().substr(0, kMessagePrefixBytes), prefix(sent.ByteSizeLong()));
  Struct read;
  ASSERT_TRUE(read.ParseFromString(out.to_string().substr(kMessagePrefixBytes)));
  EXPECT_EQ(read.DebugString(), sent.DebugString());
}

TEST(ProtobufBufferTest, small_messages_share_a_block) {
  Buffer out;
  for (int i = 0; i < 30; ++i) {
    ASSERT_TRUE(append_message(bytes_value(100), Compression::kIdentity, kNoLimit, out));
  }
  EXPECT_EQ(count_pieces(out), 1);
}

TEST(ProtobufBufferTest, a_large_message_comes_in_large_pieces) {
  Buffer out;
  ASSERT_TRUE(append_message(bytes_value(1 << 20), Compression::kIdentity, kNoLimit, out));
  EXPECT_LE(count_pieces(out), 18);
}

TEST(ProtobufBufferTest, every_cut_parses_the_same) {
  const Struct sent = sample();
  const std::string bytes = sent.SerializeAsString();
  for (size_t cut = 0; cut <= bytes.size(); ++cut) {
    Struct read;
    ASSERT_TRUE(parse_message(pieces_of(bytes, cut, bytes.size()), read)) << cut;
    ASSERT_EQ(read.DebugString(), sent.DebugString()) << cut;
  }
}

TEST(ProtobufBufferTest, pieces_of_any_size_parse_the_same) {
  const std::string bytes = bytes_value(5000).SerializeAsString();
  for (const size_t size : {1, 2, 3, 15, 16, 17, 100, 4999}) {
    BytesValue read;
    ASSERT_TRUE(parse_message(pieces_of(bytes, 0, size), read)) << size;
    EXPECT_EQ(read.SerializeAsString(), bytes) << size;
    Empty unknown;  // keeps what it does not know
    ASSERT_TRUE(parse_message(pieces_of(bytes, 0, size), unknown)) << size;
    EXPECT_EQ(unknown.SerializeAsString(), bytes) << size;
  }
}

TEST(ProtobufBufferTest, parsing_replaces_what_was_there) {
  BytesValue read = bytes_value(100);
  ASSERT_TRUE(parse_message(Buffer(), read));
  EXPECT_EQ(read.value(), "");
}

TEST(ProtobufBufferTest, bytes_that_are_no_message_are_refused) {
  const std::string bytes = bytes_value(50).SerializeAsString();
  BytesValue read;
  for (size_t end = 1; end < bytes.size(); ++end) {
    EXPECT_FALSE(parse_message(Buffer::copy_of(bytes.substr(0, end)), read)) << end;
    EXPECT_FALSE(parse_message(pieces_of(bytes.substr(0, end), end / 2, 3), read)) << end;
  }
  for (const std::string_view other : {"\x0a", "\x0c", "\x07", "\xff\xff\xff\xff\xff\xff"}) {
    EXPECT_FALSE(parse_message(Buffer::copy_of(other), read));
    EXPECT_FALSE(parse_message(pieces_of(other, 0, 1), read));
  }
}

TEST(ProtobufBufferTest, a_message_without_a_required_field_is_refused) {
  google::protobuf::UninterpretedOption::NamePart part;
  EXPECT_FALSE(parse_message(Buffer(), part));
  part.set_name_part("a");
  part.set_is_extension(false);
  const std::string bytes = part.SerializeAsString();
  EXPECT_TRUE(parse_message(Buffer::copy_of(bytes), part));
  EXPECT_TRUE(parse_message(pieces_of(bytes, 0, 1), part));
  EXPECT_FALSE(parse_message(Buffer::copy_of(bytes.substr(0, 3)), part));
  EXPECT_FALSE(parse_message(pieces_of(bytes.substr(0, 3), 0, 1), part));
}

TEST(ProtobufBufferTest, nesting_has_an_end) {
  google::protobuf::Value root;
  google::protobuf::Value* inner = &root;
  for (int i = 0; i < 60; ++i) inner = inner->mutable_list_value()->add_values();
  const std::string bytes = root.SerializeAsString();
  EXPECT_FALSE(parse_message(Buffer::copy_of(bytes), root));
  EXPECT_FALSE(parse_message(pieces_of(bytes, 0, 7), root));
}

TEST(ProtobufBufferTest, a_message_above_the_limit_is_not_appended) {
  const BytesValue message = bytes_value(MessageReader::kDefaultMaxMessageBytes);
  const size_t bytes = message.ByteSizeLong();
  for (const Compression compression : {Compression::kIdentity, Compression::kGzip}) {
    Buffer out = Buffer::copy_of("before");
    EXPECT_FALSE(append_message(message, compression, bytes - 1, out));
    EXPECT_EQ(out, "before");
    EXPECT_TRUE(append_message(message, compression, bytes, out));
    EXPECT_GT(out.size(), 6U);
  }
}

TEST(ProtobufBufferTest, what_compression_makes_smaller_is_compressed) {
  BytesValue zeros;
  zeros.set_value(std::string(1000, '\0'));
  Buffer out;
  ASSERT_TRUE(append_message(zeros, Compression::kDeflate, kNoLimit, out));
  EXPECT_LT(out.size(), 100U);
  EXPECT_EQ(out.front()[0], 1);
}

TEST(ProtobufBufferTest, what_compression_makes_larger_goes_as_it_is) {
  for (const size_t bytes : {0, 1, 20}) {
    const BytesValue message = bytes_value(bytes);
    Buffer out;
    ASSERT_TRUE(append_message(message, Compression::kGzip, kNoLimit, out));
    EXPECT_EQ(out, framed(message.SerializeAsString())) << bytes;
  }
}

}  // namespace
}  // namespace turbo::rpc
