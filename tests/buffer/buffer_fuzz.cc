// Random sequences of operations on a few buffers, each beside a std::string that says what it must
// hold.

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "framework/buffer/buffer.h"
#include "framework/buffer/cursor.h"

namespace turbo {
namespace {

#define EXPECT(condition)                                                          \
  do {                                                                             \
    if (!(condition)) {                                                            \
      std::fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
      std::abort();                                                                \
    }                                                                              \
  } while (false)

class Input {
 public:
  Input(const uint8_t* data, size_t size) : data_(data), left_(size) {}
  bool empty() const { return left_ == 0; }
  size_t byte() {
    if (left_ == 0) return 0;
    --left_;
    return *data_++;
  }
  // Mostly small, sometimes a few blocks long.
  size_t length() {
    const size_t byte_given = byte();
    return byte_given < 200 ? byte_given : (byte_given - 199) * 331;
  }
  size_t up_to(size_t most) { return most == 0 ? 0 : (byte() * 257 + byte() * 7) % (most + 1); }

 private:
  const uint8_t* data_;
  size_t left_;
};

// Memory handed to a buffer as external: freed when released, so that AddressSanitizer sees a use
// after that.
struct External {
  std::unique_ptr<std::string> bytes;
  int releases = 0;
};

constexpr size_t kBuffers = 4;
constexpr size_t kMostBytes = 1 << 18;
constexpr std::string_view kLiteral = "bytes that live for the program, such as a status line\r\n";

class Machine {
 public:
  explicit Machine(Input& input) : input_(input) {}

  void run() {
    while (!input_.empty()) {
      const size_t which = input_.byte() % kBuffers;
      step(input_.byte() % 21, which);
      check(which);
    }
    for (size_t i = 0; i < kBuffers; ++i) check(i);
    for (Buffer& buffer : buffers_) buffer.clear();
    for (const auto& external : externals_) EXPECT(external->releases == 1);
  }

 private:
  std::string fresh(size_t size) {
    std::string bytes(size, '\0');
    for (char& byte : bytes) byte = static_cast<char>(next_byte_++ * 31 >> 2);
    return bytes;
  }

  void step(size_t operation, size_t which) {
    Buffer& buffer = buffers_[which];
    std::string& text = texts_[which];
    const size_t other = (which + 1 + input_.byte() % (kBuffers - 1)) % kBuffers;
    if (operation < 7 && text.size() < kMostBytes) {
      fill(operation, buffer, text);
    } else if (operation < 14) {
      move(operation, which, other);
    } else {
      look(operation, buffer, text);
    }
  }

  void fill(size_t operation, Buffer& buffer, std::string& text) {
    const std::string bytes = fresh(input_.length());
    switch (operation) {
      case 0:
        buffer.append(bytes);
        text += bytes;
        return;
      case 1:
        buffer.append_string(bytes);
        text += bytes;
        return;
      case 2:
        buffer.append_static(kLiteral.substr(0, bytes.size()));
        text += kLiteral.substr(0, bytes.size());
        return;
      case 3:
        append_external(buffer, bytes);
        text += bytes;
        return;
      case 4:
        buffer.prepend(bytes);
        text.insert(0, bytes);
        return;
      default:
        reserve_and_commit(buffer, text, bytes);
    }
  }

  void append_external(Buffer& buffer, const std::string& bytes) {
    externals_.push_back(std::make_unique<External>());
    External* const external = externals_.back().get();
    external->bytes = std::make_unique<std::string>(bytes);
    buffer.append_external(*external->bytes, [external] {
      ++external->releases;
      external->bytes.reset();
    });
  }

  void reserve_and_commit(Buffer& buffer, std::string& text, const std::string& bytes) {
    std::span<char> room = buffer.reserve(bytes.size(), 64u << (input_.byte() % 8));
    EXPECT(!room.empty() && room.size() >= bytes.size());
    std::memset(room.data(), '?', room.size());
    if (input_.byte() % 4 == 0) {
      const Buffer seen = buffer.share();  // const methods work beside a reservation
      EXPECT(seen == std::string_view(text));
      EXPECT(buffer == std::string_view(text));
    }
    if (input_.byte() % 8 == 0) return;  // given up without a commit
    const size_t committed = input_.up_to(bytes.size());
    std::memcpy(room.data(), bytes.data(), committed);
    buffer.commit(committed);
    text.append(bytes, 0, committed);
  }

