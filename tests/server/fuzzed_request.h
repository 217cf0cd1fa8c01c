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
  bool answered = false;  // nothing the handler writes counts any more
  bool broken = false;    // answered, but not with what was promised: cut
  bool page = false;      // a page of the server's, at the handler's wish
  int anonymous = 0;      // the status of an answer by the server, which knows no number
  int trailers = 0;

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
  // The server answers in the handler's place.
  void note_page(int page_status) {
    answered = true;
    anonymous = page_status;
  }
};

// Composes requests by the choices of the client.
class RequestComposer {
 public:
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

  // `body_bytes` bounds a body.
  RequestComposer(Choices& choices, size_t body_bytes) : choices_(choices), most_(body_bytes) {}

  // All but how it is framed.
  void compose(FuzzedRequest& request) {
    const uint8_t choice = choices_.front();
    special_ = choice >> 4;
    method_ = static_cast<Method>(choice % 4);
    if (is_old() && method_ == kChunked) method_ = kLength;
    request.is_head = method_ == kHead;
    expects_ = (choice & 8) != 0;
    if (has_body()) make_body(request, (choice & 4) != 0);
  }

  Method method() const { return method_; }
  const char* name() const { return kNames[method_]; }
  bool has_body() const { return method_ == kLength || method_ == kChunked; }
  uint8_t special() const { return special_; }
  bool is_old() const { return special_ == kOld || special_ == kOldKeepAlive; }
  bool expects() const { return expects_; }
  const char* coding() const { return coding_; }  // null: none

 private:
  void make_body(FuzzedRequest& request, bool coded) {
    const uint8_t size = choices_.front();
    const size_t bytes = size < 128 ? size : size_t{512} * (size - 127U);
    request.plain = pattern('a', static_cast<size_t>(request.number), std::min(bytes, most_));
    request.body = request.plain;
    if (special_ == kUnknownCoding) coding_ = "compress";
    if (special_ == kUnknownCoding || !coded) return;
    coding_ = "gzip";
    request.body = gzip(request.plain);
    request.bad_coding = special_ == kGarbage || special_ == kHalfCoded;
    if (special_ == kGarbage) request.body += 'x';
    if (special_ == kHalfCoded) request.body.resize(request.body.size() / 2);
  }

  static std::string gzip(std::string_view bytes) {
    Buffer out;
    std::unique_ptr<Compressor> compressor = Compressor::make(CompressionFormat::kGzip);
    compressor->add(bytes, out);
    compressor->finish(out);
    return out.to_string();
  }

  Choices& choices_;
  const size_t most_;
  Method method_ = kGet;
  uint8_t special_ = 0;
  bool expects_ = false;
  const char* coding_ = nullptr;
};

inline std::string write_chunks(std::string_view body, size_t most) {
  std::string out;
  for (; !body.empty(); body.remove_prefix(std::min(most, body.size()))) {
    const std::string chunk(body.substr(0, most));
    absl::StrAppend(&out, absl::Hex(chunk.size()), "\r\n", chunk, "\r\n");
  }
  return out;
}

// As the bytes of HTTP/1.
inline std::string write_request(Choices& choices, size_t body_bytes, FuzzedRequest& request) {
  using Composer = RequestComposer;
  Composer composer(choices, body_bytes);
  composer.compose(request);
  const uint8_t special = composer.special();
  std::string out = special == Composer::kNewline ? "\r\n" : "";
  absl::StrAppend(&out, composer.name(), " /", request.number,
                  composer.is_old() ? " HTTP/1.0" : " HTTP/1.1", "\r\nHost: a\r\n");
  if (special == Composer::kCloses) out += "Connection: close\r\n";
  if (special == Composer::kOldKeepAlive) out += "Connection: keep-alive\r\n";
  if (composer.expects()) out += "Expect: 100-continue\r\n";
  if (composer.coding() != nullptr) {
    absl::StrAppend(&out, "Content-Encoding: ", composer.coding(), "\r\n");
  }
  if (composer.method() == Composer::kLength) {
    return absl::StrCat(out, "Content-Length: ", request.body.size(), "\r\n\r\n", request.body);
  }
  if (composer.method() != Composer::kChunked) return out + "\r\n";
  const size_t most = size_t{1} + choices.front() * 64U;
  out += "Transfer-Encoding: chunked\r\n\r\n" + write_chunks(request.body, most);
  request.bad_framing = special == Composer::kNoChunk;
  if (request.bad_framing) return out + "zz\r\n";
  return out + (special == Composer::kTrailer ? "0\r\nX-Sum: 1\r\n\r\n" : "0\r\n\r\n");
}

}  // namespace turbo

#endif  // TURBO_TESTS_SERVER_FUZZED_REQUEST_H_
