#include "framework/server/outgoing_body.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace turbo {

namespace {

constexpr size_t kCopiedBytes = 512;

}  // namespace

size_t OutgoingBody::FileList::behind_bytes() const {
  size_t bytes = 0;
  for (const FileRange& range : ranges) bytes += range.behind.size();
  return bytes;
}

bool OutgoingBody::append_file(int file, off_t offset, uint64_t bytes) {
  UniqueFd own(fcntl(file, F_DUPFD_CLOEXEC, 0));
  if (own.get() < 0) return false;
  if (files_ == nullptr) files_ = std::make_unique<FileList>();
  files_->ranges.push_back({std::move(own), offset, bytes, Buffer()});
  files_->bytes += bytes;
  return true;
}

bool OutgoingBody::take(size_t bytes, Buffer& out) {
  if (!view_.empty()) {
    const size_t now = std::min(bytes, view_.size());
    out.append(view_.substr(0, now));
    view_.remove_prefix(now);
    bytes -= now;
  }
  while (bytes > 0) {
    if (front_.empty() && !read_ahead()) return false;
    const size_t now = std::min(bytes, front_.size());
    move_front(now, out);
    bytes -= now;
  }
  return true;
}

// Short pieces are copied behind the head of their frame: one piece of a write, not two.
void OutgoingBody::move_front(size_t bytes, Buffer& out) {
  if (bytes <= kCopiedBytes && bytes <= front_.front().size()) {
    out.append(front_.front().substr(0, bytes));
    front_.drain(bytes);
  } else {
    out.append(bytes == front_.size() ? std::move(front_) : front_.split(bytes));
  }
}

// Fills front_, which is empty, from the first file.
bool OutgoingBody::read_ahead() {
  FileRange& range = files_->ranges.front();
  if (range.left == 0) {
    front_ = std::move(range.behind);
    files_->ranges.pop_front();
    if (files_->ranges.empty()) files_.reset();
    return true;
  }
  const size_t wanted = std::min<uint64_t>(range.left, kAheadBytes);
  const std::span<char> room = front_.reserve(wanted, wanted + 64);
  ssize_t got;
  do {
    got = pread(range.file.get(), room.data(), wanted, range.offset);
  } while (got < 0 && errno == EINTR);
  front_.commit(got > 0 ? static_cast<size_t>(got) : 0);
  if (got <= 0) return false;
  range.offset += got;
  range.left -= static_cast<uint64_t>(got);
  files_->bytes -= static_cast<uint64_t>(got);
  return true;
}

void OutgoingBody::clear() {
  view_ = {};
  front_.clear();
  files_.reset();
}

}  // namespace turbo
