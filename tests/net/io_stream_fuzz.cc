// Feeds an IOStream a random course of reads, writes, cuts and ends over the in-memory transport,
// and compares what is delivered with a model: two strings.
//
// The input is a program, one or two bytes an instruction. Checked after every instruction and at
// the end: bytes come out in the order they went in, none twice and none lost; each operation
// completes once; nothing runs inside the call that started it; a stream at rest does not keep its
// loop awake.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "framework/base/check.h"
#include "framework/net/io_stream.h"
#include "framework/testing/fake_clock.h"
#include "framework/testing/memory_transport.h"
#include "framework/testing/spin_guard.h"
#include "framework/testing/stream_pair.h"

namespace turbo {
namespace {

class Course {
 public:
  explicit Course(std::string_view program) : program_(program) {
    FaultPlan plan;
    plan.max_read = 1 + next() % 64;
    plan.max_write = 1 + next() % 64;
    if (next() % 4 == 0) plan.record_size = 1 + next() % 100;
    for (uint8_t n = next() % 8; n > 0; --n) {
      const Step step = next() % 2 == 0 ? Step::kRead : Step::kWrite;
      plan.faults.push_back(next() % 2 == 0 ? interrupt_at(step, 1 + next() % 32)
                                            : would_block_at(step, 1 + next() % 32));
    }
    IOStreamOptions options;
    options.max_buffer_size = 64 + next();
    options.read_chunk_size = 1 + next() % 128;
    options.on_limit = next() % 2 == 0 ? OnLimit::kKeep : OnLimit::kClose;
    MemoryPair ends = make_memory_pair(std::move(plan), {}, 200);
    peer_ = std::move(ends.b);
    stream_ = std::make_unique<IOStream>(std::move(ends.a), &loop_, options);
    stream_->set_close_callback([this](absl::Status) { ++closes_; });
  }

  void run() {
    while (!program_.empty()) step();
    rest();
    stream_->close();
    rest();
    TURBO_CHECK(started_ == completed_, "an operation did not complete");
    TURBO_CHECK(closes_ == 1, "the close callback runs once");
    check_output();
  }

 private:
  uint8_t next() {
    if (program_.empty()) return 0;
    const uint8_t byte = static_cast<uint8_t>(program_.front());
    program_.remove_prefix(1);
    return byte;
  }
  // Runs the loop until it sleeps, which it must once the bytes there are have been moved.
  void rest() {
    for (int rounds = 0; rounds < 1000; ++rounds) {
      const SpinGuard guard(loop_);
      run_loop_idle(loop_, 20);
      if (guard.wakeups() == 0 && guard.completions() == 0) return;
    }
    TURBO_CHECK(false, "a stream at rest keeps its loop awake");
  }

  void step() {
    calling_ = true;
    instruction();
    calling_ = false;
    check_output();
  }

