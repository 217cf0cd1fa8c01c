#include "framework/http2/stream_table.h"

#include <algorithm>

namespace turbo::http2 {

size_t StreamTable::place_of(int32_t id) const {
  // Nearly always the newest or the oldest.
  if (entries_.empty()) return 0;
  if (entries_.back().id == id) return entries_.size() - 1;
  if (first_open_ < entries_.size() && entries_[first_open_].id == id) return first_open_;
  const auto found =
      std::lower_bound(entries_.begin(), entries_.end(), id,
                       [](const Entry& entry, int32_t wanted) { return entry.id < wanted; });
  if (found == entries_.end() || found->id != id) return entries_.size();
  return static_cast<size_t>(found - entries_.begin());
}

void StreamTable::add_reset(int32_t id) {
  entries_.push_back({id, Fate::kReset, true, nullptr});
  note_closed();
}

void StreamTable::close(int32_t id, Fate fate) {
  Entry& entry = entries_[place_of(id)];
  entry.fate = fate;
  entry.stream = nullptr;
  note_closed();
}

Stream* StreamTable::find(int32_t id) const {
  const size_t place = place_of(id);
  return place < entries_.size() ? entries_[place].stream : nullptr;
}

StreamTable::Fate StreamTable::fate_of(int32_t id) const {
  const size_t place = place_of(id);
  if (place < entries_.size()) return entries_[place].fate;
  return id > forgotten_ ? Fate::kUnused : Fate::kReset;  // the milder of what it may have been
}

void StreamTable::note_closed() {
  while (first_open_ < entries_.size() && entries_[first_open_].stream == nullptr) ++first_open_;
  if (++closed_ >= kHistory) forget_some();
}

// Of the old entries those go that were closed when the table last did so.
void StreamTable::forget_some() {
  size_t kept = 0;
  for (size_t i = 0; i < old_end_; ++i) {
    Entry& entry = entries_[i];
    if (entry.fresh) {
      entry.fresh = entry.stream != nullptr;
      entries_[kept++] = entry;
    } else {
      forgotten_ = std::max(forgotten_, entry.id);
    }
  }
  for (size_t i = old_end_; i < entries_.size(); ++i) {
    entries_[i].fresh = entries_[i].stream != nullptr;
  }
  entries_.erase(entries_.begin() + static_cast<ptrdiff_t>(kept),
                 entries_.begin() + static_cast<ptrdiff_t>(old_end_));
  old_end_ = entries_.size();
  closed_ = 0;
  first_open_ = 0;
  while (first_open_ < old_end_ && entries_[first_open_].stream == nullptr) ++first_open_;
}

}  // namespace turbo::http2
