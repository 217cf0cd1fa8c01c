// A whole connection that speaks HTTP/2 with a client that sends frames of any kind in any order,
// or any bytes, cut anywhere: what the server says keeps the protocol's rules (see HTTP2Wire),
// answers are each their request's and whole where they look so, what the connection holds in
// memory is bounded by what was sent, and the connection ends in the end and leaves nothing behind.
//
// The first bytes are the server's options, the client's and the transport's, see Conversation; the
// others are what the client does, see step(). Paths choose what the handler does, see
// NumberingDispatcher.

#include <malloc.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "framework/base/check.h"
#include "framework/base/log.h"
#include "framework/base/views.h"
#include "framework/buffer/block_pool.h"
#include "framework/loop/io_loop.h"
#include "framework/server/server_shard.h"
#include "framework/testing/fake_clock.h"
#include "framework/testing/memory_transport.h"
#include "tests/http2/frames.h"
#include "tests/server/choices.h"
#include "tests/server/http2_wire.h"
#include "tests/server/numbering_dispatcher.h"

// Of the sanitizer, which takes malloc's place.
extern "C" size_t __sanitizer_get_current_allocated_bytes() __attribute__((weak));

namespace turbo {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Of the first byte.
constexpr uint8_t kSmallLimits = 1;
constexpr uint8_t kSmallWindows = 2;
constexpr uint8_t kFewStreams = 4;
constexpr uint8_t kLittleOutput = 8;
constexpr uint8_t kShortAge = 16;
constexpr uint8_t kUpgrades = 32;
constexpr uint8_t kNoPreface = 64;  // the input's own bytes begin the connection
constexpr uint8_t kNoSettings = 128;

constexpr size_t kMaxInput = 4096;
// The transport moves what is left with each read, maybe of 100 bytes.
constexpr size_t kMaxSent = 1 << 20;
// What a connection may hold without having been sent anything, and for each stream.
constexpr size_t kConnectionBytes = 400'000;
constexpr size_t kStreamBytes = 20'000;
// Of what was sent, half of them the client's own.
constexpr size_t kCopies = 20;

HTTPServerOptions options_of(uint8_t choice) {
  HTTPServerOptions options;
  if ((choice & kSmallLimits) != 0) {
    options.limits.max_target_bytes = 64;
    options.limits.max_header_bytes = 256;
    options.limits.max_header_count = 8;
    options.limits.max_body_bytes = 1000;
    options.read_chunk_bytes = 64;
    options.linger_bytes = 1000;
  }
  if ((choice & kSmallWindows) != 0) {
    options.http2.session.stream_window_bytes = 100;
    options.http2.session.connection_window_bytes = 70'000;
  }
  if ((choice & kFewStreams) != 0) options.http2.session.max_concurrent_streams = 3;
  if ((choice & kLittleOutput) != 0) {
    options.output_high_bytes = 200;
    options.max_output_bytes = 2000;
    options.http2.stream_output_high_bytes = 100;
  }
  if ((choice & kShortAge) != 0) {
    options.max_connection_age = milliseconds(50);
    options.max_requests_per_connection = 20;
  }
  return options;
}

// How the server's end of the connection takes what it writes: two bits each.
FaultPlan plan_of(uint8_t choice) {
  static constexpr size_t kWrites[] = {SIZE_MAX, 1000, 300, 50};
  static constexpr size_t kReads[] = {SIZE_MAX, 1000, 300, 100};
  FaultPlan plan;
  plan.max_write = kWrites[choice % 4];
  plan.max_read = kReads[choice / 4 % 4];
  // 0: refused, until it is writable again.
  if ((choice & 16) != 0) plan.write_sizes = {0, 1, 0, 50, 0, 0, 1000, 0};
  return plan;
}

size_t allocated_bytes() {
  if (__sanitizer_get_current_allocated_bytes != nullptr) {
    return __sanitizer_get_current_allocated_bytes();
  }
  const struct mallinfo2 info = ::mallinfo2();
  return info.uordblks + info.hblkhd;
}

// One client, one connection, one loop.
class Conversation {
 public:
  explicit Conversation(std::string_view input)
      : choices_(input),
        choice_(choices_.front()),
        options_(options_of(choice_)),
        wire_(options_.http2.session.connection_window_bytes) {
    const uint8_t transport = choices_.front();
    static constexpr size_t kCapacities[] = {65536, 1000, 100, 17};
    MemoryPair pair = make_memory_pair(plan_of(transport), {}, kCapacities[transport >> 6]);
    client_ = std::move(pair.b);
    shard_ = std::make_unique<ServerShard>(loop_, service_, options_);
    allocated_before_ = allocated_bytes();
    shard_->serve(std::move(pair.a), ConnectionToken(), port_);
  }