  void instruction() {
    switch (next() % 16) {
      case 0:
        return stream_->read_bytes(next(), on_read());
      case 1:
        return stream_->read_bytes_partial(next(), on_read());
      case 2:
        return stream_->read_until(std::string(1 + next() % 3, 'd'), on_read());
      case 3:
        return stream_->read_until("d", on_read(), next());
      case 4:
        return stream_->read_until_regex("[abc]d", on_read(), 1 + next());
      case 5:
        return stream_->read_some(on_read());
      case 6: {
        const std::span<char> memory = room();
        return stream_->read_into(memory, on_into(memory));
      }
      case 7: {
        const std::span<char> memory = room();
        return stream_->read_into_partial(memory, on_into(memory));
      }
      case 8:
        return stream_->read_bytes(next() * 4, on_streamed(), on_piece());
      case 9:
        return stream_->cancel_read();
      case 10:
        return write();
      case 11:
        return turn();
      case 12:
        return send();
      case 13:
        return take();
      case 14:
        return rarely();
      default:
        return turn();
    }
  }
  void turn() {
    calling_ = false;
    run_loop_idle(loop_, 1 + next() % 8);
  }
  void send() {
    std::string bytes;
    for (int n = 1 + next() % 32; n > 0; --n) bytes += static_cast<char>('a' + next() % 4);
    if (peer_->send(bytes)) sent_ += bytes;
  }
  void take() { output_seen_ += peer_->receive(); }
  void write() {
    const std::string bytes(next(), static_cast<char>('A' + written_.size() % 26));
    if (stream_->closed() || shut_) return;
    const size_t before = stream_->write_buffer_size();
    if (next() % 2 == 0) {
      stream_->write(bytes);
    } else {
      stream_->write(Buffer::copy_of(bytes));
    }
    if (stream_->write_buffer_size() > before) written_ += bytes;
  }
  void rarely() {
    switch (next() % 16) {
      case 0:
        return stream_->close();
      case 1:
        return peer_->reset();
      case 2:
        return peer_->close();
      case 3: {
        if (!peer_->is_closed()) (void)peer_->shutdown_write();
        return;
      }
      case 4: {
        shut_ = true;
        return stream_->shutdown_write();
      }
      case 5:
        return stream_->read_until_close(on_read());
      case 6:
        return stream_->set_read_deadline(std::chrono::seconds(1));
      case 7:
        return clock_.advance(std::chrono::seconds(2));
      default:
        return;
    }
  }

  // Memory of its own for each read_into: a result may wait while the next read begins.
  std::span<char> room() { return rooms_.emplace_back(1 + next() % 64); }

  ReadCallback on_read() {
    ++started_;
    return [this](absl::StatusOr<Buffer> result) {
      complete();
      if (result.ok()) deliver(result->to_string());
    };
  }
  ReadCallback on_streamed() {
    ++started_;
    return [this](absl::StatusOr<Buffer> result) {
      complete();
      TURBO_CHECK(!result.ok() || result->empty(), "the end of a streamed read carries no bytes");
    };
  }
  StreamingCallback on_piece() {
    return [this](Buffer piece) {
      TURBO_CHECK(!calling_, "a piece came inside a call");
      TURBO_CHECK(!piece.empty(), "a piece is never empty");
      deliver(piece.to_string());
    };
  }
  ReadIntoCallback on_into(std::span<char> memory) {
    ++started_;
    return [this, memory](absl::Status, size_t bytes) {
      complete();
      // What a failed read put into the caller's memory is his.
      deliver(std::string_view(memory.data(), bytes));
    };
  }
  void complete() {
    TURBO_CHECK(!calling_, "a completion ran inside a call");
    ++completed_;
  }
  void deliver(std::string_view bytes) {
    TURBO_CHECK(sent_.compare(delivered_, bytes.size(), bytes) == 0,
                "bytes lost, twice or changed");
    delivered_ += bytes.size();
  }
  void check_output() {
    TURBO_CHECK(written_.starts_with(output_seen_), "output lost, twice or changed");
    const std::string unread = stream_->peek().to_string();
    if (stream_->reading() || completed_ != started_) return;
    TURBO_CHECK(sent_.compare(delivered_, unread.size(), unread) == 0, "peek() shows other bytes");
  }

  std::string_view program_;
  FakeClock clock_;
  IOLoop loop_{IOLoopOptions{.clock = &clock_}};
  std::unique_ptr<MemoryTransport> peer_;
  std::unique_ptr<IOStream> stream_;
  std::deque<std::vector<char>> rooms_;
  std::string sent_;      // by the peer
  size_t delivered_ = 0;  // of it, to callbacks
  std::string written_;   // by the stream
  std::string output_seen_;
  bool calling_ = false;
  bool shut_ = false;
  int started_ = 0, completed_ = 0, closes_ = 0;
};

}  // namespace
}  // namespace turbo

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size > 4096) return 0;
  turbo::Course({reinterpret_cast<const char*>(data), size}).run();
  return 0;
}
