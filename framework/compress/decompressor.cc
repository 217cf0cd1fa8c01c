#include "framework/compress/decompressor.h"

#include <algorithm>
#include <string>
#include <utility>

#include "framework/base/status.h"
#include "framework/compress/brotli_coders.h"
#include "framework/compress/zlib_coders.h"

namespace turbo {
namespace {

// Bodies worth compressing are large, and zlib is slow in the last 258 bytes of a room.
constexpr size_t kBlockBytes = 16384;

}  // namespace

std::unique_ptr<Decompressor> Decompressor::make(CompressionFormat format,
                                                 const DecompressorLimits& limits) {
  if (format == CompressionFormat::kBrotli) return make_brotli_decompressor(limits);
  return make_zlib_decompressor(format, limits);
}

absl::Status Decompressor::feed(Buffer piece, Buffer& out) {
  if (!failure_.ok()) return failure_;
  input_.append(std::move(piece));
  size_t may_read = std::max<size_t>(limits_.max_bytes_per_call, 1);
  size_t may_make = may_read;
  while (may_make > 0 && failure_.ok()) {
    if (ended_ && !begin_behind_end()) break;
    const std::string_view input = input_.front().substr(0, may_read);
    const auto [progress, room_filled] = decode_into(out, input, may_make);
    input_.drain(progress.read);
    may_read -= progress.read;
    may_make -= progress.made;
    ended_ = progress.state == State::kEnd;
    if (!ended_ && !room_filled && (input_.empty() || may_read == 0)) break;
  }
  has_more_ = failure_.ok() && (!input_.empty() || (may_make == 0 && !ended_));
  return failure_;
}

// False if there is nothing, or nothing that may be there.
bool Decompressor::begin_behind_end() {
  if (input_.empty()) return false;
  ended_ = !begin_next();
  if (ended_) fail(absl::StatusCode::kInvalidArgument, "bytes behind the end");
  return !ended_;
}

// Decodes into the blocks of `out`, or, when all that may come out has, into one byte beside them,
// which only a stream that goes too far writes.
std::pair<Decompressor::Progress, bool> Decompressor::decode_into(Buffer& out,
                                                                  std::string_view input,
                                                                  size_t most) {
  const uint64_t left = limits_.max_output_bytes - made_;
  char surplus = 0;
  std::span<char> room(&surplus, 1);
  if (left > 0) {
    room = out.reserve(1, kBlockBytes);
    room = room.first(static_cast<size_t>(std::min<uint64_t>({room.size(), most, left})));
  }
  const Progress progress = decode(input, room);
  if (left > 0) {
    out.commit(progress.made);
    made_ += progress.made;
  }
  if (left == 0 && progress.made > 0) {
    fail(absl::StatusCode::kResourceExhausted, "more comes out than may");
  } else if (progress.state == State::kTooLarge) {
    fail(absl::StatusCode::kResourceExhausted, "a larger window than may be");
  } else if (progress.state == State::kMalformed) {
    fail(absl::StatusCode::kInvalidArgument, "malformed");
  }
  return {progress, progress.made == room.size()};
}

void Decompressor::fail(absl::StatusCode code, std::string_view why) {
  failure_ = make_status(code, "compressed data: " + std::string(why));
}

absl::Status Decompressor::finish() const {
  if (!failure_.ok()) return failure_;
  if (ended_ && input_.empty()) return absl::OkStatus();
  return make_status(absl::StatusCode::kDataLoss, "compressed data: cut short");
}

}  // namespace turbo
