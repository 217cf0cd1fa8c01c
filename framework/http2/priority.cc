#include "framework/http2/priority.h"

#include <algorithm>

namespace turbo::http2 {
namespace {

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Where the member at the front ends: at a comma that stands in no string.
size_t member_end(std::string_view text) {
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') quoted = !quoted;
    if (quoted && text[i] == '\\') ++i;
    if (!quoted && i < text.size() && text[i] == ',') return i;
  }
  return text.size();
}

void read_member(std::string_view member, Priority& priority) {
  member = trimmed(member.substr(0, member.find(';')));  // parameters say nothing here
  if (member == "i" || member == "i=?1") priority.incremental = true;
  if (member == "i=?0") priority.incremental = false;
  const bool is_urgency = member.size() == 3 && member.starts_with("u=");
  if (is_urgency && member[2] >= '0' && member[2] <= '7') {
    priority.urgency = static_cast<uint8_t>(member[2] - '0');
  }
}

}  // namespace

Priority parse_priority(std::string_view value, Priority priority) {
  while (!value.empty()) {
    const size_t end = member_end(value);
    read_member(value.substr(0, end), priority);
    value.remove_prefix(std::min(end + 1, value.size()));
  }
  return priority;
}

void EarlyPriorities::add(int32_t stream, Priority priority) {
  for (Entry& entry : entries_) {
    if (entry.stream != stream) continue;
    entry.priority = priority;
    return;
  }
  if (entries_.size() == kMost) entries_.erase(entries_.begin());
  entries_.push_back({stream, priority});
}

std::optional<Priority> EarlyPriorities::take(int32_t stream) {
  const auto entry = std::find_if(entries_.begin(), entries_.end(),
                                  [stream](const Entry& one) { return one.stream == stream; });
  if (entry == entries_.end()) return std::nullopt;
  const Priority found = entry->priority;
  entries_.erase(entry);
  return found;
}

}  // namespace turbo::http2
