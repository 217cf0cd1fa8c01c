#include "framework/tls/ssl_io_stream.h"

#include <utility>

#include "framework/tls/tls_transport.h"

namespace turbo {

namespace tls {

TransportWrapper client(std::shared_ptr<const ClientContext> context, ClientHandshake handshake) {
  return [context = std::move(context), handshake = std::move(handshake)](
             std::unique_ptr<Transport> inner, Buffer input, std::string_view peer) {
    const std::string_view name = handshake.server_name.empty() ? peer : handshake.server_name;
    return std::make_unique<TLSTransport>(
        std::move(inner), context->new_engine(name), std::move(input),
        TLSTransportOptions{.handshake_timeout = handshake.timeout});
  };
}

TransportWrapper server(std::shared_ptr<const ServerContext> context, ServerHandshake handshake) {
  return [context = std::move(context), handshake](std::unique_ptr<Transport> inner, Buffer input,
                                                   std::string_view) {
    return std::make_unique<TLSTransport>(
        std::move(inner), context->new_engine(), std::move(input),
        TLSTransportOptions{.handshake_timeout = handshake.timeout, .pacer = handshake.pacer});
  };
}

}  // namespace tls

SSLIOStream::SSLIOStream(int fd, std::shared_ptr<const tls::ClientContext> context,
                         tls::ClientHandshake handshake, IOLoop* loop, IOStreamOptions options)
    : IOStream(fd, tls::client(std::move(context), std::move(handshake)), loop, options) {}

SSLIOStream::SSLIOStream(int fd, std::shared_ptr<const tls::ServerContext> context,
                         tls::ServerHandshake handshake, IOLoop* loop, IOStreamOptions options)
    : IOStream(fd, tls::server(std::move(context), handshake), loop, options) {}

}  // namespace turbo
