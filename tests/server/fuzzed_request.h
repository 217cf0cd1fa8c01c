// A request of a fuzzed client, and the model of its answer: what the handler did, so far as it
// decides what the client may see.
#ifndef TURBO_TESTS_SERVER_FUZZED_REQUEST_H_
#define TURBO_TESTS_SERVER_FUZZED_REQUEST_H_

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "framework/buffer/buffer.h"
#include "framework/compress/compressor.h"
#include "tests/server/choices.h"

namespace turbo {

// Bytes that tell where they stand, so that none can be lost or moved unseen.
inline std::string pattern(char first, size_t at, size_t bytes) {
  std::string out(bytes, first);
  for (size_t i = 0; i < bytes; ++i) out[i] = static_cast<char>(first + (at + i) % 26);
  return out;
}

struct FuzzedRequest {
  // ---- what the client sends ----
  int number = 0;  // from 1; its path says it
  bool is_head = false;
  std::string plain;  // the body, without its coding
  std::string body;   // as sent
  bool bad_coding = false;
  bool bad_framing = false;
  size_t end = 0;  // of its bytes among all the client sends

  // ---- what the handler gave ----
  bool dispatched = false;
  bool decompressed = false;
  std::optional<uint64_t> limit;  // of its body
  int status = 200;
  std::optional<uint64_t> declared;
  int filters = 0;
  std::string pending;  // written and not yet flushed
  std::string given;    // flushed
  bool head_sent = false;
  bool answered = false;   // nothing the handler writes counts any more
  bool broken = false;     // answered, but not with what was promised: cut
  bool page = false;       // a page of the server's, at the handler's wish
  bool anonymous = false;  // answered in on_head() by the server, which knows no number

  const std::string& body_seen() const { return decompressed ? plain : body; }
  bool bodiless() const { return is_head || status == 204 || status == 304; }
  bool whole() const { return answered && !broken; }
  // The server has to refuse it.
  bool refusable() const {
    const uint64_t bytes = decompressed ? std::max(plain.size(), body.size()) : body.size();
    return bad_framing || (bad_coding && decompressed) || bytes > limit.value_or(bytes);
  }

  void note_flush() {
    head_sent = true;
    given += std::exchange(pending, {});
    if (declared.has_value() && !bodiless() && given.size() > *declared) note_cut();
  }
  void note_cut() { answered = broken = true; }
};

// Composes the bytes of a request by the choices of the client.
class RequestWriter {
 public:
  // `body_bytes` bounds a body.
  RequestWriter(Choices& choices, size_t body_bytes) : choices_(choices), most_(body_bytes) {}

  std::string write(FuzzedRequest& request) {
    const uint8_t choice = choices_.front();
    const uint8_t special = choice >> 4;
    const bool old = special == kOld || special == kOldKeepAlive;
    const Method method = old && choice % 4 == kChunked ? kLength : static_cast<Method>(choice % 4);
    request.is_head = method == kHead;
    if (method == kLength || method == kChunked) make_body(request, (choice & 4) != 0, special);

    std::string out = special == kNewline ? "\r\n" : "";
    absl::StrAppend(&out, kNames[method], " /", request.number, old ? " HTTP/1.0" : " HTTP/1.1",
                    "\r\nHost: a\r\n", fields(special));
    if ((choice & 8) != 0) out += "Expect: 100-continue\r\n";
    if (coding_ != nullptr) absl::StrAppend(&out, "Content-Encoding: ", coding_, "\r\n");
    if (method == kLength) absl::StrAppend(&out, "Content-Length: ", request.body.size(), "\r\n");
    if (method == kChunked) out += "Transfer-Encoding: chunked\r\n";
    out += "\r\n";
    if (method == kLength) out += request.body;
    if (method == kChunked) write_chunks(request, special, out);
    return out;
  }

 private:
  enum Method : uint8_t { kGet, kLength, kChunked, kHead };
  enum Special : uint8_t {
    kCloses = 15,
    kOld = 14,
    kOldKeepAlive = 13,
    kNoChunk = 12,  // what should be a size is none
    kGarbage = 11,  // behind the coded body
    kHalfCoded = 10,
    kUnknownCoding = 9,
    kNewline = 8,
    kTrailer = 7,
  };
  static constexpr const char* kNames[] = {"GET", "POST", "POST", "HEAD"};

  static const char* fields(uint8_t special) {
    if (special == kCloses) return "Connection: close\r\n";
    return special == kOldKeepAlive ? "Connection: keep-alive\r\n" : "";
  }

  void make_body(FuzzedRequest& request, bool coded, uint8_t special) {
    const uint8_t size = choices_.front();
    const size_t bytes = size < 128 ? size : size_t{512} * (size - 127U);
    request.plain = pattern('a', static_cast<size_t>(request.number), std::min(bytes, most_));
    request.body = request.plain;
    if (special == kUnknownCoding) coding_ = "compress";
    if (special == kUnknownCoding || !coded) return;
    coding_ = "gzip";
    request.body = gzip(request.plain);
    request.bad_coding = special == kGarbage || special == kHalfCoded;
    if (special == kGarbage) request.body += 'x';
    if (special == kHalfCoded) request.body.resize(request.body.size() / 2);
  }

  static std::string gzip(std::string_view bytes) {
    Buffer out;
    std::unique_ptr<Compressor> compressor = Compressor::make(CompressionFormat::kGzip);
    compressor->add(bytes, out);
    compressor->finish(out);
    return out.to_string();
  }

  void write_chunks(FuzzedRequest& request, uint8_t special, std::string& out) {
    const size_t most = size_t{1} + choices_.front() * 64U;
    for (std::string_view rest = request.body; !rest.empty();) {
      const std::string_view chunk = rest.substr(0, most);
      absl::StrAppend(&out, absl::Hex(chunk.size()), "\r\n", std::string(chunk), "\r\n");
      rest.remove_prefix(chunk.size());
    }
    request.bad_framing = special == kNoChunk;
    if (special == kNoChunk) {
      out += "zz\r\n";
    } else {
      out += special == kTrailer ? "0\r\nX-Sum: 1\r\n\r\n" : "0\r\n\r\n";
    }
  }

  Choices& choices_;
  const size_t most_;
  const char* coding_ = nullptr;
};

}  // namespace turbo

#endif  // TURBO_TESTS_SERVER_FUZZED_REQUEST_H_
