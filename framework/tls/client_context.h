// ClientContext: whom a TLS client trusts and what it offers; immutable, shared by all loops.
//
//   auto context = tls::ClientContext::create({});   // the system's CAs, names verified
//
// Owner:   shared_ptr: whoever connects.
// Threads: any.
// Errors:  create(): kInvalidArgument with the file and the reason.
// Limits:  ClientOptions.
// Cost:    create() reads the CA store, a few milliseconds; a connection costs a reference.
#ifndef TURBO_TLS_CLIENT_CONTEXT_H_
#define TURBO_TLS_CLIENT_CONTEXT_H_

#include <memory>
#include <string_view>

#include "absl/status/statusor.h"
#include "framework/tls/engine.h"
#include "framework/tls/options.h"

namespace turbo::tls {

class ClientContext {
 public:
  static absl::StatusOr<std::shared_ptr<const ClientContext>> create(const ClientOptions& options);
  ClientContext(const ClientContext&) = delete;
  ClientContext& operator=(const ClientContext&) = delete;
  ~ClientContext();

  // For a connection to `server_name`: sent as SNI if it is a name, verified as a name or as an
  // address. Empty, with verification on: kInvalidArgument.
  absl::StatusOr<Engine> new_engine(std::string_view server_name) const;

 private:
  ClientContext(ssl_ctx_st* context, bool verify) : context_(context), verify_(verify) {}

  ssl_ctx_st* const context_;
  const bool verify_;
};

}  // namespace turbo::tls

#endif  // TURBO_TLS_CLIENT_CONTEXT_H_
