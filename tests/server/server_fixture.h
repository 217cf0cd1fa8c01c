// A server and its raw clients on one loop with a fake clock, for tests of the server and the rooms
// above.
#ifndef TURBO_TESTS_SERVER_SERVER_FIXTURE_H_
#define TURBO_TESTS_SERVER_SERVER_FIXTURE_H_

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "framework/net/io_stream.h"
#include "framework/server/http_server.h"
#include "framework/testing/fake_clock.h"

namespace turbo {

// Sends bytes as they are and keeps what comes back.
class RawClient {
 public:
  RawClient(IOLoop& loop, const Address& server, IOStreamOptions options = {},
            TransportWrapper wrap = nullptr)
      : stream_(-1, std::move(wrap), &loop, options) {
    stream_.connect(server, {}, [this](absl::Status status) { connected_ = std::move(status); });
  }

  // Over a transport that is connected.
  RawClient(IOLoop& loop, std::unique_ptr<Transport> connected)
      : stream_(std::move(connected), &loop), connected_(absl::OkStatus()) {}

  void send(std::string_view bytes) { stream_.write(bytes); }

  // Begins to take what the server sends; without it the client is a slow reader.
  void receive() {
    stream_.read_until_close([this](absl::StatusOr<Buffer>) { ended_ = true; },
                             [this](Buffer piece) { received_ += piece.to_string(); });
  }

  IOStream& stream() { return stream_; }
  // Of the connection; unknown until it has been made.
  const absl::Status& connected() const { return connected_; }
  const std::string& received() const { return received_; }
  bool ended() const { return ended_; }
  void forget_received() { received_.clear(); }

 private:
  IOStream stream_;
  absl::Status connected_ = absl::UnknownError("connecting");
  std::string received_;
  bool ended_ = false;
};

class ServerFixture : public ::testing::Test {
 protected:
  // Starts the server; `service` must outlive the fixture's use of it.
  void serve(Service& service, HTTPServerOptions options = {}, HTTPListenOptions port = {}) {
    server_ =
        std::make_unique<HTTPServer>(std::vector<IOLoop*>{&loop_}, service, std::move(options));
    absl::StatusOr<Address> bound = server_->listen(Address::loopback_ipv4(0), std::move(port));
    ASSERT_TRUE(bound.ok()) << bound.status().ToString();
    address_ = *bound;
  }

  std::unique_ptr<RawClient> connect() {
    auto client = std::make_unique<RawClient>(loop_, address_);
    client->receive();
    return client;
  }

  // Iterates until `done`, at most so often that a loopback connection would have delivered long
  // ago.
  template <class Done>
  bool run_until(Done done) {
    for (int i = 0; i < 20000 && !done(); ++i) loop_.run_once();
    return done();
  }

  // Iterates until nothing is going to happen any more by itself.
  void settle() {
    for (int i = 0; i < 1000; ++i) loop_.run_once();
  }

  // The whole of what a fresh client receives for `bytes`, up to the end of the connection or until
  // nothing more comes.
  std::string answer_to(std::string_view bytes) {
    std::unique_ptr<RawClient> client = connect();
    client->send(bytes);
    run_until([&] { return client->ended() || !client->received().empty(); });
    settle();
    return client->received();
  }

  // Advances the clock in steps a deadline check can see.
  void pass(Duration time) {
    for (Duration step = std::chrono::milliseconds(500); time > Duration::zero(); time -= step) {
      clock_.advance(step);
      for (int i = 0; i < 5; ++i) loop_.run_once();
    }
  }

  FakeClock clock_;
  IOLoop loop_{make_loop_options(clock_)};
  std::unique_ptr<HTTPServer> server_;
  Address address_;

 private:
  static IOLoopOptions make_loop_options(const Clock& clock) {
    IOLoopOptions options;
    options.clock = &clock;
    return options;
  }
};

inline constexpr std::string_view kGet = "GET /after HTTP/1.1\r\nHost: a\r\n\r\n";

// The head of a request whose body has so many bytes.
inline std::string post(size_t length, std::string_view fields = "") {
  return "POST /stream HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(length) + "\r\n" +
         std::string(fields) + "\r\n";
}

inline bool begins_with(std::string_view text, std::string_view prefix) {
  return text.substr(0, prefix.size()) == prefix;
}

inline bool ends_with(std::string_view text, std::string_view suffix) {
  return text.size() >= suffix.size() && text.substr(text.size() - suffix.size()) == suffix;
}

inline bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

inline size_t count_of(std::string_view text, std::string_view part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1))
    ++count;
  return count;
}

inline std::string repeat(std::string_view text, size_t count) {
  std::string out;
  out.reserve(text.size() * count);
  for (size_t i = 0; i < count; ++i) out += text;
  return out;
}

}  // namespace turbo

#endif  // TURBO_TESTS_SERVER_SERVER_FIXTURE_H_
