// A handler that does anything an Exchange allows, at any time, as a fuzzer's bytes decide, keeps
// the model of its answer, and checks what it is told. It always answers in the end, so long as its
// client sends and takes what it should.
#ifndef TURBO_TESTS_SERVER_FUZZED_HANDLER_H_
#define TURBO_TESTS_SERVER_FUZZED_HANDLER_H_

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "framework/base/check.h"
#include "framework/server/exchange.h"
#include "tests/server/choices.h"
#include "tests/server/fuzzed_request.h"

namespace turbo {

// What the handlers of a conversation share.
struct FuzzedStage {
  Choices choices;
  int file = -1;  // of pattern 'a', kFileBytes long
  int handlers = 0;
  size_t output_left = size_t{1} << 20;  // bytes they may still write

  static constexpr size_t kFileBytes = 50000;
};

// Marks the pieces it is shown and their end with bytes no handler writes. It tries to write as
// well, which is dropped.
class MarkingFilter final : public OutputFilter {
 public:
  static constexpr char kPiece = '+';
  static constexpr char kEnd = '.';

  explicit MarkingFilter(Exchange& exchange) : exchange_(exchange) {}

  void on_head(Exchange& exchange, const Buffer&, bool) override {
    keeps_length_ = exchange.content_length().has_value();
  }
  Buffer on_body(Buffer piece, bool last) override {
    exchange_.write("!");
    if (keeps_length_) return piece;
    if (!piece.empty()) piece.prepend(std::string_view(&kPiece, 1));
    if (last) piece.append(std::string_view(&kEnd, 1));
    return piece;
  }

 private:
  Exchange& exchange_;
  bool keeps_length_ = false;
};

class FuzzedHandler final : public ExchangeAttachment {
 public:
  FuzzedHandler(Exchange& exchange, FuzzedRequest& request, FuzzedStage& stage)
      : exchange_(exchange), request_(request), stage_(stage) {
    ++stage_.handlers;
  }
  ~FuzzedHandler() override {
    TURBO_CHECK(!calling_, "a handler destroyed by its own call");
    exchange_.loop().cancel(timer_);
    *alive_ = false;
    --stage_.handlers;
  }

  FuzzedRequest& request() { return request_; }

  void on_head() {
    const Calling calling(*this);
    mark();
    const uint8_t choice = next();
    if ((choice & 1) != 0) stream();
    if ((choice & 2) != 0) limit_body();
    if ((choice & 4) != 0) decompress();
    if ((choice & 8) != 0) watch_peer();
    if ((choice & 16) != 0) add_filter();
    throws_ = choice >= 0xe0 && choice < 0xf0;
    if (choice >= 0xf0 && choice < 0xf4) flush();
    if (choice >= 0xf4 && choice < 0xf8) finish();
    if (choice >= 0xf8) begin();  // works while the body comes
  }

  void on_request() {
    TURBO_CHECK(!requested_ && !request_.answered, "on_request() twice, or of an answered one");
    requested_ = true;
    if (!streams_) check_collected();
    if (held_) return;
    const Calling calling(*this);
    if (next() % 4 == 0) return finish();
    begin();
  }

 private:
  // Stands around every call in which the handler is in control.
  class Calling {
   public:
    explicit Calling(FuzzedHandler& handler) : handler_(handler) {
      TURBO_CHECK(!handler.calling_, "called back inside of a call");
      handler.calling_ = true;
    }
    ~Calling() { handler_.calling_ = false; }

   private:
    FuzzedHandler& handler_;
  };

  uint8_t next() { return stage_.choices.back(); }

  // `then`, checked to be called neither too late nor inside of another call.
  template <class Then>
  auto called_back(Then then) {
    return [this, alive = alive_, then = std::move(then)](auto&&... arguments) mutable {
      TURBO_CHECK(*alive, "called back after its end");
      const Calling calling(*this);
      then(std::forward<decltype(arguments)>(arguments)...);
    };
  }

  // Some throw, once, out of a call back; the server answers in their place.
  void throw_once() {
    if (exchange_.finished() || !std::exchange(throws_, false)) return;
    request_.head_sent ? request_.note_cut() : request_.note_page(500);
    throw std::runtime_error("as the fuzzer wished");
  }

  // ---- its course ----

  void begin() {
    exchange_.hold();
    held_ = true;
    act();
  }

