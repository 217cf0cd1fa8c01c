// Handlers that do things at the wrong moment, and clients that leave at one.
#include <dirent.h>
#include <sys/socket.h>

#include <cstdio>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "framework/base/log.h"
#include "framework/compress/compressor.h"
#include "framework/server/http_server.h"
#include "tests/server/lambda_service.h"
#include "tests/server/server_fixture.h"

namespace turbo {
namespace {

using std::chrono::seconds;

constexpr size_t kLarge = 20 << 20;  // more than the sockets hold

struct Dropped final : ExchangeAttachment {
  explicit Dropped(bool* told) : told(told) {}
  ~Dropped() override { *told = true; }
  bool* told;
};

std::string gzip(size_t zeros) {
  Buffer out;
  std::unique_ptr<Compressor> compressor = Compressor::make(CompressionFormat::kGzip);
  compressor->add(std::string(zeros, '0'), out);
  compressor->finish(out);
  return out.to_string();
}

size_t open_descriptors() {
  size_t count = 0;
  DIR* folder = ::opendir("/proc/self/fd");
  while (::readdir(folder) != nullptr) ++count;
  ::closedir(folder);
  return count;
}

void answer(Exchange& exchange, std::string text) {
  exchange.write(Buffer::from_string(std::move(text)));
  exchange.finish();
  exchange.release();
}

class ExchangeLifeTest : public ServerFixture {
 protected:
  ExchangeLifeTest() {
    set_log_sink([](LogLevel, std::string_view) {});
  }
  ~ExchangeLifeTest() override {
    server_.reset();
    set_log_sink(nullptr);
  }

