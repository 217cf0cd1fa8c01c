#include "framework/web/access_log_sink.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <climits>
#include <utility>

#include "framework/base/status.h"
#include "framework/shard/signal_mask.h"

namespace turbo::web {
namespace {

// How soon a thread that waits for a reader notices that it is to end.
constexpr int kLookMilliseconds = 50;

uint64_t count_lines(std::string_view bytes) {
  return static_cast<uint64_t>(std::count(bytes.begin(), bytes.end(), '\n'));
}

// What a pipe that is ready takes without blocking, if possible whole lines.
std::string_view first_lines(std::string_view bytes) {
  if (bytes.size() <= PIPE_BUF) return bytes;
  const size_t end = bytes.rfind('\n', PIPE_BUF - 1);
  return bytes.substr(0, end == bytes.npos ? PIPE_BUF : end + 1);
}

}  // namespace

absl::StatusOr<std::unique_ptr<AccessLogSink>> AccessLogSink::open(AccessLogSinkOptions options) {
  std::unique_ptr<AccessLogSink> sink(new AccessLogSink(std::move(options)));
  absl::StatusOr<UniqueFd> file = sink->open_file();
  if (!file.ok()) return file.status();
  sink->use(*std::move(file));
  const SignalMask mask;  // SIGPIPE and SIGXFSZ too, which would end the program
  sink->thread_ = std::thread([sink = sink.get()] { sink->run(); });
  return sink;
}

AccessLogSink::AccessLogSink(AccessLogSinkOptions options)
    : options_(std::move(options)),
      failure_log_(std::chrono::minutes(1)),
      formatter_(options_.format) {}

AccessLogSink::~AccessLogSink() {
  if (!thread_.joinable()) return;
  std::unique_lock lock(mutex_);
  ending_ = true;
  changed_.notify_all();
  if (!changed_.wait_for(lock, options_.close_timeout, [this] { return ended_; })) {
    give_up_.store(true, std::memory_order_relaxed);
  }
  lock.unlock();
  thread_.join();
}

absl::StatusOr<UniqueFd> AccessLogSink::open_file() const {
  UniqueFd file(options_.path.empty()
                    ? ::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0)
                    : ::open(options_.path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC,
                             S_IRUSR | S_IWUSR | S_IRGRP));
  if (!file.valid()) return errno_status(errno, "access log " + options_.path);
  return file;
}

void AccessLogSink::use(UniqueFd file) {
  struct stat facts {};
  is_file_ = ::fstat(file.get(), &facts) == 0 && S_ISREG(facts.st_mode);
  file_ = std::move(file);
  torn_ = false;
}

absl::Status AccessLogSink::reopen() {
  absl::StatusOr<UniqueFd> file = open_file();
  if (!file.ok()) return file.status();
  std::lock_guard lock(mutex_);
  next_file_ = *std::move(file);
  changed_.notify_all();
  return absl::OkStatus();
}

bool AccessLogSink::swap(AccessLogBatch& batch) {
  // Asked first without the lock: a loop that loses lines comes here with each of them.
  if (taken_.load(std::memory_order_relaxed) >= options_.max_batches) return false;
  AccessLogBatch empty;
  {
    std::lock_guard lock(mutex_);
    if (!spare_.empty()) {
      empty = std::move(spare_.back());
      spare_.pop_back();
    }
  }
  if (empty.bytes == nullptr) empty = AccessLogBatch::make();
  add_last(std::exchange(batch, std::move(empty)));
  return true;
}

void AccessLogSink::add_last(AccessLogBatch batch) {
  taken_.fetch_add(1, std::memory_order_relaxed);
  std::lock_guard lock(mutex_);
  waiting_.push_back(std::move(batch));
  changed_.notify_all();
}

// ---- the thread ----

void AccessLogSink::run() {
  while (wait_for_work()) {
    for (AccessLogBatch& batch : in_work_) write_batch(batch);
  }
  if (unreported_ > 0) write_loss();
  std::lock_guard lock(mutex_);
  ended_ = true;
  changed_.notify_all();
}

// Gives back what has been written and takes what waits. False: there will be no more.
bool AccessLogSink::wait_for_work() {
  std::unique_lock lock(mutex_);
  taken_.fetch_sub(in_work_.size(), std::memory_order_relaxed);
  for (AccessLogBatch& batch : in_work_) {
    if (spare_.size() == kSpareBatches) break;
    batch.size = batch.lost = 0;
    spare_.push_back(std::move(batch));
  }
  in_work_.clear();
  changed_.wait(lock, [this] { return !waiting_.empty() || next_file_.valid() || ending_; });
  std::swap(in_work_, waiting_);
  UniqueFd next_file = std::move(next_file_);
  const bool more = !in_work_.empty() || !ending_;
  lock.unlock();
  if (next_file.valid()) use(std::move(next_file));
  return more;
}

void AccessLogSink::write_batch(AccessLogBatch& batch) {
  note_lost(batch.lost);
  const std::string_view lines(batch.bytes.get(), batch.size);
  const bool ready = (!torn_ || write_bytes("\n") == 1) && (unreported_ == 0 || write_loss());
  const size_t written = ready ? write_bytes(lines) : 0;
  note_lost(count_lines(lines.substr(written)));
}

bool AccessLogSink::write_loss() {
  std::array<char, 128> line;
  const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  const char* const end = formatter_.write_loss(now, unreported_, line.data());
  const auto size = static_cast<size_t>(end - line.data());
  if (write_bytes({line.data(), size}) != size) return false;
  unreported_ = 0;
  return true;
}

// Returns how many bytes were written; fewer than all: it failed.
size_t AccessLogSink::write_bytes(std::string_view bytes) {
  size_t written = 0;
  while (written < bytes.size()) {
    std::string_view piece = bytes.substr(written);
    if (!is_file_) {
      if (!wait_until_writable()) break;
      piece = first_lines(piece);
    }
    const ssize_t result = ::write(file_.get(), piece.data(), piece.size());
    if (result < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (result < 0) {
      write_failed(errno);
      break;
    }
    written += static_cast<size_t>(result);
    torn_ = bytes[written - 1] != '\n';
  }
  return written;
}

bool AccessLogSink::wait_until_writable() {
  while (!give_up_.load(std::memory_order_relaxed)) {
    pollfd wanted{file_.get(), POLLOUT, 0};
    if (::poll(&wanted, 1, kLookMilliseconds) > 0) return true;
  }
  return false;
}

void AccessLogSink::note_lost(uint64_t lines) {
  unreported_ += lines;
  lost_.fetch_add(lines, std::memory_order_relaxed);
}

void AccessLogSink::write_failed(int error) {
  const auto held = failure_log_.admit();
  if (!held) return;
  const std::string name = options_.path.empty() ? "stderr" : options_.path;
  log_limited(LogLevel::kError, errno_status(error, "access log " + name).ToString(), *held);
}

}  // namespace turbo::web