  void act() {
    for (int n = next() % 4; n > 0; --n) request_.answered ? late_step() : step();
    if (stage_.choices.empty()) finish();
    if (request_.answered && next() % 2 == 0) return release();
    wait();
  }

  void release() {
    held_ = false;
    exchange_.release();
  }

  // For whatever comes first of what was asked for; a timer if that is nothing sure.
  void wait() {
    const uint8_t choice = next();
    if (choice % 4 == 1 && may_read()) return read();
    if (choice % 4 == 2) return wait_for_output();
    exchange_.loop().cancel(timer_);
    timed_ = true;
    timer_ = exchange_.loop().call_later(std::chrono::milliseconds(choice % 4), called_back([this] {
                                           timed_ = false;
                                           resume();
                                         }));
  }

  void resume() {
    if (held_ && !timed_) act();
  }

  void step() {
    switch (next() % 16) {
      case 0:
        return finish();
      case 1:
        return write(next());
      case 2:
        return write(size_t{256} * next());
      case 3:
        return flush();
      case 4:
        write(next());
        return flush();
      case 5:
        return declare_length();
      case 6:
        return write_file();
      case 7:
        return add_filter();
      case 8:
        return clear();
      case 9:
        return set_status();
      case 10:
        return next() % 4 == 0 ? send_error() : flush();
      case 11:
        return add_trailer();
      case 12:
        return inform();
      default:
        return late_step();
    }
  }

  // What may be done after the answer as well.
  void late_step() {
    if (request_.answered) exchange_.write("!");  // dropped
    switch (next() % 8) {
      case 0:
        return read();
      case 1:
        reads_on_ = !reads_on_;
        return read();
      case 2:
        return read_twice();
      case 3:
        reading_ = false;
        return exchange_.cancel_read_body();
      case 4:
        return watch_peer();
      case 5:
        return exchange_.ignore_peer_shut();
      case 6:
        return wait_for_output();
      default:
        return;
    }
  }

  // ---- the body ----

  void stream() {
    streams_ = true;
    exchange_.stream_body();
  }
  void limit_body() {
    request_.limit = 16U * next();
    exchange_.set_max_body_bytes(*request_.limit);
  }
  void decompress() {
    exchange_.decompress_body();
    request_.decompressed = exchange_.body_is_decompressed();
    if (exchange_.finished()) request_.note_page(415);
  }

  void check_collected() {
    TURBO_CHECK(exchange_.body().to_string() == request_.body_seen(), "another body was collected");
    TURBO_CHECK(!request_.refusable(), "a body that had to be refused");
  }

  // What is collected can be read once it is there.
  bool may_read() const { return !ended_ && (streams_ || requested_); }
  void read() {
    if (reading_ || !may_read()) return;
    reading_ = true;
    exchange_.read_body(called_back([this](absl::StatusOr<Buffer> piece) {
      TURBO_CHECK(reading_, "a piece nobody waits for");
      reading_ = false;
      TURBO_CHECK(piece.ok(), "a piece is always OK");
      take(piece->to_string());
      if (reads_on_) read();
      resume();
      throw_once();
    }));
  }
  void take(std::string_view piece) {
    const std::string& body = request_.body_seen();
    TURBO_CHECK(body.compare(seen_, piece.size(), piece) == 0, "a body lost, twice or changed");
    seen_ += piece.size();
    ended_ = piece.empty();
    TURBO_CHECK(!ended_ || seen_ == body.size(), "the end of a body too early");
    TURBO_CHECK(!ended_ || !request_.refusable(), "the end of a body that had to be refused");
  }
  void read_twice() {
    read();
    if (!reading_) return;
    exchange_.read_body([](auto&&) { TURBO_CHECK(false, "a second read was called back"); });
  }

  // ---- the client ----

  void watch_peer() {
    exchange_.on_peer_shut(called_back([this] { resume(); }));
  }
  void wait_for_output() {
    exchange_.when_output_left(called_back([this] {
      resume();
      throw_once();
    }));
  }

  // ---- the answer ----

  void mark() {
    set("X-Number", std::to_string(request_.number));
    if (request_.is_head) set("X-Head", "1");
  }
  void set(std::string_view name, std::string_view value) {
    TURBO_CHECK(exchange_.response().set(name, value).ok(), "a field was refused");
  }