  // Keeps every exchange for the test to answer.
  std::vector<Exchange*> held_;
  std::function<void(Exchange&)> meanwhile_ = [](Exchange&) {};
  LambdaService holding_{[this](Exchange& exchange) {
    exchange.hold();
    held_.push_back(&exchange);
    meanwhile_(exchange);
  }};
};

// ---- the rest of a pipeline while a watched answer drains ----

TEST_F(ExchangeLifeTest, client_ends_while_the_answer_before_its_next_request_drains) {
  meanwhile_ = [](Exchange& exchange) { exchange.on_peer_shut([] {}); };
  serve(holding_);
  auto client = std::make_unique<RawClient>(loop_, address_);
  client->send(repeat(kGet, 2));
  ASSERT_TRUE(run_until([&] { return held_.size() == 1; }));
  settle();
  answer(*held_[0], std::string(kLarge, 'x'));
  settle();
  client->stream().shutdown_write();
  settle();
  client->receive();
  ASSERT_TRUE(run_until([&] { return held_.size() == 2; }));
  answer(*held_[1], "second");
  ASSERT_TRUE(run_until([&] { return client->ended(); }));
  EXPECT_TRUE(ends_with(client->received(), "second"));
}

TEST_F(ExchangeLifeTest, client_pipelines_more_while_an_answer_drains) {
  meanwhile_ = [this](Exchange& exchange) {
    if (held_.size() == 1) exchange.on_peer_shut([] {});
  };
  HTTPServerOptions options;
  options.output_high_bytes = 9 << 20;
  serve(holding_, options);
  auto client = std::make_unique<RawClient>(loop_, address_);
  client->send(repeat(kGet, 2));
  ASSERT_TRUE(run_until([&] { return held_.size() == 1; }));
  settle();
  answer(*held_[0], std::string(kLarge, 'x'));
  settle();
  EXPECT_EQ(held_.size(), 1u);
  bool taken = false;  // so much that less than the mark waits
  client->stream().read_bytes(13 << 20, [&](absl::StatusOr<Buffer>) { taken = true; });
  ASSERT_TRUE(run_until([&] { return taken; }));
  client->send(kGet);
  settle();
  client->receive();
  ASSERT_TRUE(run_until([&] { return held_.size() == 2; }));
  settle();
  EXPECT_EQ(held_.size(), 2u) << "one at a time, each once";
  answer(*held_[1], "second");
  ASSERT_TRUE(run_until([&] { return held_.size() == 3; }));
  answer(*held_[2], "third");
  ASSERT_TRUE(run_until([&] { return ends_with(client->received(), "third"); }));
}

// ---- between two turns ----

TEST_F(ExchangeLifeTest, handler_ends_while_its_body_is_decompressed_in_turns) {
  std::function<void()> read;
  Exchange* held = nullptr;
  LambdaService service(
      [&](Exchange& exchange) {
        held = &exchange;
        exchange.hold();
        exchange.on_peer_shut([&] { answer(*held, "enough"); });
      },
      [](Exchange& exchange) {
        exchange.stream_body();
        exchange.decompress_body();
      });
  read = [&] {
    held->read_body([&](absl::StatusOr<Buffer> piece) {
      if (!piece->empty()) read();
    });
  };
  serve(service);
  auto client = connect();
  const std::string body = gzip(12 << 20);
  client->send(post(body.size(), "Content-Encoding: gzip\r\n") + body);
  ASSERT_TRUE(run_until([&] { return held != nullptr; }));
  settle();
  read();
  client->stream().shutdown_write();
  ASSERT_TRUE(run_until([&] { return client->ended(); }));
  EXPECT_EQ(count_of(client->received(), "HTTP/1.1 "), 1u);
}

TEST_F(ExchangeLifeTest, server_goes_between_the_turns_of_a_pipeline) {
  LambdaService service([](Exchange& exchange) { exchange.finish(); });
  HTTPServerOptions options;
  options.max_pipelined_requests = 2;
  serve(service, options);
  auto client = connect();
  settle();
  client->send(repeat(kGet, 300));
  ASSERT_TRUE(run_until([&] { return server_->counters().requests >= 4; }));
  ASSERT_LT(server_->counters().requests, 300u);
  server_.reset();
  ASSERT_TRUE(run_until([&] { return client->ended(); }));
}

// ---- callbacks that throw ----

TEST_F(ExchangeLifeTest, callbacks_that_throw_end_no_loop_and_no_connection_of_others) {
  std::vector<std::function<void(Exchange&)>> throwing = {
      [](Exchange& exchange) {
        exchange.read_body([](absl::StatusOr<Buffer>) { throw std::runtime_error("body"); });
      },
      [](Exchange& exchange) {
        exchange.when_output_left([] { throw std::runtime_error("output"); });
      },
  };
  for (auto& meanwhile : throwing) {
    held_.clear();
    meanwhile_ = meanwhile;
    serve(holding_);
    auto client = connect();
    client->send(kGet);
    ASSERT_TRUE(run_until([&] { return !client->received().empty(); }));
    EXPECT_TRUE(begins_with(client->received(), "HTTP/1.1 500 "));
    held_[0]->release();
    client->send(kGet);
    ASSERT_TRUE(run_until([&] { return held_.size() == 2; }));
    held_[1]->release();
    server_.reset();
  }
}

TEST_F(ExchangeLifeTest, callback_that_throws_when_the_client_goes_does_not_keep_the_connection) {
  meanwhile_ = [](Exchange& exchange) {
    exchange.on_peer_shut([] { throw std::runtime_error("gone"); });
  };
  serve(holding_);
  auto client = connect();
  client->send(kGet);
  ASSERT_TRUE(run_until([&] { return held_.size() == 1; }));
  settle();
  struct linger reset {
    1, 0
  };
  ::setsockopt(client->stream().transport()->fd(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  client.reset();
  ASSERT_TRUE(run_until([&] { return server_->connections() == 0; }));
}

// ---- after the answer ----

TEST_F(ExchangeLifeTest, handler_reads_the_body_to_its_end_behind_its_answer) {
  std::string got;
  bool ended = false;
  Exchange* held = nullptr;
  LambdaService service(
      [&](Exchange& exchange) {
        held = &exchange;
        exchange.hold();
        exchange.response().set_status(202);
        exchange.finish();
      },
      [](Exchange& exchange) { exchange.stream_body(); });
  serve(service);
  auto client = connect();
  client->send(post(10) + "abc");
  ASSERT_TRUE(run_until([&] { return held != nullptr && !client->received().empty(); }));
  std::function<void()> read = [&] {
    held->read_body([&](absl::StatusOr<Buffer> piece) {
      got += piece->to_string();
      ended = piece->empty();
      if (!ended) read();
    });
  };
  read();
  ASSERT_TRUE(run_until([&] { return got == "abc"; }));
  client->send("defghij");
  ASSERT_TRUE(run_until([&] { return ended; }));
  EXPECT_EQ(got, "abcdefghij");
  held->release();
}

TEST_F(ExchangeLifeTest, handler_may_work_on_behind_its_answer_for_as_long_as_it_likes) {
  bool gone = false;
  meanwhile_ = [&](Exchange& exchange) { exchange.attach(std::make_unique<Dropped>(&gone)); };
  HTTPServerOptions options;
  options.handler_timeout = seconds(20);
  serve(holding_, options);
  auto client = connect();
  client->send(kGet);
  ASSERT_TRUE(run_until([&] { return held_.size() == 1; }));
  held_[0]->finish();
  pass(seconds(100));
  EXPECT_FALSE(gone);
  EXPECT_EQ(server_->counters().timeouts, 0u);
  held_[0]->release();
  settle();
  EXPECT_TRUE(gone);
}

TEST_F(ExchangeLifeTest, output_left_is_told_of_all_that_was_written_before) {
  serve(holding_);
  auto client = std::make_unique<RawClient>(loop_, address_);
  client->send(kGet);
  ASSERT_TRUE(run_until([&] { return held_.size() == 1; }));
  held_[0]->when_output_left([] {});  // nothing waits: told soon
  held_[0]->write(Buffer::copy_of(std::string(kLarge, 'x')));
  held_[0]->flush();
  bool left = false;
  held_[0]->when_output_left([&] { left = true; });
  settle();
  EXPECT_FALSE(left);
  client->receive();
  EXPECT_TRUE(run_until([&] { return left; }));
}

TEST_F(ExchangeLifeTest, file_without_a_declared_length_cuts_only_its_connection) {
  meanwhile_ = [](Exchange& exchange) {
    exchange.flush();
    exchange.set_content_length(3);
    exchange.write_file(0, 0, 3);
    exchange.release();
  };
  serve(holding_);
  auto client = connect();
  client->send(kGet);
  ASSERT_TRUE(run_until([&] { return client->ended(); }));
  EXPECT_FALSE(contains(client->received(), "0\r\n\r\n"));
}

// ---- limits ----

TEST_F(ExchangeLifeTest, pipeline_of_files_that_nobody_takes_holds_few_descriptors) {
  std::unique_ptr<FILE, int (*)(FILE*)> file(std::tmpfile(), &std::fclose);
  std::fputs("0123456789", file.get());
  std::fflush(file.get());
  LambdaService service([&](Exchange& exchange) {
    exchange.set_content_length(1);
    exchange.write_file(::fileno(file.get()), 3, 1);
    exchange.finish();
  });
  serve(service);
  const size_t before = open_descriptors();
  auto client = std::make_unique<RawClient>(loop_, address_);
  for (int i = 0; i < 40; ++i) {
    client->send(repeat(kGet, 1000));
    settle();
  }
  EXPECT_LT(open_descriptors(), before + 40);
}

TEST_F(ExchangeLifeTest, bodies_of_a_pipeline_have_their_own_times) {
  LambdaService service([](Exchange& exchange) { exchange.finish(); });
  serve(service);
  auto client = connect();
  client->send(post(3) + "a");
  pass(seconds(28));
  client->send("bc" + post(3) + "a");
  pass(seconds(6));
  EXPECT_FALSE(contains(client->received(), "408"));
  client->send("bc");
  ASSERT_TRUE(run_until([&] { return count_of(client->received(), "200 OK") == 2; }));
}

TEST_F(ExchangeLifeTest, bodies_that_are_dropped_count_each_for_itself) {
  LambdaService service([](Exchange&) {},
                        [](Exchange& exchange) {
                          exchange.response().set_status(403);
                          exchange.finish();
                        });
  HTTPServerOptions options;
  options.linger_bytes = 1000;
  serve(service, options);
  auto client = connect();
  for (int i = 0; i < 3; ++i) {
    client->send(post(600) + std::string(600, 'x'));
    settle();
    EXPECT_FALSE(client->ended()) << i;
  }
}

TEST_F(ExchangeLifeTest, connections_may_be_of_any_age) {
  LambdaService service([](Exchange& exchange) { exchange.finish(); });
  for (Duration age : {Duration::zero(), Duration::max()}) {
    HTTPServerOptions options;
    options.max_connection_age = age;
    serve(service, options);
    auto client = connect();
    for (int i = 0; i < 3; ++i) {
      client->send(kGet);
      pass(seconds(2));
    }
    EXPECT_FALSE(contains(client->received(), "Connection: close"));
    server_.reset();
  }
}

}  // namespace
}  // namespace turbo
