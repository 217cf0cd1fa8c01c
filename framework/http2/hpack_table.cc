#include "framework/http2/hpack_table.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace turbo::http2 {

namespace {

// The memory of a small table is for this much: a program's usual fields.
constexpr size_t kFirstBytes = 512;

}  // namespace

void HPACKTable::set_capacity(size_t bytes) {
  evict_to(bytes);
  capacity_ = bytes;
}

HPACKTable::Entry* HPACKTable::add(std::string_view name, std::string_view value) {
  const size_t bytes = name.size() + value.size() + kEntryOverhead;
  if (bytes > capacity_) {
    evict_to(0);
    return nullptr;
  }
  evict_to(capacity_ - bytes);
  PoolVector<char> old;  // `name` may be a view of it
  if (size_ + bytes > provided_) old = grow(size_ + bytes);
  const uint32_t begin = place(name.size() + value.size());
  // An evicted entry's name may lie where the new one goes (RFC 7541 4.4).
  if (!name.empty()) std::memmove(bytes_ + begin, name.data(), name.size());
  if (!value.empty()) std::memcpy(bytes_ + begin + name.size(), value.data(), value.size());
  Entry& added = entry(next_);
  added = {.begin = begin,
           .name_bytes = static_cast<uint32_t>(name.size()),
           .value_bytes = static_cast<uint32_t>(value.size())};
  size_ += bytes;
  ++next_;
  ++count_;
  return &added;
}

void HPACKTable::evict_to(size_t bytes) {
  while (size_ > bytes) {
    const Entry& oldest = entry(next_ - count_);
    size_ -= oldest.name_bytes + oldest.value_bytes + kEntryOverhead;
    --count_;
  }
}

// Where so many bytes go. With at most provided_ of them in use they lie as one run or as two, the
// second at the ring's begin; an entry that is too long for what remains behind the last one leaves
// less than its own size unused there.
uint32_t HPACKTable::place(size_t bytes) {
  if (count_ == 0) head_ = 0;
  const uint32_t tail = count_ == 0 ? 0 : entry(next_ - count_).begin;
  const size_t ring = 2 * provided_;
  const bool one_run = head_ >= tail;
  const uint32_t begin = one_run && ring - head_ < bytes ? 0 : head_;
  head_ = begin + static_cast<uint32_t>(bytes);
  return begin;
}

// Memory for a table of so many bytes or of twice the present one. Answers the old.
PoolVector<char> HPACKTable::grow(size_t bytes) {
  provided_ = std::min(capacity_, std::bit_ceil(std::max(bytes, kFirstBytes)));
  const size_t places = std::bit_ceil(provided_ / kEntryOverhead);
  PoolVector<char> memory(places * sizeof(Entry) + 2 * provided_);
  auto* const moved = reinterpret_cast<Entry*>(memory.data());
  char* const text = memory.data() + places * sizeof(Entry);
  head_ = 0;
  for (uint32_t number = next_ - count_; number != next_; ++number) {
    Entry& to = moved[number & (places - 1)];
    to = entry(number);
    const size_t size = to.name_bytes + to.value_bytes;
    std::memcpy(text + head_, bytes_ + to.begin, size);
    to.begin = head_;
    head_ += static_cast<uint32_t>(size);
  }
  entry_mask_ = static_cast<uint32_t>(places - 1);
  bytes_ = text;
  memory_.swap(memory);
  return memory;
}

}  // namespace turbo::http2
