// A whole connection fed with any bytes, cut anywhere: what the server says is always a sequence of
// well-formed responses, at most one a request and in order, nothing follows one that closes, and
// the connection ends in the end.
//
// The first byte chooses what the client does, the second how many bytes that follow are sizes of
// the pieces it sends. Paths choose what the handler does, see NumberingDispatcher.

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "framework/base/check.h"
#include "framework/base/fd.h"
#include "framework/loop/io_loop.h"
#include "framework/server/server_shard.h"
#include "framework/testing/fake_clock.h"
#include "tests/server/numbering_dispatcher.h"
#include "tests/server/response_reader.h"

namespace turbo {
namespace {

constexpr uint8_t kSmallLimits = 1;
constexpr uint8_t kEndsSending = 2;    // behind its last byte
constexpr uint8_t kReadsLate = 4;      // nothing before it has sent all
constexpr uint8_t kPauses = 8;         // longer than the server waits, before its last piece
constexpr uint8_t kGoesAway = 16;      // behind its last byte, without reading the rest
constexpr uint8_t kServerDrains = 32;  // from the last piece on

HTTPServerOptions options_of(uint8_t choice) {
  HTTPServerOptions options;
  if ((choice & kSmallLimits) == 0) return options;
  options.limits.max_target_bytes = 64;
  options.limits.max_header_bytes = 256;
  options.limits.max_header_count = 8;
  options.limits.max_body_bytes = 100;
  options.read_chunk_bytes = 64;
  options.output_high_bytes = 200;
  options.linger_bytes = 100;
  return options;
}

// One client, one connection, one loop.
class Conversation {
 public:
  explicit Conversation(uint8_t choice)
      : choice_(choice), options_(options_of(choice)), loop_(loop_options(clock_)) {
    std::array<int, 2> ends;
    TURBO_CHECK(
        ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) == 0,
        "no socket pair");
    client_.reset(ends[0]);
    shard_ = std::make_unique<ServerShard>(loop_, service_, options_);
    AcceptedConnection accepted;
    accepted.socket.reset(ends[1]);
    shard_->serve(std::move(accepted), port_);
  }

  ~Conversation() {
    client_.reset();
    shard_.reset();
    loop_.run_once();
  }

  void send(std::string_view piece) {
    // A client that does not read may fill the sockets: then it gives up, as many do.
    for (int i = 0; !piece.empty() && i < 100; ++i) {
      ssize_t sent = ::send(client_.get(), piece.data(), piece.size(), MSG_NOSIGNAL);
      if (sent > 0) piece.remove_prefix(static_cast<size_t>(sent));
      turn();
    }
  }

  void before_last_piece() {
    if ((choice_ & kPauses) != 0) pass(std::chrono::seconds(40));
    if ((choice_ & kServerDrains) != 0) {
      shard_->drain(std::chrono::seconds(10), [this] { drained_ = true; });
    }
  }

  void end() {
    if ((choice_ & kGoesAway) != 0) client_.reset();
    if ((choice_ & kEndsSending) != 0 && client_.valid()) ::shutdown(client_.get(), SHUT_WR);
    choice_ &= static_cast<uint8_t>(~kReadsLate);
    for (int i = 0; i < 20; ++i) turn();
    pass(std::chrono::seconds(200));
  }

  void check() {
    TURBO_CHECK((choice_ & kServerDrains) == 0 || drained_, "the drain never ended");
    if (!client_.valid()) return;
    TURBO_CHECK(ended_, "the connection never ended");
    ResponseReader reader(received_, "x-head");
    int number = 0;
    bool last = false;
    for (SeenResponse response; reader.next(response);) {
      TURBO_CHECK(!last, "a response behind one that closes");
      if (response.status == 100) continue;
      last = response.closes();
      number = check_number(response, number);
    }
    // Cut short is only what a handler broke off, and what the client read too late.
    bool may_be_cut = service_.made().cut() || reset_ || (choice_ & kServerDrains) != 0;
    // An error page for HEAD tells a length and has no body, and bears no mark.
    bool bodiless = reader.problem() == "a body cut short" && reader.rest().empty();
    TURBO_CHECK(reader.problem().empty() || may_be_cut || bodiless, reader.problem().c_str());
  }

 private:
  static IOLoopOptions loop_options(const Clock& clock) {
    IOLoopOptions options;
    options.clock = &clock;
    return options;
  }

  // The handler's answers count up; one without number is the server's own, and the last.
  int check_number(const SeenResponse& response, int number) {
    std::optional<std::string_view> said = response.find("x-number");
    if (!said.has_value()) {
      TURBO_CHECK(response.status >= 400 && response.closes(), "an answer that is nobody's");
      return number;
    }
    TURBO_CHECK(*said == std::to_string(number + 1), "answers out of order");
    TURBO_CHECK(number < service_.made().requests(), "more answers than requests");
    return number + 1;
  }

  void turn() {
    loop_.run_once();
    clock_.advance(std::chrono::milliseconds(1));
    if ((choice_ & kReadsLate) == 0) receive();
  }

  void pass(Duration time) {
    for (Duration step = std::chrono::seconds(4); time > Duration::zero(); time -= step) {
      clock_.advance(step);
      for (int i = 0; i < 3; ++i) turn();
    }
  }

  void receive() {
    std::array<char, 65536> bytes;
    while (client_.valid()) {
      ssize_t got = ::recv(client_.get(), bytes.data(), bytes.size(), 0);
      if (got > 0) {
        received_.append(bytes.data(), static_cast<size_t>(got));
        continue;
      }
      bool would_block = got < 0 && errno == EAGAIN;
      if (would_block) return;
      ended_ = true;
      reset_ |= got < 0;
      return;
    }
  }

  uint8_t choice_;
  const HTTPServerOptions options_;
  FakeClock clock_;
  IOLoop loop_;
  NumberingService service_;
  const HTTPListenOptions port_;
  std::unique_ptr<ServerShard> shard_;
  UniqueFd client_;
  std::string received_;
  bool ended_ = false;
  bool reset_ = false;
  bool drained_ = false;
};

void converse(const uint8_t* data, size_t size) {
  if (size < 2) return;
  const size_t cuts = std::min<size_t>(data[1], size - 2);
  std::string_view bytes(reinterpret_cast<const char*>(data) + 2 + cuts, size - 2 - cuts);
  Conversation conversation(data[0]);
  for (size_t i = 0; i < cuts; ++i) {
    std::string_view piece = bytes.substr(0, data[2 + i]);
    conversation.send(piece);
    bytes.remove_prefix(piece.size());
  }
  conversation.before_last_piece();
  conversation.send(bytes);
  conversation.end();
  conversation.check();
}

}  // namespace
}  // namespace turbo

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  turbo::converse(data, size);
  return 0;
}
