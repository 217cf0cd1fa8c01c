// ServerNames: which of several certificates a client means by the name it asks for.
//
// Owner:   a server's context.
// Threads: find() any, once all are added.
// Errors:  none.
// Limits:  none: the names are our own certificates'.
// Cost:    find() two lookups, however many certificates there are.
#ifndef TURBO_TLS_SERVER_NAMES_H_
#define TURBO_TLS_SERVER_NAMES_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "framework/tls/openssl.h"

namespace turbo::tls {

class ServerNames {
 public:
  // The DNS names of `leaf`, or its common name if it has none, now belong to `number`, unless they
  // belong to one that was added before.
  void add(const X509* leaf, size_t number);

  // The lowest number that carries `name`, exactly or by a wildcard in the place of its first
  // label. In any case, with or without a dot at the end.
  std::optional<size_t> find(std::string_view name) const;

 private:
  using Numbers = absl::flat_hash_map<std::string, size_t>;

  Numbers exact_;
  Numbers wildcard_;  // by what follows "*."
};

}  // namespace turbo::tls

#endif  // TURBO_TLS_SERVER_NAMES_H_
