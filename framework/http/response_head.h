// ResponseHead: the status and fields of a response under construction, and how they look on the
// wire.
//
// Owner:   the exchange; recycled with it.
// Threads: one loop.
// Errors:  set() and add() refuse names that are no tokens and values with control bytes but HTAB
//          (response splitting, HTTP-9), and the framing fields, which the server alone writes
//          (Content-Length, Transfer-Encoding, Connection): kInvalidArgument.
// Limits:  64 KiB of fields (kResourceExhausted).
// Cost:    fields are kept as the bytes that will be sent; serialising is a copy. No allocation
//          once warm.
#ifndef TURBO_HTTP_RESPONSE_HEAD_H_
#define TURBO_HTTP_RESPONSE_HEAD_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "framework/buffer/buffer.h"
#include "framework/http/request_head.h"

namespace turbo::http {

// How the end of the body is told to the peer (RFC 9112 6).
enum class BodyFraming : uint8_t {
  kLength,   // Content-Length
  kChunked,  // Transfer-Encoding: chunked
  kClose,    // until the connection ends: HTTP/1.0 clients
  kNone,     // no body and no field about it: 1xx, 204, 304
};

struct ResponseFraming {
  BodyFraming body = BodyFraming::kLength;
  uint64_t length = 0;
  // "Connection: close", or "Connection: keep-alive" for an HTTP/1.0 client that asked; empty: no
  // field.
  std::string_view connection;
  // The first lines (CommonLines), and how many bytes of them are the Server line; empty: none.
  std::string_view common;
  size_t server_bytes = 0;
};

class ResponseHead {
 public:
  int status() const { return status_; }
  // Requires: 100 <= status <= 999. An empty reason, or one that holds control bytes, stands for
  // the registered one.
  void set_status(int status, std::string_view reason = {});

  // Replaces all fields of that name.
  [[nodiscard]] absl::Status set(std::string_view name, std::string_view value);
  // Adds a field beside others of that name (Set-Cookie).
  [[nodiscard]] absl::Status add(std::string_view name, std::string_view value);
  // Adds all fields of `other`: what is the same in many answers is checked and laid out once.
  [[nodiscard]] absl::Status add(const ResponseHead& other);
  void remove(std::string_view name);
  std::optional<std::string_view> find(std::string_view name) const { return find(name, 0); }
  // The same behind the first `skipped` fields of that name.
  std::optional<std::string_view> find(std::string_view name, size_t skipped) const;

  // A field of the handler's stands for the server's own.
  bool has_date() const { return own_date_; }
  bool has_server() const { return own_server_; }

  // The fields in order, each until the next change.
  size_t field_count() const { return lines_.size(); }
  // Requires: i < field_count().
  Field field(size_t i) const { return {name_of(lines_[i]), value_of(lines_[i])}; }
  // All of them as HTTP/1 writes them, each line with its end.
  std::string_view field_lines() const { return {wire_.data(), wire_.size()}; }

  // Appends "HTTP/1.1 200 OK\r\n", server, date, fields, framing, the empty line and a copy of
  // `body`. A Server or Date among the fields stands for the framing's.
  void serialize(const ResponseFraming& framing, Buffer& out, std::string_view body = {}) const;

  // Back to 200 and no fields; keeps its memory.
  void restart();

 private:
  // Bytes that grow at the end and are not cleared before they are written, as a string's are.
  class Wire {
   public:
    const char* data() const { return bytes_.get(); }
    char* data() { return bytes_.get(); }
    size_t size() const { return size_; }
    // `bytes` more, to be written by the caller.
    char* extend(size_t bytes) {
      if (capacity_ - size_ < bytes) grow(bytes);
      return bytes_.get() + std::exchange(size_, size_ + bytes);
    }
    void erase(size_t begin, size_t bytes);
    void clear() { size_ = 0; }

   private:
    void grow(size_t bytes);

    std::unique_ptr<char[]> bytes_;
    size_t size_ = 0;
    size_t capacity_ = 0;
  };

  // One "name: value" CRLF in wire_.
  struct Line {
    uint32_t begin;
    uint32_t name_bytes;
    uint32_t bytes;  // CRLF included
  };

  absl::Status check(std::string_view name, std::string_view value) const;
  bool holds(std::string_view value) const;
  absl::Status append(std::string_view name, std::string_view value);
  std::string_view name_of(const Line& line) const {
    return {wire_.data() + line.begin, line.name_bytes};
  }
  std::string_view value_of(const Line& line) const {
    const size_t before = line.name_bytes + 2;
    return {wire_.data() + line.begin + before, line.bytes - before - 2};
  }
  char* put_first_lines(char* out, const ResponseFraming& framing) const;
  char* put_status_line(char* out) const;

  int status_ = 200;
  bool own_date_ = false;  // the handler's field stands for the server's
  bool own_server_ = false;
  std::string reason_;  // empty: the registered one
  Wire wire_;
  std::vector<Line> lines_;
};

// "OK" for 200, "" for codes nobody registered.
std::string_view reason_phrase(int status);

// Appends one chunk (RFC 9112 7.1) with `data` moved in; nothing for empty data, which would end
// the body.
void append_chunk(Buffer data, Buffer& out);
// Appends the last chunk and, behind it, trailer fields as field_lines() gives them.
void append_last_chunk(Buffer& out, std::string_view trailer_lines = {});

// False for what has to be known before the content (RFC 9110 6.5.1): framing, routing, conditions,
// authentication, cookies, cache control and the like, and what describes the content. Of Content-*
// only Content-Digest may follow it (RFC 9530).
bool may_be_trailer(std::string_view name);

}  // namespace turbo::http

#endif  // TURBO_HTTP_RESPONSE_HEAD_H_
