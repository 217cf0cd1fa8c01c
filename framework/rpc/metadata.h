// Metadata: what a call says besides its messages: names with texts or bytes.
//
//   context.trailing_metadata().add("retry-pushback-ms", "250");   // kInvalidArgument if malformed
//   context.trailing_metadata().add("trace-bin", bytes);
//   for (const Metadata::Entry& entry : context.metadata()) ...
//
// Keys are lower case (add() makes them so) of [0-9a-z_.-]; one that ends in "-bin" has bytes of
// any kind, base64 on the wire, and bytes here; any other has printable ASCII without blanks at its
// ends. Keys that begin with "grpc-" or are a field of HTTP's own (content-type, te, ...) are
// gRPC's and refused. A peer's user-agent is shown, ours is not set here.
//
// Owner:   the call's context; an entry's views are valid until clear(). Moves, is not copied.
// Threads: one.
// Errors:  add(): kInvalidArgument. What a peer sent malformed is left out (decode()).
// Limits:  those of the HTTP/2 head that carries it: HeadLimits. Of a "-bin" field each comma makes
//          an entry of 32 bytes.
// Cost:    received metadata is decoded when it is first asked for: one copy, one allocation for
//          all texts and one for the entries.
// Source:  gRPC over HTTP/2, "Custom-Metadata".
#ifndef TURBO_RPC_METADATA_H_
#define TURBO_RPC_METADATA_H_

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "framework/http/request_head.h"

namespace turbo::rpc {

class Metadata {
 public:
  struct Entry {
    std::string_view key;
    std::string_view value;
  };

  [[nodiscard]] absl::Status add(std::string_view key, std::string_view value);

  // The first of that name, which is in lower case.
  std::optional<std::string_view> find(std::string_view key) const;

  bool empty() const { return entries_.empty(); }
  size_t size() const { return entries_.size(); }
  // On the wire, as heads are counted: 32 more for each (RFC 9113 6.5.2).
  size_t head_bytes() const;
  void clear() {
    entries_.clear();
    texts_.clear();
  }
  auto begin() const { return entries_.begin(); }
  auto end() const { return entries_.end(); }

  // ---- the wire ----
  // Adds what of `fields` is metadata: a "-bin" field may hold several values, split at commas,
  // padded or not.
  void decode(std::span<const http::Field> fields);
  // Calls `visit(name, value)` for each as it goes on the wire, "-bin" in base64 without padding.
  // The views are valid during the call.
  template <class Visit>
  void encode(Visit visit) const;

 private:
  void decode_binaries(std::string_view key, std::string_view values, char*& room);

  std::vector<Entry> entries_;
  std::vector<std::unique_ptr<char[]>> texts_;  // what the entries view
};

// ---- fields of bytes ----

inline bool is_binary(std::string_view key) { return key.ends_with("-bin"); }
// base64 without padding.
std::string encode_binary(std::string_view bytes);
// With padding or without; nothing: it is no base64.
std::optional<std::string> decode_binary(std::string_view text);

template <class Visit>
void Metadata::encode(Visit visit) const {
  for (const Entry& entry : entries_) {
    if (is_binary(entry.key)) {
      visit(entry.key, std::string_view(encode_binary(entry.value)));
    } else {
      visit(entry.key, entry.value);
    }
  }
}

}  // namespace turbo::rpc

#endif  // TURBO_RPC_METADATA_H_
