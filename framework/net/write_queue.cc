#include "framework/net/write_queue.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

namespace turbo {

void WriteQueue::append_file(UniqueFd file, off_t offset, size_t count) {
  if (count == 0) return;
  const uint64_t position = end();
  if (files_ == nullptr) files_ = std::make_unique<FileList>();
  files_->ranges.push_back({std::move(file), offset, count, position});
  files_->bytes += count;
}

WriteStep WriteQueue::write_to(Transport& transport, size_t max_bytes) {
  if (files_ != nullptr) [[unlikely]] {
    const uint64_t before_file = files_->ranges.front().position - sent_;
    if (before_file == 0) return write_file(transport, max_bytes);
    max_bytes = std::min<uint64_t>(max_bytes, before_file);
  }
  return write_bytes(transport, max_bytes);
}

WriteStep WriteQueue::write_bytes(Transport& transport, size_t max_bytes) {
  const std::string_view front = bytes_.front();
  if (front.size() != bytes_.size()) [[unlikely]]
    return write_pieces(transport, max_bytes);
  const iovec piece{const_cast<char*>(front.data()), std::min(front.size(), max_bytes)};
  return took(transport.write({&piece, 1}), piece.iov_len);
}

// Apart, because the pieces want a kilobyte of stack.
[[gnu::noinline]] WriteStep WriteQueue::write_pieces(Transport& transport, size_t max_bytes) {
  std::array<iovec, kMaxPieces> pieces;
  const size_t count = bytes_.fill_iovec(pieces, max_bytes);
  size_t offered = 0;
  for (size_t i = 0; i < count; ++i) offered += pieces[i].iov_len;
  return took(transport.write({pieces.data(), count}), offered);
}

// `bytes` is 0 unless the result is kBytes.
WriteStep WriteQueue::took(const IOResult& result, size_t offered) {
  sent_ += result.bytes;
  if (result.bytes > 0) bytes_.drain(result.bytes);
  return {result, result.bytes == offered};
}

[[gnu::noinline]] WriteStep WriteQueue::write_file(Transport& transport, size_t max_bytes) {
  FileRange& range = files_->ranges.front();
  const size_t offered = std::min(range.left, max_bytes);
  IOResult result = transport.send_file(range.file.get(), range.offset, offered);
  if (result.kind == IOResult::Kind::kEnd) result = IOResult::failed(ENODATA);
  if (result.kind == IOResult::Kind::kBytes) {
    sent_ += result.bytes;
    files_->bytes -= result.bytes;
    range.offset += static_cast<off_t>(result.bytes);
    range.left -= result.bytes;
    range.position += result.bytes;
    if (range.left == 0) files_->ranges.pop_front();
    if (files_->ranges.empty()) files_.reset();
  }
  return {result, result.bytes == offered};
}

Buffer WriteQueue::clear() {
  files_.reset();
  return std::move(bytes_);
}

}  // namespace turbo