  void write(size_t bytes) {
    if (request_.answered) return;
    bytes = std::min(bytes, stage_.output_left);
    stage_.output_left -= bytes;
    const std::string piece = pattern('A', request_.given.size() + request_.pending.size(), bytes);
    request_.pending += piece;
    if (bytes % 2 == 0) return exchange_.write(piece);
    exchange_.write(Buffer::copy_of(piece));
  }
  void flush() {
    if (request_.answered) return;
    exchange_.flush();
    request_.note_flush();
    check_phase();
  }
  void finish() {
    if (request_.answered) return;
    if (next() % 4 != 3) keep_promise();
    exchange_.finish();
    request_.note_flush();
    const bool short_of = request_.given.size() < request_.declared.value_or(0);
    request_.answered = true;
    if (short_of && !request_.bodiless()) request_.note_cut();
    check_phase();
  }
  // Writes what the declared length wants.
  void keep_promise() {
    const size_t written = request_.given.size() + request_.pending.size();
    if (request_.declared.value_or(0) > written) write(*request_.declared - written);
  }
  void send_error() {
    if (request_.head_sent) {
      request_.note_cut();
    } else {
      request_.answered = request_.page = true;
      request_.trailers = 0;
      request_.status = 500;
    }
    const std::string number = std::to_string(request_.number);
    const http::Field fields[] = {{"X-Number", number}, {"X-Head", "1"}};
    exchange_.send_error(500, "as the fuzzer wished", {fields, request_.is_head ? 2U : 1U});
    check_phase();
  }
  void check_phase() {
    TURBO_CHECK(exchange_.finished() == request_.answered, "ended otherwise than was to be");
  }

  void declare_length() {
    const uint64_t bytes = 32U * next();
    exchange_.set_content_length(bytes);
    if (!request_.head_sent) request_.declared = bytes;
  }
  // Of the file, at times past its end, which cuts the answer while it leaves.
  void write_file() {
    const size_t offset = size_t{200} * next();
    const size_t bytes = size_t{32} * next();
    exchange_.write_file(stage_.file, static_cast<off_t>(offset), bytes);
    if (!request_.declared.has_value()) return request_.note_cut();
    request_.note_flush();
    if (request_.answered || request_.bodiless()) return;
    if (request_.given.size() + bytes > *request_.declared) return request_.note_cut();
    request_.given += pattern('a', offset, bytes);
    if (offset + bytes > FuzzedStage::kFileBytes) request_.broken = true;
    // The connection may have ended already, which the handler is told later.
    if (exchange_.finished()) request_.note_cut();
  }
  void add_trailer() {
    TURBO_CHECK(exchange_.add_trailer("X-Trailer", "t").ok(), "a trailer was refused");
    ++request_.trailers;
  }
  void inform() {
    if (++informed_ > 50) return;
    const http::Field link{"Link", "</style>"};
    TURBO_CHECK(exchange_.send_informational(103, {&link, 1}).ok(), "103 was refused");
  }
  void add_filter() {
    if (request_.head_sent || request_.answered || request_.filters == 3) return;
    ++request_.filters;
    exchange_.add_output_filter(std::make_unique<MarkingFilter>(exchange_));
  }
  void clear() {
    if (next() % 2 == 0) {
      request_.pending.clear();
      return exchange_.clear_body();
    }
    exchange_.clear_response();
    if (request_.head_sent) return;
    request_.pending.clear();
    request_.declared.reset();
    request_.trailers = 0;
    request_.status = 200;
    mark();
  }
  void set_status() {
    static constexpr int kStatuses[] = {200, 204, 304, 404};
    const int status = kStatuses[next() % 4];
    if (request_.head_sent) return;
    exchange_.response().set_status(status);
    request_.status = status;
  }

  Exchange& exchange_;
  FuzzedRequest& request_;
  FuzzedStage& stage_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  TimerHandle timer_;
  size_t seen_ = 0;  // of the body
  bool calling_ = false;
  bool requested_ = false;
  bool held_ = false;
  bool timed_ = false;
  bool streams_ = false;
  bool reading_ = false;
  bool reads_on_ = false;
  bool ended_ = false;
  bool throws_ = false;
  int informed_ = 0;
};

}  // namespace turbo

#endif  // TURBO_TESTS_SERVER_FUZZED_HANDLER_H_
