// ScriptedServer: a gRPC server of sockets on the test's loop that does what a test wants, wrong
// things too. It frames with the session of framework/http2 and nothing of framework/rpc.
#ifndef TURBO_TESTS_RPC_SCRIPTED_SERVER_H_
#define TURBO_TESTS_RPC_SCRIPTED_SERVER_H_

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "framework/http2/session.h"
#include "framework/net/io_stream.h"
#include "framework/net/tcp_server.h"
#include "framework/tls/ssl_io_stream.h"

namespace turbo::rpc {

// A message with its prefix.
inline std::string framed(std::string_view message, char flag = 0) {
  std::string text(1, flag);
  for (int shift = 24; shift >= 0; shift -= 8) {
    text.push_back(static_cast<char>(message.size() >> shift));
  }
  return text + std::string(message);
}

using HeadFields = std::vector<http::Field>;
inline const HeadFields kGRPC = {{"content-type", "application/grpc"}};

class ScriptedConnection;

// One call as the server sees it.
class ScriptedCall final : public http2::Stream {
 public:
  explicit ScriptedCall(ScriptedConnection& connection) : connection(connection) {}

  ScriptedConnection& connection;
  std::string path;
  std::string received;  // of the body
  bool request_ended = false;
  std::string closed;  // "NO_ERROR", "CANCEL by peer"
  bool consumes = true;
  size_t unconsumed = 0;

  // All that came, and what comes.
  void take();

  std::string field(std::string_view name) const {
    for (const http::Field& field : head().fields) {
      if (field.name == name) return std::string(field.value);
    }
    return "";
  }

  // ---- answers ----
  void begin(const HeadFields& fields = kGRPC, int status = 200);
  void send(std::string_view bytes);
  void finish(HeadFields trailers);
  void finish(std::string_view status) { finish({{"grpc-status", status}}); }
  void reply(std::string_view message) {
    begin();
    send(framed(message));
    finish("0");
  }
  // The status is all.
  void refuse(const HeadFields& fields, int status = 200);
  void refuse(std::string_view status) {
    refuse({{"content-type", "application/grpc"}, {"grpc-status", status}});
  }
  void reset(http2::ErrorCode why);

 private:
  void on_head(bool) override { path = head().path; }
  void on_data(Buffer piece) override;
  void on_end(std::span<const http::Field>) override;
  void on_closed(http2::ErrorCode why, bool by_peer) override {
    closed = std::string(http2::error_name(why)) + (by_peer ? " by peer" : "");
  }
  Ready body_ready() override { return {to_send_.size(), ends_}; }
  bool take_body(size_t bytes, Buffer& out) override {
    out.append(std::string_view(to_send_).substr(0, bytes));
    to_send_.erase(0, bytes);
    return true;
  }
  std::span<const http::Field> trailers_to_send() override { return trailers_; }

  std::string to_send_;
  bool ends_ = false;
  HeadFields trailers_;
  std::vector<std::unique_ptr<std::string>> texts_;
};

class ScriptedServer {
 public:
  explicit ScriptedServer(IOLoop& loop, http2::SessionOptions options = {},
                          Address address = Address::loopback_ipv4(0),
                          std::shared_ptr<const tls::ServerContext> tls = nullptr);

  // A call's request has come whole.
  std::function<void(ScriptedCall&)> on_call = [](ScriptedCall& call) { call.reply(""); };
  // A piece of it has.
  std::function<void(ScriptedCall&)> on_piece = [](ScriptedCall&) {};
  // What is sent instead of HTTP/2.
  std::string raw;

  const Address& address() const { return address_; }
  std::string target() const { return "ipv4:" + address_.to_string(); }
  // All there ever were.
  std::vector<std::unique_ptr<ScriptedConnection>>& connections() { return connections_; }
  size_t calls() const;
  ScriptedCall& call(size_t index) const;

 private:
  friend class ScriptedCall;
  friend class ScriptedConnection;

