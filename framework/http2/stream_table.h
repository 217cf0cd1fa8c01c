// StreamTable: the streams that are open, by number, and how those that were lately came to their
// end. Private to the room.
//
//   entries   7 open   9 reset   11 ended   13 open      ascending, as streams are opened
//             ▲ first_open_
//
// Frames for a stream we reset may have been on their way, those for one that ended are wrong, and
// so are those for one that never was although one of a higher number is. What closed among the
// last kHistory, up to twice as many, is told apart like that.
//
// Owner:   the session; it owns no stream.
// Threads: one.
// Errors:  none.
// Limits:  whoever adds bounds the open ones.
// Cost:    16 bytes a stream; adding is a push, finding a binary search, closing two; memory from
//          the BlockPool.
#ifndef TURBO_HTTP2_STREAM_TABLE_H_
#define TURBO_HTTP2_STREAM_TABLE_H_

#include <cstddef>
#include <cstdint>

#include "framework/http2/pool_vector.h"

namespace turbo::http2 {

class Stream;

class StreamTable {
 public:
  enum class Fate : uint8_t {
    kOpen,
    kReset,   // by us: what comes for it was perhaps on its way
    kEnded,   // by both sides, or by the peer's reset
    kUnused,  // passed over by a stream of a higher number
  };

  // Requires: `id` is higher than all before.
  void open(int32_t id, Stream& stream) { entries_.push_back({id, Fate::kOpen, true, &stream}); }
  // One that was never open to anybody.
  void add_reset(int32_t id);
  // Requires: it is open.
  void close(int32_t id, Fate fate);

  // nullptr: it is not open.
  Stream* find(int32_t id) const;
  // Requires: `id` is not higher than all before, and has their parity.
  Fate fate_of(int32_t id) const;

  template <class Visit>
  void for_each_open(Visit&& visit) const {
    for (size_t i = first_open_; i < entries_.size(); ++i) {
      if (entries_[i].stream != nullptr) visit(*entries_[i].stream);
    }
  }

 private:
  static constexpr size_t kHistory = 128;

  struct Entry {
    int32_t id = 0;
    Fate fate = Fate::kOpen;
    bool fresh = false;  // has closed since the table last forgot some
    Stream* stream = nullptr;
  };

  // The entry of that id, or entries_.size().
  size_t place_of(int32_t id) const;
  void note_closed();
  void forget_some();

  PoolVector<Entry> entries_;
  size_t first_open_ = 0;  // none before is
  size_t closed_ = 0;      // since the table forgot some
  size_t old_end_ = 0;     // what came before is older than that
  int32_t forgotten_ = 0;  // the highest of those
};

}  // namespace turbo::http2

#endif  // TURBO_HTTP2_STREAM_TABLE_H_