  ~Conversation() { nghttp2_hd_deflate_del(deflater_); }

  void run() {
    begin();
    while (!choices_.empty() && !over_ && sent_ + outgoing_.size() < kMaxSent) {
      step();
    }
    flush();
    end();
    check();
  }

 private:
  // A request as it was sent.
  struct Asked {
    uint32_t stream;
    bool is_head;
    size_t left;  // of the declared length
  };

  uint8_t next() { return choices_.front(); }

  // ---- the client ----

  void begin() {
    if ((choice_ & kNoPreface) != 0) return;
    if ((choice_ & kUpgrades) != 0) {
      upgrade();
    } else {
      hands_over_ = true;
      send(http2::kPreface);
    }
    if ((choice_ & kNoSettings) == 0) send(http2::frame(http2::kSettingsFrame, 0, 0, setting()));
  }

  void upgrade() {
    const std::string settings = setting();
    const uint8_t path = next();
    wire_.client_settings(settings);
    wire_.client_asked(1);
    deliver(absl::StrCat("GET ", std::string(kPaths[path % kPathCount]),
                         " HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\n"
                         "Upgrade: h2c\r\nHTTP2-Settings: ",
                         absl::WebSafeBase64Escape(settings), "\r\n\r\n"));
    hands_over_ = true;
    if (path < 128) deliver(http2::kPreface);
    last_stream_ = highest_headed_ = 1;
  }

  void step() {
    switch (next() % 24) {
      case 0:
      case 1:
      case 2:
      case 3:
      case 4:
        return ask();
      case 5:
      case 6:
        return send_data();
      case 7:
        return send_reset();
      case 8:
        return send_settings();
      case 9:
        return widen();
      case 10:
        return send(http2::frame(http2::kPingFrame, next() % 2, 0, "pingpong"));
      case 11:
        return send_strange();
      case 12:
        return ask_wrongly();
      case 13:
        return send_any_frame();
      case 14:
        return send(input(next()));
      case 15:
        return repeat();
      case 16:
        piece_ = kPieces[next() % 8];
        return;
      case 17:
        reads_ = !reads_;
        return;
      case 18:
        return rarely();
      case 19:
        return send_trailers();
      case 20:
        return pass(milliseconds(next() * 8));
      default:
        flush();
        return turns(1 + next() % 4);
    }
  }

  void rarely() {
    switch (next() % 8) {
      case 0:
      case 1:
        return pass(seconds(next() % 128));
      case 2:
      case 3:
        flush();
        if (!client_->is_closed()) (void)client_->shutdown_write();
        shut_ = true;
        return;
      case 4:
        flush();
        over_ = true;
        return client_->close();
      case 5:
        return drain();
      case 6:
        over_ = true;
        return client_->reset();
      default:
        reads_ = true;
        return;
    }
  }

  void drain() {
    if (std::exchange(draining_, true)) return;
    shard_->drain(seconds(200), [this] { drained_ = true; });
  }

  static constexpr std::string_view kPaths[] = {
      "/", "/later", "/stream", "/large", "/chunks", "/204", "/broken", "/refused", "/trailers"};
  static constexpr size_t kPathCount = std::size(kPaths);
  static constexpr size_t kPieces[] = {0, 0, 1, 7, 100, 1000, SIZE_MAX, SIZE_MAX};

