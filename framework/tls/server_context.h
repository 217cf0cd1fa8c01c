// ServerContext: certificates, policy and ticket keys of a TLS server, shared by all its loops.
//
//   auto context = tls::ServerContext::create(options);       // files are read and checked
//   absl::Status status = (*context)->reload();               // new files, same connections
//
// What it was made from never changes under a connection: each keeps the generation of certificates
// that it began with, and reload() puts a new one in place for those that come.
//
// Owner:   shared_ptr: servers and connections.
// Threads: any.
// Errors:  create() and reload(): kInvalidArgument with the file and the reason, kInternal if
//          OpenSSL lacks something. A reload that fails leaves the old certificates in use.
// Limits:  ServerOptions.
// Cost:    a lock for a moment per connection, none per byte.
#ifndef TURBO_TLS_SERVER_CONTEXT_H_
#define TURBO_TLS_SERVER_CONTEXT_H_

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "framework/tls/engine.h"
#include "framework/tls/file.h"
#include "framework/tls/options.h"

struct ssl_ctx_st;  // SSL_CTX

namespace turbo::tls {

class ServerContext {
 public:
  static absl::StatusOr<std::shared_ptr<ServerContext>> create(ServerOptions options);
  ServerContext(const ServerContext&) = delete;
  ServerContext& operator=(const ServerContext&) = delete;
  ~ServerContext();

  // Reads all files again, those of the ticket keys too. Blocks on the disk, so not for a loop's
  // thread.
  absl::Status reload();
  // The same if one of the files has changed (device, inode, size or time of change) since it was
  // last read, well or not: a bad file is complained of once. True: new certificates are in use.
  absl::StatusOr<bool> reload_if_changed();

  // For a connection that was accepted: waits for the ClientHello.
  Engine new_engine() const;

  const ServerOptions& options() const { return options_; }

 private:
  // The first certificate's SSL_CTX, which owns all that its connections need: the other
  // certificates', the table of names, the policy. Immutable.
  using Generation = std::shared_ptr<ssl_ctx_st>;

  explicit ServerContext(ServerOptions options);
  std::vector<FileStamp> stamps() const;
  absl::Status read_files();  // with reload_mutex_ held

  const ServerOptions options_;
  const std::vector<std::string> files_;
  std::mutex reload_mutex_;        // one reload at a time, or an older one could end last
  std::vector<FileStamp> stamps_;  // guarded by reload_mutex_; of files_, before they were read
  mutable std::mutex mutex_;
  Generation current_;  // guarded by mutex_
};

// For Session::misdirects(). Requires: the connection is of a ServerContext.
bool belongs_to_another_certificate(const ssl_st* connection, std::string_view host);

}  // namespace turbo::tls

#endif  // TURBO_TLS_SERVER_CONTEXT_H_