  void move(size_t operation, size_t which, size_t other) {
    Buffer& buffer = buffers_[which];
    std::string& text = texts_[which];
    const size_t bytes = input_.up_to(text.size());
    switch (operation) {
      case 7:
        buffer.append(std::move(buffers_[other]));
        text += std::exchange(texts_[other], {});
        EXPECT(buffers_[other].empty());
        return;
      case 8:
        buffer.prepend(std::move(buffers_[other]));
        text.insert(0, std::exchange(texts_[other], {}));
        EXPECT(buffers_[other].empty());
        return;
      case 9:
        buffers_[other] = buffer.split(bytes);
        texts_[other] = text.substr(0, bytes);
        text.erase(0, bytes);
        return;
      case 10: {
        const size_t offset = input_.up_to(text.size() - bytes);
        buffers_[other] = buffer.share(offset, bytes);
        texts_[other] = text.substr(offset, bytes);
        return;
      }
      case 11:
        buffers_[other] = buffer.copy();
        texts_[other] = text;
        return;
      default:
        buffer.drain(bytes);
        text.erase(0, bytes);
    }
  }

  void look(size_t operation, Buffer& buffer, std::string& text) {
    const size_t bytes = input_.up_to(text.size());
    switch (operation) {
      case 14:
        EXPECT(buffer.linearize(bytes) == std::string_view(text).substr(0, bytes));
        return;
      case 15: {
        const size_t offset = input_.up_to(text.size() - bytes);
        std::string out(bytes, '\0');
        buffer.copy_to(offset, out);
        EXPECT(out == text.substr(offset, bytes));
        return;
      }
      case 16:
        look_at_iovec(buffer, text, bytes);
        return;
      case 17:
        look_with_cursor(buffer, text);
        return;
      case 18: {
        const auto [piece, inside] = buffer.piece_at(bytes);
        if (bytes == text.size()) {
          EXPECT(piece == buffer.end() && inside == 0);
        } else {
          EXPECT((*piece)[inside] == text[bytes]);
        }
        return;
      }
      case 19:
        buffer.clear();
        text.clear();
        return;
      default:
        buffer = std::move(*&buffer);
    }
  }

  void look_at_iovec(const Buffer& buffer, const std::string& text, size_t cap) {
    std::array<iovec, 8> entries;
    const size_t allowed = input_.byte() % (entries.size() + 1);
    const size_t filled = buffer.fill_iovec(std::span(entries).first(allowed), cap);
    EXPECT(filled <= allowed);
    std::string seen;
    for (size_t i = 0; i < filled; ++i) {
      EXPECT(entries[i].iov_len > 0);
      seen.append(static_cast<const char*>(entries[i].iov_base), entries[i].iov_len);
    }
    EXPECT(seen.size() <= cap);
    EXPECT(std::string_view(text).starts_with(seen));
    EXPECT(filled == allowed || seen.size() == cap);
  }

  void look_with_cursor(const Buffer& buffer, const std::string& text) {
    Cursor cursor(buffer);
    while (cursor.remaining() > 0) {
      EXPECT(!cursor.peek().empty());
      EXPECT(text.compare(cursor.position(), cursor.peek().size(), cursor.peek()) == 0);
      std::string out(std::min(input_.length() + 1, cursor.remaining()), '\0');
      const size_t position = cursor.position();
      EXPECT(cursor.read(out));
      EXPECT(text.compare(position, out.size(), out) == 0);
    }
    EXPECT(cursor.position() == text.size() && cursor.peek().empty());
  }

  void check(size_t which) {
    const Buffer& buffer = buffers_[which];
    const std::string& text = texts_[which];
    EXPECT(buffer.size() == text.size());
    EXPECT(buffer == std::string_view(text));
    EXPECT(buffer.empty() == buffer.front().empty());
    for (std::string_view piece : buffer) EXPECT(!piece.empty());
    for (const auto& external : externals_) EXPECT(external->releases <= 1);
  }

  Input& input_;
  std::array<std::string, kBuffers> texts_;
  std::vector<std::unique_ptr<External>> externals_;
  std::array<Buffer, kBuffers> buffers_;
  unsigned next_byte_ = 1;
};

}  // namespace
}  // namespace turbo

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  turbo::Input input(data, std::min<size_t>(size, 600));
  turbo::Machine(input).run();
  return 0;
}
