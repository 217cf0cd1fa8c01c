#include "framework/tls/session.h"

#include <openssl/ssl.h>

#include "framework/tls/server_context.h"

namespace turbo::tls {

namespace {

std::string_view view_of(const char* text) { return text != nullptr ? text : std::string_view(); }

}  // namespace

std::string_view Session::protocol() const {
  return established_ ? view_of(SSL_get_version(engine_.get())) : std::string_view();
}

std::string_view Session::cipher() const {
  return established_ ? view_of(SSL_get_cipher_name(engine_.get())) : std::string_view();
}

std::string_view Session::alpn() const {
  if (!established_) return {};
  const unsigned char* name = nullptr;
  unsigned bytes = 0;
  SSL_get0_alpn_selected(engine_.get(), &name, &bytes);
  return {reinterpret_cast<const char*>(name), bytes};
}

std::string_view Session::server_name() const {
  if (!established_) return {};
  return view_of(SSL_get_servername(engine_.get(), TLSEXT_NAMETYPE_host_name));
}

bool Session::misdirects(std::string_view host) const {
  const std::string_view asked = server_name();
  if (asked.empty() || SSL_is_server(engine_.get()) != 1 || host.empty()) return false;
  return host != asked && belongs_to_another_certificate(engine_.get(), host);
}

bool Session::resumed() const { return established_ && SSL_session_reused(engine_.get()) == 1; }

std::optional<PeerCertificate> Session::peer_certificate() const {
  if (!established_) return std::nullopt;
  return tls::peer_certificate(engine_.get());
}

const Session* session_of(const IOStream& stream) {
  return dynamic_cast<const Session*>(stream.transport());
}

}  // namespace turbo::tls
