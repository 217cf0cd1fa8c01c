// Who sent a request, when proxies stand between: the client's address and scheme, as far as the
// proxies one trusts vouch for them.
//
//   TrustedProxies proxies{.networks = {*Network::parse("10.0.0.0/8")}};
//   const Client client = find_client(head.fields, peer, tls, proxies);
//   log(client.address.host(), client.scheme);
//
// Anybody can send these fields, so they count only as written by a trusted proxy. The lists are
// read from the right: the peer wrote the last element; if that names another trusted proxy, it
// wrote the one before; the first address that is not trusted is the client's, and nothing left of
// it is looked at. What cannot be read ends the walk at the last address that could.
//
// One field is read, the one the proxies are known to write: a proxy that adds to one passes the
// others on as the client made them up.
//
// Owner:   plain values.
// Threads: any.
// Errors:  none: in doubt it is the peer.
// Limits:  those of the head.
// Cost:    nothing but the comparison of networks unless the peer is trusted; then one pass over
//          the elements that trusted proxies wrote.
#ifndef TURBO_HTTP_FORWARDED_H_
#define TURBO_HTTP_FORWARDED_H_

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "framework/base/address.h"
#include "framework/base/cidr.h"
#include "framework/http/request_head.h"

namespace turbo::http {

enum class ForwardedField : uint8_t {
  kXForwardedFor,  // X-Forwarded-For, each proxy adds; X-Forwarded-Proto beside it
  kForwarded,      // Forwarded (RFC 7239), each proxy adds
  kXRealIP,        // X-Real-IP, the one proxy sets; X-Forwarded-Proto beside it
};

struct TrustedProxies {
  std::vector<Network> networks;
  bool unix_sockets = false;  // whoever connects over one
  ForwardedField field = ForwardedField::kXForwardedFor;

  bool contains(const Address& peer) const;
};

struct Client {
  Address address;          // the port is 0 if no proxy told it
  std::string_view scheme;  // "http" or "https", a literal
};

// `tls`: whether the peer's own connection is.
Client find_client(std::span<const Field> fields, const Address& peer, bool tls,
                   const TrustedProxies& proxies);

}  // namespace turbo::http

#endif  // TURBO_HTTP_FORWARDED_H_
