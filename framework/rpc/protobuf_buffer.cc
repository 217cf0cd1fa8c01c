#include "framework/rpc/protobuf_buffer.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream.h>

#include <algorithm>
#include <array>
#include <climits>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

#include "framework/rpc/message_reader.h"

namespace turbo::rpc {
namespace {

namespace io = google::protobuf::io;
using google::protobuf::MessageLite;

// The largest pieces of the pool. A larger message comes in several: a piece of its size would come
// from malloc, and be sent as a whole before any of it is free again.
constexpr size_t kBlockBytes = size_t{64} << 10;
constexpr size_t kWholeBytes = size_t{60} << 10;

// Reads a buffer that does not change meanwhile.
class BufferInputStream final : public io::ZeroCopyInputStream {
 public:
  explicit BufferInputStream(const Buffer& bytes) : piece_(bytes.begin()), end_(bytes.end()) {}

  bool Next(const void** data, int* size) override {
    if (piece_ != end_ && offset_ == (*piece_).size()) {
      ++piece_;
      offset_ = 0;
    }
    if (piece_ == end_) return false;
    const std::string_view rest = (*piece_).substr(offset_);
    *data = rest.data();
    *size = static_cast<int>(rest.size());  // parse_message() takes no more in all
    offset_ += rest.size();
    read_ += *size;
    return true;
  }

  void BackUp(int count) override {
    offset_ -= static_cast<size_t>(count);
    read_ -= count;
  }

  bool Skip(int count) override {
    const void* data = nullptr;
    int size = 0;
    for (; count > 0; count -= size) {
      if (!Next(&data, &size)) return false;
      if (size > count) BackUp(std::exchange(size, count) - count);
    }
    return true;
  }

  int64_t ByteCount() const override { return read_; }

 private:
  Buffer::PieceIterator piece_;
  const Buffer::PieceIterator end_;
  size_t offset_ = 0;  // in the piece
  int64_t read_ = 0;
};

// Appends to a buffer nobody else touches meanwhile.
class BufferOutputStream final : public io::ZeroCopyOutputStream {
 public:
  explicit BufferOutputStream(Buffer& out) : out_(out), before_(out.size()) {}
  ~BufferOutputStream() override { commit(); }

  bool Next(void** data, int* size) override {
    commit();
    const std::span<char> room = out_.reserve(1, kBlockBytes);
    given_ = room.size();
    *data = room.data();
    *size = static_cast<int>(given_);
    return true;
  }

  void BackUp(int count) override {
    out_.commit(std::exchange(given_, 0) - static_cast<size_t>(count));
  }

  int64_t ByteCount() const override {
    return static_cast<int64_t>(out_.size() - before_ + given_);
  }

 private:
  void commit() {
    if (given_ > 0) out_.commit(std::exchange(given_, 0));
  }

  Buffer& out_;
  const size_t before_;
  size_t given_ = 0;  // by Next(), not yet committed
};

using Prefix = std::array<char, kMessagePrefixBytes>;

Prefix make_prefix(bool compressed, size_t bytes) {
  return {static_cast<char>(compressed), static_cast<char>(bytes >> 24),
          static_cast<char>(bytes >> 16), static_cast<char>(bytes >> 8), static_cast<char>(bytes)};
}

std::string_view view_of(const Prefix& prefix) { return {prefix.data(), prefix.size()}; }

// For all of these `bytes` is what ByteSizeLong() just said: the message remembers its parts'
// sizes.

void append_whole(const MessageLite& message, size_t bytes, Buffer& out) {
  char* const room = out.reserve(kMessagePrefixBytes + bytes).data();
  std::ranges::copy(make_prefix(false, bytes), room);
  message.SerializeWithCachedSizesToArray(reinterpret_cast<uint8_t*>(room + kMessagePrefixBytes));
  out.commit(kMessagePrefixBytes + bytes);
}

void append_in_blocks(const MessageLite& message, size_t bytes, Buffer& out) {
  out.append(view_of(make_prefix(false, bytes)));
  BufferOutputStream stream(out);
  io::CodedOutputStream coded(&stream);
  message.SerializeWithCachedSizes(&coded);
}

void append_plain(const MessageLite& message, size_t bytes, Buffer& out) {
  if (bytes <= kWholeBytes) return append_whole(message, bytes, out);
  append_in_blocks(message, bytes, out);
}

void append_compressed(const MessageLite& message, size_t bytes, Compression compression,
                       Buffer& out) {
  Buffer plain;
  append_plain(message, bytes, plain);
  Buffer packed = compress(plain.share(kMessagePrefixBytes, bytes), compression);
  if (packed.size() >= bytes) return out.append(std::move(plain));
  packed.prepend(view_of(make_prefix(true, packed.size())));
  out.append(std::move(packed));
}

}  // namespace

bool parse_message(const Buffer& bytes, MessageLite& message) {
  if (bytes.size() > INT_MAX) return false;
  // Partial ones are asked for, because for missing fields the others would write to stderr.
  const std::string_view first = bytes.front();
  if (first.size() == bytes.size()) [[likely]] {
    return message.ParsePartialFromArray(first.data(), static_cast<int>(first.size())) &&
           message.IsInitialized();
  }
  BufferInputStream stream(bytes);
  return message.ParsePartialFromZeroCopyStream(&stream) && message.IsInitialized();
}

bool append_message(const MessageLite& message, Compression compression, size_t max_bytes,
                    Buffer& out) {
  const size_t bytes = message.ByteSizeLong();
  if (bytes > std::min<size_t>(max_bytes, INT_MAX)) return false;
  if (compression == Compression::kIdentity) [[likely]] {
    append_plain(message, bytes, out);
  } else {
    append_compressed(message, bytes, compression, out);
  }
  return true;
}

}  // namespace turbo::rpc
