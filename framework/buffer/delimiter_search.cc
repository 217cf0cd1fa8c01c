#include "framework/buffer/delimiter_search.h"

#include <algorithm>
#include <cstring>

#include "framework/base/check.h"

namespace turbo {
namespace {

std::string_view checked(std::string_view delimiter) {
  TURBO_CHECK(!delimiter.empty() && delimiter.size() <= DelimiterSearch::kMaxDelimiter,
              "a delimiter has 1 to 4,096 bytes");
  return delimiter;
}

// The last bytes before a piece and the first ones of it: where a delimiter that straddles the edge
// is found.
class Straddle {
 public:
  explicit Straddle(const ByteScan& scan) : scan_(scan), keep_(scan.needle().size() - 1) {}

  // How many bytes of `piece` belong to a delimiter that began before it, or nullopt.
  std::optional<size_t> find_end(std::string_view piece) {
    if (carried_ == 0) return std::nullopt;
    const size_t count = std::min(keep_, piece.size());
    std::memcpy(window_ + carried_, piece.data(), count);
    const char* const found = scan_.find(window_, window_ + carried_ + count);
    if (found == nullptr) return std::nullopt;
    return static_cast<size_t>(found - window_) + keep_ + 1 - carried_;
  }

  // Remembers the piece's last bytes. Requires: find_end(piece) was called.
  void carry(std::string_view piece) {
    if (piece.size() >= keep_) {
      carried_ = keep_;
      std::memcpy(window_, piece.data() + piece.size() - keep_, keep_);
      return;
    }
    std::memcpy(window_ + carried_, piece.data(), piece.size());
    const size_t total = carried_ + piece.size();
    carried_ = std::min(total, keep_);
    std::memmove(window_, window_ + total - carried_, carried_);
  }

 private:
  const ByteScan& scan_;
  const size_t keep_;
  size_t carried_ = 0;
  char window_[2 * ByteScan::kMaxNeedle];
};

}  // namespace

DelimiterSearch::DelimiterSearch(std::string_view delimiter)
    : delimiter_(checked(delimiter)), scan_(delimiter.substr(0, ByteScan::kMaxNeedle)) {
  if (delimiter_.size() > ByteScan::kMaxNeedle) build_fallback();
}

void DelimiterSearch::restart() { scanned_ = matched_ = 0; }

std::optional<size_t> DelimiterSearch::find_end(const Buffer& buffer, size_t limit) {
  const size_t end = std::min(buffer.size(), limit);
  if (end <= scanned_) return std::nullopt;
  return delimiter_.size() <= ByteScan::kMaxNeedle ? find_short(buffer, end)
                                                   : find_long(buffer, end);
}

std::optional<size_t> DelimiterSearch::find_short(const Buffer& buffer, size_t end) {
  const size_t keep = delimiter_.size() - 1;
  if (end - scanned_ <= keep) return std::nullopt;
  Straddle straddle(scan_);
  auto [next, skipped] = buffer.piece_at(scanned_);
  for (size_t position = scanned_; position < end; skipped = 0) {
    const std::string_view piece = (*next++).substr(skipped, end - position);
    // The next block is anywhere: its first bytes are on their way while this one is looked at.
    if (position + piece.size() < end) __builtin_prefetch((*next).data());
    if (const auto tail = straddle.find_end(piece)) {
      scanned_ = position + *tail - delimiter_.size();
      return position + *tail;
    }
    if (const char* found = scan_.find(piece.data(), piece.data() + piece.size())) {
      scanned_ = position + static_cast<size_t>(found - piece.data());
      return scanned_ + delimiter_.size();
    }
    position += piece.size();
    // One byte straddles nothing.
    if (keep > 0 && position < end) straddle.carry(piece);
  }
  scanned_ = end - keep;
  return std::nullopt;
}

void DelimiterSearch::build_fallback() {
  fallback_.resize(delimiter_.size());
  size_t matched = 0;
  for (size_t i = 1; i < delimiter_.size(); ++i) {
    while (matched > 0 && delimiter_[i] != delimiter_[matched]) matched = fallback_[matched - 1];
    if (delimiter_[i] == delimiter_[matched]) ++matched;
    fallback_[i] = static_cast<uint16_t>(matched);
  }
}

// Moves the match state over the bytes until it is back at nothing matched, or the whole delimiter
// is, or they end. Returns how many bytes it took.
size_t DelimiterSearch::advance(std::string_view bytes) {
  size_t matched = matched_;
  size_t i = 0;
  while (i < bytes.size()) {
    while (matched > 0 && bytes[i] != delimiter_[matched]) matched = fallback_[matched - 1];
    if (bytes[i] == delimiter_[matched]) ++matched;
    ++i;
    if (matched == 0 || matched == delimiter_.size()) break;
  }
  matched_ = matched;
  return i;
}

// Looks for the delimiter's end in a piece: while nothing is matched the fast scan looks for the
// first 16 bytes, and the match state goes on from there. Returns the place just past the
// delimiter, or nullopt with the state kept.
std::optional<size_t> DelimiterSearch::find_end_in_piece(std::string_view piece) {
  size_t at = 0;
  while (at < piece.size()) {
    if (matched_ == 0) {
      const char* const end = piece.data() + piece.size();
      const char* const found = scan_.find(piece.data() + at, end);
      // The last bytes may begin a delimiter that the next piece goes on with.
      const size_t tail = std::min(piece.size() - at, ByteScan::kMaxNeedle - 1);
      at = found != nullptr ? static_cast<size_t>(found - piece.data()) : piece.size() - tail;
      if (found != nullptr) {
        at += ByteScan::kMaxNeedle;
        matched_ = ByteScan::kMaxNeedle;
      } else {
        while (at < piece.size() && matched_ == 0) at += advance(piece.substr(at));
      }
    }
    at += advance(piece.substr(at));
    if (matched_ == delimiter_.size()) return at;
  }
  return std::nullopt;
}

std::optional<size_t> DelimiterSearch::find_long(const Buffer& buffer, size_t end) {
  auto [next, skipped] = buffer.piece_at(scanned_);
  for (size_t position = scanned_; position < end; ++next, skipped = 0) {
    const std::string_view piece = (*next).substr(skipped, end - position);
    if (const auto found = find_end_in_piece(piece)) {
      scanned_ = position + *found - delimiter_.size();
      matched_ = 0;
      return position + *found;
    }
    position += piece.size();
  }
  scanned_ = end;
  return std::nullopt;
}

}  // namespace turbo
