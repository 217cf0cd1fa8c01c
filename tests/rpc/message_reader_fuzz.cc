// Any bytes as those of a call: the messages and the verdict do not depend on how they are cut, no
// message is larger than the limit, and the messages are what the bytes said.
//
// Input: a byte that chooses compression and limit, one that chooses the cut, then the call's
// bytes.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "framework/base/check.h"
#include "tests/rpc/framing.h"

namespace turbo::rpc {
namespace {

constexpr Compression kCompressions[] = {Compression::kIdentity, Compression::kGzip,
                                         Compression::kDeflate};
constexpr size_t kLimits[] = {0, 10, 1000, 1 << 16};

std::vector<std::string_view> cut(std::string_view bytes, size_t step) {
  std::vector<std::string_view> pieces;
  for (size_t at = 0; at < bytes.size(); at += step) pieces.push_back(bytes.substr(at, step));
  return pieces;
}

void check(std::string_view bytes, uint8_t choice, size_t step) {
  const Compression compression = kCompressions[choice % 3];
  const size_t limit = kLimits[choice / 3 % 4];
  const auto read = [&](std::vector<std::string_view> pieces) {
    MessageReader reader(limit);
    reader.set_compression(compression);
    return read_pieces(std::move(reader), pieces);
  };
  const Reading whole = read({bytes});
  const Reading in_pieces = read(cut(bytes, step));
  TURBO_CHECK(whole.messages == in_pieces.messages, "a cut changes the messages");
  TURBO_CHECK(whole.status.code() == in_pieces.status.code(), "a cut decides");
  std::string again;
  for (const std::string& message : whole.messages) {
    TURBO_CHECK(message.size() <= limit, "a message above the limit");
    again += framed(message);
  }
  if (compression == Compression::kIdentity) {
    TURBO_CHECK(bytes.starts_with(again), "other messages than were sent");
    TURBO_CHECK(!whole.status.ok() || bytes == again, "bytes were left out");
  }
}

}  // namespace
}  // namespace turbo::rpc

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
  turbo::rpc::check(bytes, data[0], data[1] + size_t{1});
  return 0;
}