  // A new one as a rule.
  uint32_t stream_to_open() {
    const uint8_t choice = next();
    if (choice < 224) return last_stream_ = last_stream_ + (last_stream_ % 2 == 1 ? 2 : 1);
    if (choice < 240) return last_stream_ += 2 * (choice % 16);
    return choice < 250 ? choice % 8 : 0x7fffffff;
  }
  uint32_t some_stream() {
    const uint8_t choice = next();
    if (choice >= 240) return choice % 8;
    return last_stream_ - std::min<uint32_t>(last_stream_, 2 * (choice % 8));
  }

  void ask() {
    const uint8_t choice = next();
    static constexpr std::string_view kMethods[] = {"GET", "POST", "POST", "HEAD"};
    const std::string_view method = kMethods[choice % 4];
    const std::string path(kPaths[next() % kPathCount]);
    Asked asked{.stream = stream_to_open(), .is_head = method == "HEAD", .left = 0};
    http2::Fields fields = http2::request_fields(std::string(method), {}, path);
    if (choice % 4 == 2) {
      asked.left = length();
      fields.emplace_back("content-length", std::to_string(asked.left));
    }
    if ((choice & 4) != 0) fields.emplace_back("expect", "100-continue");
    if ((choice & 8) != 0) fields.emplace_back("x-large", std::string(size_t{10} * next(), 'x'));
    const bool ends = (choice % 4 == 0 || choice % 4 == 3) != ((choice & 16) != 0);
    if (asked.is_head && asked.stream > highest_headed_) wire_.client_asked_head(asked.stream);
    asked_.push_back(asked);
    send_head(asked.stream, ends, (choice & 32) != 0 ? http2::block(fields) : deflate(fields),
              choice >> 6);
  }

  void ask_wrongly() {
    static const std::pair<std::string, std::string> kFields[] = {{"Upper", "a"},
                                                                  {"connection", "close"},
                                                                  {"transfer-encoding", "chunked"},
                                                                  {"te", "gzip"},
                                                                  {":path", "/again"},
                                                                  {":late", "a"},
                                                                  {"a", "b\r\nc"},
                                                                  {"", "a"},
                                                                  {"content-length", "1x"},
                                                                  {"host", "another"},
                                                                  {"te", "trailers"},
                                                                  {"cookie", "a=b"},
                                                                  {"content-length", "5"},
                                                                  {"upgrade", "h2c"},
                                                                  {"x y", "a"},
                                                                  {":status", "200"}};
    http2::Fields fields = http2::request_fields(next() % 2 == 0 ? "GET" : "CONNECT");
    const uint8_t choice = next();
    if ((choice & 16) != 0) fields.erase(fields.begin() + choice % 4);
    fields.push_back(kFields[choice % 16]);
    if ((choice & 32) != 0) fields.push_back(kFields[next() % 16]);
    send_head(stream_to_open(), (choice & 64) == 0, http2::block(fields), 0);
  }

  // `shape`: in pieces, with padding, with a priority.
  void send_head(uint32_t stream, bool ends, std::string block, uint8_t shape) {
    uint8_t flags = ends ? http2::kEndStream : 0;
    if (shape == 3) {
      flags |= http2::kPadded | http2::kPriority;
      block = std::string("\x02\0\0\0\0\x10", 6) + block + std::string(2, '\0');
    }
    if (shape != 2) {
      return send(http2::frame(http2::kHeadersFrame, flags | http2::kEndHeaders, stream, block));
    }
    const size_t cut = block.size() / 2;
    last_frame_.clear();
    send(http2::frame(http2::kHeadersFrame, flags, stream, block.substr(0, cut)));
    send(http2::frame(http2::kContinuationFrame, http2::kEndHeaders, stream, block.substr(cut)));
  }

