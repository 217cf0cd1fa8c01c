// A dispatcher for fuzzed connections: every answer says which request it is to, and whether that
// was HEAD. Paths choose what the handler does.
#ifndef TURBO_TESTS_SERVER_NUMBERING_DISPATCHER_H_
#define TURBO_TESTS_SERVER_NUMBERING_DISPATCHER_H_

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "framework/base/check.h"
#include "framework/loop/io_loop.h"
#include "framework/server/dispatcher.h"

namespace turbo {

class NumberingDispatcher final : public Dispatcher {
 public:
  // Of the answer to /large.
  static constexpr size_t kLargeBytes = 100'000;

  explicit NumberingDispatcher(IOLoop& loop) : loop_(loop) {}

  void on_head(Exchange& exchange) override {
    given_.push_back(0);
    number(exchange);
    exchange.attach(std::make_unique<Visit>(*this, exchange));
    if (exchange.head().path == "/refused") exchange.finish();
    if (exchange.head().path == "/stream") exchange.stream_body();
  }

  void on_request(Exchange& exchange) override {
    std::string_view path = exchange.head().path;
    Visit& visit = *static_cast<Visit*>(exchange.attachment());
    if (path == "/later") return visit.answer_later();
    if (path == "/stream") return visit.echo();
    if (path == "/chunks") {
      visit.write("some");
      exchange.flush();
      exchange.flush();
    }
    if (path == "/broken") {
      visit.write("half");
      exchange.flush();
      cut_ = true;
      return exchange.send_error(500);
    }
    if (path == "/204") exchange.response().set_status(204);
    if (path == "/large") visit.write(std::string(kLargeBytes, 'l'));
    if (path == "/trailers") {
      TURBO_CHECK(exchange.add_trailer("X-Trailer", "t").ok(), "a trailer was refused");
    }
    visit.write(std::move(exchange.body()));
    exchange.finish();
  }

  int requests() const { return static_cast<int>(given_.size()); }
  // So many bytes were given to the answer of this number, from 1.
  uint64_t given(int number) const { return given_[static_cast<size_t>(number) - 1]; }
  uint64_t given_to_all() const { return given_to_all_; }
  // An answer was given up halfway.
  bool cut() const { return cut_; }
  // Exchanges that have begun and were not recycled.
  int visits() const { return visits_; }

 private:
  // What stands for an exchange, as long as it is in use.
  class Visit final : public ExchangeAttachment {
   public:
    Visit(NumberingDispatcher& owner, Exchange& exchange)
        : owner_(owner), exchange_(exchange), number_(owner.requests()) {
      ++owner_.visits_;
    }
    ~Visit() override {
      owner_.loop_.cancel(timer_);
      --owner_.visits_;
    }

    void write(std::string_view bytes) {
      note(bytes.size());
      exchange_.write(bytes);
    }
    void write(Buffer bytes) {
      note(bytes.size());
      exchange_.write(std::move(bytes));
    }

    // In a later iteration, and not at all if the client has gone.
    void answer_later() {
      exchange_.hold();
      timer_ = owner_.loop_.call_later(std::chrono::milliseconds(1), [this] {
        write("late");
        finish();
      });
    }

    // Piece by piece, each when the one before has left.
    void echo() {
      exchange_.hold();
      read();
    }

   private:
    void note(size_t bytes) {
      owner_.given_[static_cast<size_t>(number_) - 1] += bytes;
      owner_.given_to_all_ += bytes;
    }
    void finish() {
      exchange_.finish();
      exchange_.release();
    }
    void read() {
      exchange_.read_body([this](absl::StatusOr<Buffer> piece) {
        TURBO_CHECK(piece.ok(), "a piece is always OK");
        if (piece->empty()) return finish();
        write(*std::move(piece));
        exchange_.flush();
        exchange_.when_output_left([this] { read(); });
      });
    }

    NumberingDispatcher& owner_;
    Exchange& exchange_;
    const int number_;
    TimerHandle timer_;
  };

  void number(Exchange& exchange) {
    auto set = [&exchange](std::string_view name, std::string_view value) {
      TURBO_CHECK(exchange.response().set(name, value).ok(), "a field was refused");
    };
    set("X-Number", std::to_string(requests()));
    if (exchange.head().method == http::Method::kHead) set("X-Head", "1");
  }

  IOLoop& loop_;
  std::vector<uint64_t> given_;
  uint64_t given_to_all_ = 0;
  int visits_ = 0;
  bool cut_ = false;
};

class NumberingService final : public Service {
 public:
  std::unique_ptr<Dispatcher> make_dispatcher(IOLoop& loop) override {
    auto dispatcher = std::make_unique<NumberingDispatcher>(loop);
    made_ = dispatcher.get();
    return dispatcher;
  }
  const NumberingDispatcher& made() const { return *made_; }

 private:
  NumberingDispatcher* made_ = nullptr;
};

}  // namespace turbo

#endif  // TURBO_TESTS_SERVER_NUMBERING_DISPATCHER_H_
