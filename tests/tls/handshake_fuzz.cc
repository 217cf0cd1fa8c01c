// Feeds a server's TLS what an input says a client sent, cut at places that the input says, over
// the in-memory transport: from the first byte on, or behind a line of plain text as what came
// before start_tls.
//
// The first four bytes of an input choose: how TLS begins, how large the reads and writes below it
// are, into how large pieces the rest is cut, and how the client ends. Checked: the loop comes to
// rest after every piece; every operation completes once; a stream whose client has ended, or whose
// deadline has passed, is closed; nothing is taken for the application's that no key protects.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "framework/base/check.h"
#include "framework/net/io_stream.h"
#include "framework/testing/fake_clock.h"
#include "framework/testing/memory_transport.h"
#include "framework/testing/spin_guard.h"
#include "framework/testing/stream_pair.h"
#include "framework/tls/ssl_io_stream.h"
#include "framework/tls/tls_transport.h"
#include "tests/tls/tls_peer.h"

namespace turbo::tls {
namespace {

constexpr std::string_view kLine = "STARTTLS\n";

class Course {
 public:
  explicit Course(std::string_view input) : input_(input) {
    const uint8_t way = next();
    const uint8_t sizes = next();
    piece_ = 1 + next() * next_size();
    FaultPlan plan;
    plan.max_read = 1 + (sizes & 15) * 37;
    plan.max_write = 1 + (sizes >> 4) * 101;
    if (way % 8 == 7) plan.faults = {would_block_at(Step::kAny, 1 + way / 8)};
    MemoryPair ends = make_memory_pair(std::move(plan), {}, 4096);
    client_ = std::move(ends.b);
    pacer_ = std::make_unique<HandshakePacer>(loop_, HandshakePacerOptions{.steps_per_turn = 1});
    if (way % 4 < 2) {
      stream_ = std::make_unique<IOStream>(
          std::make_unique<TLSTransport>(
              std::move(ends.a), any_server()->new_engine(), Buffer(),
              TLSTransportOptions{.pacer = way % 2 == 0 ? nullptr : pacer_.get()}),
          &loop_);
      begin();
      return;
    }
    stream_ = std::make_unique<IOStream>(std::move(ends.a), &loop_);
    // With the line, or only then.
    const size_t ahead = way % 4 == 2 ? 0 : std::min<size_t>(input_.size(), piece_);
    client_->send(std::string(kLine).append(input_.substr(0, ahead)));
    input_.remove_prefix(ahead);
    ++started_;
    stream_->read_until("\n", [this](absl::StatusOr<Buffer> line) {
      ++completed_;
      TURBO_CHECK(line.ok() && *line == kLine, "the plain line");
      ++started_;
      stream_->start_tls(server(any_server()), on_status());
      begin();
    });
  }

  void run() {
    rest();
    while (!input_.empty() && !client_->is_closed()) {
      const size_t size = std::min(input_.size(), piece_);
      client_->send(input_.substr(0, size));
      input_.remove_prefix(size);
      rest();
      client_->receive();
      rest();
    }
    if (end_ % 4 == 0) {
      if (!client_->at_end() || !client_->was_reset()) client_->close();
    } else if (end_ % 4 == 1) {
      (void)client_->shutdown_write();
    } else if (end_ % 4 == 2) {
      client_->reset();
    } else {
      clock_.advance(std::chrono::seconds(10));
    }
    rest();
    client_->receive();
    rest();
    TURBO_CHECK(stream_->closed(), "the stream has ended");
    TURBO_CHECK(started_ == completed_, "every operation completes once");
    TURBO_CHECK(closes_ == 1, "the close callback runs once");
    TURBO_CHECK(stream_->peek().empty(), "bytes that no key protects");
    TURBO_CHECK(loop_.armed_timers() == 0, "a timer stays armed");
    TURBO_CHECK(pacer_->unfinished() == 0, "a handshake stays counted");
  }

 private:
  uint8_t next() {
    if (input_.empty()) return 0;
    const uint8_t byte = static_cast<uint8_t>(input_.front());
    input_.remove_prefix(1);
    return byte;
  }
  size_t next_size() {
    end_ = next();
    return 1 + end_ / 16;
  }
  absl::AnyInvocable<void(absl::Status)> on_status() {
    return [this](absl::Status) { ++completed_; };
  }

  // What a server does first, and what waits for the handshake meanwhile.
  void begin() {
    stream_->set_close_callback([this](absl::Status) { ++closes_; });
    started_ += 3;
    stream_->wait_for_handshake(on_status());
    stream_->write("220 ready\n", on_status());
    stream_->read_until("\n", [this](absl::StatusOr<Buffer> line) {
      ++completed_;
      TURBO_CHECK(!line.ok(), "a line without a handshake");
    });
  }
  // Runs the loop until it sleeps, which it must once the bytes there are have been looked at.
  void rest() {
    for (int rounds = 0; rounds < 500; ++rounds) {
      const SpinGuard guard(loop_);
      run_loop_idle(loop_, 10);
      if (guard.wakeups() == 0 && guard.completions() == 0) return;
    }
    TURBO_CHECK(false, "a handshake at rest keeps its loop awake");
  }

  std::string_view input_;
  size_t piece_ = 1;
  uint8_t end_ = 0;
  FakeClock clock_;
  IOLoop loop_{IOLoopOptions{.clock = &clock_}};
  std::unique_ptr<HandshakePacer> pacer_;
  std::unique_ptr<MemoryTransport> client_;
  std::unique_ptr<IOStream> stream_;
  int started_ = 0, completed_ = 0, closes_ = 0;
};

}  // namespace
}  // namespace turbo::tls

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size > 8192) return 0;
  turbo::tls::Course({reinterpret_cast<const char*>(data), size}).run();
  return 0;
}
