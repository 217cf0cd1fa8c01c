// Connecting an IOStream.
//
// A stream with a descriptor tries addresses of its family, one after the other, on that
// descriptor. A stream without one lets a Connector or a HostConnector race them (RFC 8305) and
// adopts the socket that wins. The one deadline of it all is the ConnectAttempt's.
#include <algorithm>
#include <utility>

#include "framework/base/check.h"
#include "framework/base/status.h"
#include "framework/net/io_stream.h"
#include "framework/net/io_stream_parts.h"
#include "framework/net/socket.h"
#include "framework/net/socket_transport.h"

namespace turbo {

namespace {

Family family_for(int family) {
  if (family == AF_INET) return Family::kIPv4;
  return family == AF_INET6 ? Family::kIPv6 : Family::kAny;
}

}  // namespace

void IOStream::connect(std::string_view host, uint16_t port, ConnectCallback callback) {
  connect(host, port, ConnectOptions{}, std::move(callback));
}

void IOStream::connect(std::string_view host, uint16_t port, ConnectOptions options,
                       ConnectCallback callback) {
  if (transport_ != nullptr && options.family == AF_UNSPEC) {
    options.family = family_of(transport_->fd());
  }
  const Family family = family_for(options.family);
  if (!begin_connect(std::move(options), callback)) return;
  ConnectAttempt& attempt = *parts_->connect;
  attempt.peer = host;
  if (transport_ == nullptr) {
    HostConnectorOptions how;
    how.race.source = attempt.options.source;
    attempt.host_connector = std::make_unique<HostConnector>(
        loop_, host, port, family, std::move(how),
        [this](absl::StatusOr<UniqueFd> socket) { on_raced(std::move(socket)); });
    return;
  }
  attempt.resolver = std::make_unique<Resolver>(loop_, ResolverOptions{.deadline = std::nullopt});
  attempt.resolution = attempt.resolver->resolve(
      host, port, family, [this](absl::StatusOr<std::vector<Address>> addresses) {
        if (!addresses.ok()) return end(EndedBy::kError, addresses.status());
        connect_to(*std::move(addresses));
      });
}

void IOStream::connect(const Address& address, ConnectOptions options, ConnectCallback callback) {
  if (!begin_connect(std::move(options), callback)) return;
  parts_->connect->peer = address.host();
  connect_to({address});
}

// False if the stream cannot be connected any more; the callback has been told then.
bool IOStream::begin_connect(ConnectOptions options, ConnectCallback& callback) {
  loop_.check_here();
  TURBO_CHECK(callback, "connect needs a callback");
  if (phase_ == Phase::kClosed) {
    defer(std::move(callback), ended_status());
    return false;
  }
  const bool fresh = phase_ == Phase::kFresh || (phase_ == Phase::kOpen && connectable_);
  if (!fresh) {
    defer(std::move(callback),
          absl::FailedPreconditionError("the stream is connected or connecting already"));
    return false;
  }
  phase_ = Phase::kConnecting;
  connectable_ = false;
  const Duration deadline = options.deadline;
  parts().connect = std::make_unique<ConnectAttempt>(std::move(options), std::move(callback));
  parts_->connect->deadline = loop_.call_later(deadline, [this] {
    end(EndedBy::kError, absl::DeadlineExceededError("the connect deadline passed"));
  });
  return true;
}

void IOStream::connect_to(std::vector<Address> addresses) {
  ConnectAttempt& attempt = *parts_->connect;
  if (transport_ != nullptr) {
    attempt.addresses = std::move(addresses);
    return connect_next(absl::UnavailableError("no address to connect to"));
  }
  ConnectorOptions options;
  options.source = attempt.options.source;
  options.deadline = std::nullopt;
  attempt.connector = std::make_unique<Connector>(
      loop_, addresses, std::move(options),
      [this](absl::StatusOr<UniqueFd> socket) { on_raced(std::move(socket)); });
}

// `failure`: of the address before.
void IOStream::connect_next(absl::Status failure) {
  ConnectAttempt& attempt = *parts_->connect;
  const auto& source = attempt.options.source;
  while (attempt.next < attempt.addresses.size()) {
    const Address& peer = attempt.addresses[attempt.next++];
    failure = transport_->connect(peer, source.has_value() ? &*source : nullptr);
    if (failure.ok()) return set_interest();
  }
  end(EndedBy::kError, std::move(failure));
}

void IOStream::on_connect_event() {
  absl::Status result = transport_->connect_result();
  if (result.ok()) return open();
  // Of the poller, not of the address: the next one would fare no better.
  if (absl::IsResourceExhausted(result)) return end(EndedBy::kError, std::move(result));
  connect_next(std::move(result));
}

void IOStream::on_raced(absl::StatusOr<UniqueFd> socket) {
  if (!socket.ok()) return end(EndedBy::kError, socket.status());
  adopt(std::make_unique<SocketTransport>(*std::move(socket)));
  open();
}

// The transport is connected.
void IOStream::open() {
  if (parts_ != nullptr && parts_->wrap) {
    const std::string peer = parts_->connect != nullptr ? parts_->connect->peer : std::string();
    wrap_transport(std::exchange(parts_->wrap, nullptr), peer);
  }
  phase_ = Phase::kHandshaking;
  if (transport_->established()) [[likely]]
    return opened();
  set_interest();
}

// Bytes may move: what was started before begins.
void IOStream::opened() {
  phase_ = Phase::kOpen;
  if (parts_ != nullptr) {
    if (parts_->connect != nullptr) finish_connect(absl::OkStatus());
    finish_handshake(absl::OkStatus());
  }
  if (!output_.empty()) loop_.schedule(static_cast<Flushable&>(*this));
  if (fin_wanted_ && output_.empty()) send_fin();
  if (wants_input() && transport_->has_buffered_input()) receive();
  raise_interest();
}

// ---- handshakes ----

void IOStream::wrap_transport(TransportWrapper wrap, std::string_view peer) {
  transport_->watch(kNoEvents);
  watched_ = kNoEvents;
  adopt(wrap(std::move(transport_), std::move(input_), peer));
}

bool IOStream::is_idle() const {
  return phase_ == Phase::kOpen && !reading() && output_.empty() && !input_ended_ && !fin_wanted_ &&
         !close_when_drained_;
}

void IOStream::start_tls(TransportWrapper wrap, ConnectCallback callback) {
  loop_.check_here();
  TURBO_CHECK(wrap && callback, "start_tls needs a wrapper and a callback");
  if (phase_ == Phase::kClosed) return defer(std::move(callback), ended_status());
  if (!is_idle()) {
    return defer(std::move(callback),
                 absl::FailedPreconditionError(
                     "start_tls needs an open stream with nothing being read or written"));
  }
  wrap_transport(std::move(wrap), {});
  phase_ = Phase::kHandshaking;
  connectable_ = false;
  more_input_likely_ = false;
  parts().on_handshake.push_back(std::move(callback));
  set_interest();
}

std::unique_ptr<Transport> IOStream::release_transport() {
  loop_.check_here();
  if (!is_idle()) return nullptr;
  transport_->watch(kNoEvents);
  std::unique_ptr<Transport> transport = std::move(transport_);
  close();
  return transport;
}

void IOStream::wait_for_handshake(ConnectCallback callback) {
  loop_.check_here();
  TURBO_CHECK(callback, "wait_for_handshake needs a callback");
  switch (phase_) {
    case Phase::kFresh:
      return defer(std::move(callback),
                   absl::FailedPreconditionError("the stream is not connected"));
    case Phase::kConnecting:
    case Phase::kHandshaking:
      parts().on_handshake.push_back(std::move(callback));
      return;
    case Phase::kOpen:
      return defer(std::move(callback), absl::OkStatus());
    case Phase::kClosed:
      return defer(std::move(callback), ended_status());
  }
}

void IOStream::on_handshake_event() {
  if (transport_->established()) return opened();
  absl::Status result = transport_->connect_result();
  if (!result.ok()) end(EndedBy::kError, std::move(result));
}

void IOStream::finish_handshake(const absl::Status& result) {
  for (ConnectCallback& waiting : std::exchange(parts_->on_handshake, {})) {
    defer(std::move(waiting), result);
  }
}

// Tells whoever waits for the connection, and stops what is still under way for it.
void IOStream::finish_connect(absl::Status result) {
  ConnectAttempt& attempt = *parts_->connect;
  loop_.cancel(attempt.deadline);
  attempt.resolution.cancel();
  attempt.connector.reset();  // allowed inside its callback, as is the next line
  attempt.host_connector.reset();
  defer(std::move(attempt.callback), std::move(result));
  loop_.delete_later(std::move(parts_->connect));
}

void IOStream::withdraw_connect() {
  if (connecting()) close();
}

}  // namespace turbo
