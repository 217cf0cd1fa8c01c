#include "framework/net/write_queue.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

namespace turbo {

size_t WriteQueue::size() const { return bytes_.size() + (files_ == nullptr ? 0 : files_->bytes); }

void WriteQueue::append_file(UniqueFd file, off_t offset, size_t count) {
  if (count == 0) return;
  const uint64_t position = end();
  if (files_ == nullptr) files_ = std::make_unique<FileList>();
  files_->ranges.push_back({std::move(file), offset, count, position});
  files_->bytes += count;
}

WriteStep WriteQueue::write_to(Transport& transport, size_t max_bytes) {
  if (files_ == nullptr) [[likely]]
    return write_bytes(transport, max_bytes);
  const uint64_t before_file = files_->ranges.front().position - sent_;
  if (before_file == 0) return write_file(transport, max_bytes);
  return write_bytes(transport, std::min<uint64_t>(max_bytes, before_file));
}

WriteStep WriteQueue::write_bytes(Transport& transport, size_t max_bytes) {
  std::array<iovec, kMaxPieces> pieces;
  const std::string_view front = bytes_.front();
  size_t count = 1;
  size_t offered = std::min(front.size(), max_bytes);
  if (front.size() == bytes_.size()) [[likely]] {
    pieces[0] = {const_cast<char*>(front.data()), offered};
  } else {
    count = bytes_.fill_iovec(pieces, max_bytes);
    offered = 0;
    for (size_t i = 0; i < count; ++i) offered += pieces[i].iov_len;
  }
  const IOResult result = transport.write({pieces.data(), count});
  if (result.kind == IOResult::Kind::kBytes) {
    bytes_.drain(result.bytes);
    sent_ += result.bytes;
  }
  return {result, result.bytes == offered};
}

WriteStep WriteQueue::write_file(Transport& transport, size_t max_bytes) {
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

void WriteQueue::clear() {
  bytes_.clear();
  files_.reset();
}

}  // namespace turbo