  IOLoop& loop_;
  const http2::SessionOptions options_;
  std::vector<std::unique_ptr<ScriptedConnection>> connections_;
  std::vector<std::unique_ptr<ScriptedCall>> calls_;
  Address address_;
  std::unique_ptr<TCPServer> server_;
};

class ScriptedConnection final : private InputHandler, private http2::SessionHandler {
 public:
  ScriptedConnection(ScriptedServer& server, std::unique_ptr<IOStream> stream)
      : server(server), stream(std::move(stream)) {
    if (!server.raw.empty()) {
      this->stream->write(server.raw);
    } else {
      session = http2::make_server_session(*this, server.options_);
      say();
    }
    this->stream->read_some(*this);
  }
  ~ScriptedConnection() { session.reset(); }

  ScriptedServer& server;
  std::unique_ptr<IOStream> stream;
  std::unique_ptr<http2::Session> session;

  void say() {
    if (receiving_ || stream->closed() || session == nullptr) return;
    Buffer out;
    session->send(out, SIZE_MAX / 2);
    if (!out.empty()) stream->write(std::move(out));
  }
  size_t pings = 0;

  void go_away(http2::ErrorCode why = http2::ErrorCode::kNoError) {
    session->go_away(why);
    say();
  }
  void drop() { stream->close(); }

 private:
  void on_input(Buffer data) override {
    if (session != nullptr) {
      receiving_ = true;
      session->receive(std::move(data), stream->loop().time());
      receiving_ = false;
      say();
    }
    stream->read_some(*this);
  }
  void on_input_end(absl::Status) override { stream->close(); }
  void on_ping() override { ++pings; }
  http2::Stream* on_stream() override {
    return server.calls_.emplace_back(std::make_unique<ScriptedCall>(*this)).get();
  }

  bool receiving_ = false;
};

inline ScriptedServer::ScriptedServer(IOLoop& loop, http2::SessionOptions options, Address address,
                                      std::shared_ptr<const tls::ServerContext> tls)
    : loop_(loop), options_(options) {
  server_ = std::make_unique<TCPServer>(loop_, [this, tls](AcceptedConnection accepted) {
    const int fd = accepted.socket.release();
    auto stream = tls == nullptr ? std::make_unique<IOStream>(fd, &loop_)
                                 : std::make_unique<IOStream>(fd, tls::server(tls), &loop_);
    stream->set_nodelay(true);
    connections_.push_back(std::make_unique<ScriptedConnection>(*this, std::move(stream)));
  });
  address_ = server_->listen(address).value();
}

inline size_t ScriptedServer::calls() const { return calls_.size(); }
inline ScriptedCall& ScriptedServer::call(size_t index) const { return *calls_.at(index); }

inline void ScriptedCall::begin(const HeadFields& fields, int status) {
  connection.session->respond(*this, status, fields, http2::Body::kFollows);
  connection.say();
}
inline void ScriptedCall::send(std::string_view bytes) {
  to_send_ += bytes;
  connection.session->resume(*this);
  connection.say();
}
inline void ScriptedCall::finish(HeadFields trailers) {
  for (http::Field& field : trailers) {
    texts_.push_back(std::make_unique<std::string>(field.value));
    field.value = *texts_.back();
  }
  trailers_ = std::move(trailers);
  ends_ = true;
  connection.session->resume(*this);
  connection.say();
}
inline void ScriptedCall::refuse(const HeadFields& fields, int status) {
  connection.session->respond(*this, status, fields, http2::Body::kNone);
  connection.say();
}
inline void ScriptedCall::reset(http2::ErrorCode why) {
  connection.session->reset(*this, why);
  connection.say();
}
inline void ScriptedCall::on_data(Buffer piece) {
  received += piece.to_string();
  if (consumes) {
    connection.session->consume(*this, piece.size());
  } else {
    unconsumed += piece.size();
  }
  connection.server.on_piece(*this);
}
inline void ScriptedCall::take() {
  consumes = true;
  connection.session->consume(*this, std::exchange(unconsumed, 0));
  connection.say();
}
inline void ScriptedCall::on_end(std::span<const http::Field>) {
  request_ended = true;
  connection.server.on_call(*this);
}

}  // namespace turbo::rpc

#endif  // TURBO_TESTS_RPC_SCRIPTED_SERVER_H_
