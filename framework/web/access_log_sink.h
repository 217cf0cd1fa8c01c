// AccessLogSink: the thread that writes the lines of all loops to a file or to stderr. Private to
// the room: AccessLogger fills the batches.
//
// Batches change hands by swap: a loop gives a full one and gets an empty one for it. One batch is
// one write(2) to a file, with O_APPEND, so that several processes may share it. To what is no file
// (a terminal, a pipe to a collector) at most PIPE_BUF bytes are written at once, when there is
// room for them, so that a reader that stands still cannot keep the thread from ending.
//
// Owner:   the AccessLog. The destructor waits, at most for close_timeout, until all is written.
// Threads: swap(), add_last(), reopen() and lost() from any.
// Errors:  open() and reopen() answer a status. What cannot be written (a full disk) is dropped,
//          counted, told in the log as soon as something can be written again, and logged once a
//          minute. Half a line left by a failed write is ended first.
// Limits:  max_batches wait; then swap() refuses.
// Cost:    a lock and a wake-up a batch; no allocation once the batches have been made.
#ifndef TURBO_WEB_ACCESS_LOG_SINK_H_
#define TURBO_WEB_ACCESS_LOG_SINK_H_

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "framework/base/clock.h"
#include "framework/base/fd.h"
#include "framework/base/log.h"
#include "framework/web/access_log_format.h"

namespace turbo::web {

// Whole lines. A value that has one owner at a time.
struct AccessLogBatch {
  static constexpr size_t kBytes = size_t{64} << 10;
  static_assert(kBytes >= 2 * AccessLogFormatter::kMaxLineBytes);

  std::unique_ptr<char[]> bytes;
  size_t size = 0;
  uint64_t lost = 0;  // lines that would stand before these, and found no room

  static AccessLogBatch make() { return {std::make_unique<char[]>(kBytes)}; }
  bool empty() const { return size == 0 && lost == 0; }
};

struct AccessLogSinkOptions {
  std::string path;  // empty: stderr
  AccessLogFormat format = AccessLogFormat::kCombined;
  size_t max_batches = 256;
  Duration close_timeout = std::chrono::seconds(3);
};

class AccessLogSink {
 public:
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<AccessLogSink>> open(
      AccessLogSinkOptions options);
  AccessLogSink(const AccessLogSink&) = delete;
  AccessLogSink& operator=(const AccessLogSink&) = delete;
  ~AccessLogSink();

  // Takes `batch` and leaves an empty one. False: too much waits; nothing has changed.
  [[nodiscard]] bool swap(AccessLogBatch& batch);
  // A loop's last batch; never refused.
  void add_last(AccessLogBatch batch);

  // See AccessLog::reopen().
  [[nodiscard]] absl::Status reopen();

  uint64_t lost() const { return lost_.load(std::memory_order_relaxed); }

 private:
  // Empty batches kept for the next burst: 1 MiB.
  static constexpr size_t kSpareBatches = 16;

  explicit AccessLogSink(AccessLogSinkOptions options);

  absl::StatusOr<UniqueFd> open_file() const;
  void use(UniqueFd file);
  void run();
  bool wait_for_work();
  void write_batch(AccessLogBatch& batch);
  bool write_loss();
  size_t write_bytes(std::string_view bytes);
  bool wait_until_writable();
  void note_lost(uint64_t lines);
  void write_failed(int error);

  const AccessLogSinkOptions options_;
  LogLimiter failure_log_;

  // ---- the thread's own ----
  UniqueFd file_;
  AccessLogFormatter formatter_;
  bool is_file_ = false;
  bool torn_ = false;        // the last byte written was not the end of a line
  uint64_t unreported_ = 0;  // lost lines
  std::vector<AccessLogBatch> in_work_;

  // ---- shared ----
  std::atomic<size_t> taken_{0};  // batches that wait or are being written
  std::atomic<bool> give_up_{false};
  std::atomic<uint64_t> lost_{0};
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<AccessLogBatch> waiting_;
  std::vector<AccessLogBatch> spare_;
  UniqueFd next_file_;
  bool ending_ = false;
  bool ended_ = false;
  std::thread thread_;
};

}  // namespace turbo::web

#endif  // TURBO_WEB_ACCESS_LOG_SINK_H_