  std::string deflate(const http2::Fields& fields) {
    std::vector<nghttp2_nv> list;
    for (const auto& [name, value] : fields) {
      list.push_back(
          {bytes_of(name), bytes_of(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE});
    }
    std::string block(nghttp2_hd_deflate_bound(deflater_, list.data(), list.size()), '\0');
    const ssize_t size =
        nghttp2_hd_deflate_hd(deflater_, bytes_of(block), block.size(), list.data(), list.size());
    TURBO_CHECK(size >= 0, "the head was not encoded");
    block.resize(static_cast<size_t>(size));
    return block;
  }
  static uint8_t* bytes_of(const std::string& text) {
    return reinterpret_cast<uint8_t*>(const_cast<char*>(text.data()));
  }

  size_t length() {
    static constexpr size_t kLengths[] = {0, 1, 10, 100, 1000, 16384, 16385, 60'000};
    return kLengths[next() % 8];
  }

  // Of the last request, or of some stream; as much as was declared, as a rule.
  void send_data() {
    const uint8_t choice = next();
    uint8_t flags = choice & http2::kEndStream;
    Asked* asked =
        asked_.empty() || (choice & 2) != 0 ? nullptr : &asked_[choice / 8 % asked_.size()];
    if (asked == nullptr && !asked_.empty()) asked = &asked_.back();
    const uint32_t stream = asked == nullptr || choice >= 240 ? some_stream() : asked->stream;
    size_t bytes = length();
    if (asked != nullptr && asked->left > 0 && choice < 224) {
      bytes = std::min<size_t>(asked->left, 16384);
      asked->left -= bytes;
      flags = asked->left == 0 ? http2::kEndStream : 0;
    }
    std::string payload(bytes, 'd');
    if ((choice & 4) != 0) {
      flags |= http2::kPadded;
      payload = std::string(1, static_cast<char>(choice)) + payload + std::string(choice, '\0');
    }
    send(http2::frame(http2::kDataFrame, flags, stream, payload));
  }

  void send_trailers() {
    const uint32_t stream = asked_.empty() ? some_stream() : asked_.back().stream;
    const uint8_t choice = next();
    const std::string name = choice % 4 == 0 ? ":path" : "x-trailer";
    send_head(stream, choice < 224, deflate({{name, std::string(choice, 't')}}), choice % 4);
  }

  std::string setting() {
    static constexpr uint32_t kValues[] = {
        0,          1,          100,   4096,       16384,      65535, 65536, 1 << 20,
        0x7fffffff, 0x80000000, 16383, 0x00ffffff, 0xffffffff, 3,     1000,  100'000};
    std::string payload;
    for (uint8_t count = next() % 4; count > 0; --count) {
      const uint8_t id = next();
      payload += http2::number(id < 240 ? 1 + id % 6 : id, 2) + http2::number(kValues[next() % 16]);
    }
    return payload;
  }

  void send_settings() {
    const uint8_t flags = next() / 128;
    send(http2::frame(http2::kSettingsFrame, flags, 0, setting()));
  }

  void send_reset() {
    const uint32_t stream = some_stream();
    send(http2::frame(http2::kResetFrame, 0, stream, http2::number(next() % 14)));
  }

  void widen() {
    static constexpr uint32_t kSteps[] = {0, 1, 100, 1000, 65535, 1 << 20, 0x7fffffff, 0x40000000};
    const uint8_t choice = next();
    const uint32_t stream = choice % 2 == 0 ? 0 : some_stream();
    send(http2::frame(http2::kWindowUpdateFrame, 0, stream, http2::number(kSteps[choice / 2 % 8])));
  }

  void send_strange() {
    const uint32_t stream = some_stream();
    switch (next() % 8) {
      case 0:
        return send(http2::frame(http2::kPriorityFrame, 0, stream,
                                 http2::number(some_stream()) + std::string(1, '\x10')));
      case 1:
        return send(
            http2::frame(http2::kPriorityUpdateFrame, 0, 0, http2::number(stream) + "u=1, i"));
      case 2:
        return send(http2::frame(http2::kGoAwayFrame, 0, 0,
                                 http2::number(stream) + http2::number(next() % 14)));
      case 3:
        return send(http2::frame(http2::kContinuationFrame, http2::kEndHeaders, stream, {}));
      case 4:
        return send(http2::frame(http2::kPushFrame, http2::kEndHeaders, stream, http2::number(2)));
      case 5:
        return send(http2::frame(http2::kHeadersFrame, 0, stream_to_open(), {}));
      default: {
        const uint8_t type = 11 + next() % 8;
        const uint8_t flags = next();
        return send(http2::frame(type, flags, stream, input(8)));
      }
    }
  }

  void send_any_frame() {
    const uint8_t type = next();
    const uint8_t flags = next();
    const uint32_t stream = some_stream();
    send(http2::frame(type % 12, flags, stream, input(next() % 64)));
  }

  std::string input(size_t bytes) {
    std::string out;
    for (; bytes > 0 && !choices_.empty(); --bytes) out.push_back(static_cast<char>(next()));
    return out;
  }

  void repeat() {
    const size_t count = std::min<size_t>(size_t{8} * next(), 300'000 / (last_frame_.size() + 1));
    const std::string frame = last_frame_;
    send(http2::repeat(frame, count));
    last_frame_ = frame;
  }

  // ---- the connection ----

  void send(std::string_view bytes) {
    last_frame_ = bytes;
    note_heads(bytes);
    outgoing_ += bytes;
    if (piece_ != SIZE_MAX) flush();
  }

  void note_heads(std::string_view bytes) {
    for (http2::SeenFrame seen; http2::next_frame(bytes, seen);) {
      if (seen.type != http2::kHeadersFrame) continue;
      highest_headed_ = std::max(highest_headed_, seen.stream & 0x7fffffff);
    }
  }

  void flush() {
    std::string all = std::exchange(outgoing_, {});
    std::string_view rest = all;
    flushed_capacity_ = all.capacity();
    const size_t most = piece_ == 0 || piece_ == SIZE_MAX ? rest.size() : piece_;
    // Single bytes of what is long would take all the time.
    const size_t piece = std::max(most, rest.size() / 200);
    while (!rest.empty()) {
      deliver(rest.substr(0, piece));
      rest.remove_prefix(std::min(piece, rest.size()));
    }
    flushed_capacity_ = 0;
  }

  void deliver(std::string_view bytes) {
    if (shut_ || client_->is_closed()) return;
    sent_ += bytes.size();
    if (hands_over_) {
      // The preface is no frame.
      const size_t skip = std::min(preface_left_, bytes.size());
      preface_left_ -= skip;
      wire_.client_sent(bytes.substr(skip));
    }
    (void)client_->send(bytes);
    turns(1);
  }

  void receive() {
    if (client_->is_closed()) return;
    received_ += client_->receive();
    if ((choice_ & kNoPreface) != 0 || refused_) return received_.clear();
    if ((choice_ & kUpgrades) != 0 && !switched_ && !take_switching()) return;
    if (refused_) return;
    wire_.server_sent(received_);
    received_.clear();
  }

  bool take_switching() {
    const size_t end = received_.find("\r\n\r\n");
    if (end == std::string::npos) return false;
    // A request that comes too slowly is refused before its head has ended.
    refused_ = received_.starts_with("HTTP/1.1 408 ");
    TURBO_CHECK(refused_ || received_.starts_with("HTTP/1.1 101 "), "the upgrade was refused");
    received_.erase(0, end + 4);
    return switched_ = true;
  }

  // ---- time ----

  void turns(int count) {
    for (; count > 0; --count) {
      loop_.run_once();
      clock_.advance(milliseconds(1));
      if (reads_) receive();
    }
    check_memory();
  }

  void pass(Duration time) {
    for (const Duration step = seconds(4); time > Duration::zero(); time -= step) {
      clock_.advance(std::min(time, step));
      turns(3);
    }
  }

  bool ended() const { return client_->is_closed() || client_->at_end() || client_->was_reset(); }

  // What was sent may be held, and what was answered, by whoever it waits for.
  void check_memory() {
    const size_t now = allocated_bytes();
    const size_t most = allocated_before_ + kConnectionBytes + kCopies * sent_ +
                        kStreamBytes * static_cast<size_t>(service_.made().requests()) +
                        2 * service_.made().given_to_all() +
                        // The client's own.
                        2 * (outgoing_.capacity() + flushed_capacity_ + last_frame_.capacity());
    TURBO_CHECK(now <= most, "the connection holds too much memory");
  }

  // All that was sent, however little it takes at once.
  void let_server_read() {
    for (uint64_t before = 0; before != loop_.counters().wakeups; turns(20)) {
      before = loop_.counters().wakeups;
    }
  }

  void end() {
    turns(20);
    for (int i = 0; i < 200 && !ended(); ++i) {
      reads_ |= i > 60;  // to see the end
      pass(seconds(5));
      let_server_read();
    }
    TURBO_CHECK(ended(), "the connection never ended");
    turns(3);
    client_->close();
    let_server_read();
    pass(seconds(20));  // it may linger
    drain();
    turns(5);
    TURBO_CHECK(drained_, "a connection was left open");
    TURBO_CHECK(service_.made().visits() == 0, "an exchange was not given back");
  }

  // ---- what the client saw ----

  void check() const {
    if ((choice_ & kNoPreface) != 0) return;
    std::vector<bool> seen(static_cast<size_t>(service_.made().requests()) + 1);
    for (const auto& [stream, answer] : wire_.answers()) {
      const std::optional<std::string_view> said = answer.response.find("x-number");
      if (!answer.head) continue;
      if (!said.has_value()) {
        TURBO_CHECK(answer.response.status >= 400, "an answer that is nobody's");
        continue;
      }
      size_t number = 0;
      TURBO_CHECK(absl::SimpleAtoi(to_absl(*said), &number) && number > 0 && number < seen.size() &&
                      !seen[number],
                  "an answer to no request, or a second one");
      seen[number] = true;
      check_body(answer, static_cast<int>(number));
    }
  }

  void check_body(const HTTP2Wire::Answer& answer, int number) const {
    const uint64_t given = service_.made().given(number);
    TURBO_CHECK(answer.body_bytes <= given, "more than was given");
    const bool bodiless = answer.response.status == 204 || answer.response.find("x-head");
    if (!answer.ended || bodiless) return;
    TURBO_CHECK(answer.body_bytes == given, "half an answer looks whole");
  }

  Choices choices_;
  const uint8_t choice_;
  const HTTPServerOptions options_;
  FakeClock clock_;
  IOLoop loop_{IOLoopOptions{.clock = &clock_}};
  NumberingService service_;
  const HTTPListenOptions port_;
  std::unique_ptr<ServerShard> shard_;
  std::unique_ptr<MemoryTransport> client_;
  HTTP2Wire wire_;
  nghttp2_hd_deflater* deflater_ = make_deflater();
  std::vector<Asked> asked_;
  uint32_t last_stream_ = 0;
  uint32_t highest_headed_ = 0;  // a head opens no stream up to that one
  std::string outgoing_;
  size_t flushed_capacity_ = 0;  // of what is on its way
  std::string last_frame_;
  std::string received_;
  size_t preface_left_ = http2::kPreface.size();
  size_t piece_ = 0;
  size_t sent_ = 0;
  size_t allocated_before_ = 0;
  bool hands_over_ = false;  // what is sent are frames, behind a preface
  bool switched_ = false;
  bool refused_ = false;  // and stays HTTP/1
  bool reads_ = true;
  bool shut_ = false;
  bool over_ = false;
  bool draining_ = false;
  bool drained_ = false;

  static nghttp2_hd_deflater* make_deflater() {
    nghttp2_hd_deflater* made = nullptr;
    TURBO_CHECK(nghttp2_hd_deflate_new(&made, 4096) == 0, "out of memory");
    return made;
  }
};

}  // namespace
}  // namespace turbo

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size > turbo::kMaxInput) return 0;
  turbo::set_log_sink([](turbo::LogLevel, std::string_view) {});
  // Memory is counted, so nothing that is not in use may be kept.
  turbo::BlockPool::local().set_cache_limit(0);
  turbo::Conversation({reinterpret_cast<const char*>(data), size}).run();
  return 0;
}
