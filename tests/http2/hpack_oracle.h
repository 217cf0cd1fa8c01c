// nghttp2's HPACK, and what both codecs said, in a form that compares.
#ifndef TURBO_TESTS_HTTP2_HPACK_ORACLE_H_
#define TURBO_TESTS_HTTP2_HPACK_ORACLE_H_

#include <nghttp2/nghttp2.h>

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "framework/base/check.h"
#include "framework/http/request_head.h"
#include "framework/http2/hpack_decoder.h"
#include "framework/http2/hpack_encoder.h"

namespace turbo::http2 {

// Fields in short: a block of a few bytes may stand for megabytes of them.
class FieldDigest {
 public:
  void add(std::string_view name, std::string_view value) {
    const std::hash<std::string_view> hash;
    sum_ = (sum_ * 31 + hash(name)) * 31 + hash(value);
    ++count_;
  }
  bool operator==(const FieldDigest&) const = default;

 private:
  size_t sum_ = 0;
  size_t count_ = 0;
};

// Marks every entry by what it says, and sees that it hears only such marks again.
class DigestSink final : public FieldSink {
 public:
  uint8_t on_field(std::string_view name, std::string_view value, uint8_t mark) override {
    digest.add(name, value);
    const std::hash<std::string_view> hash;
    const auto own = static_cast<uint8_t>((hash(name) ^ hash(value)) | 1);
    TURBO_CHECK(mark == 0 || mark == own, "another entry's mark");
    return own;
  }

  FieldDigest digest;
};

class NGHTTP2Inflater {
 public:
  NGHTTP2Inflater() { TURBO_CHECK(nghttp2_hd_inflate_new(&inflater_) == 0, "no inflater"); }
  NGHTTP2Inflater(const NGHTTP2Inflater&) = delete;
  NGHTTP2Inflater& operator=(const NGHTTP2Inflater&) = delete;
  ~NGHTTP2Inflater() { nghttp2_hd_inflate_del(inflater_); }

  void set_limit(size_t bytes) { (void)nghttp2_hd_inflate_change_table_size(inflater_, bytes); }

  bool decode(std::string_view block, FieldDigest& digest) {
    for (;;) {
      nghttp2_nv field;
      int flags = 0;
      const ssize_t used =
          nghttp2_hd_inflate_hd2(inflater_, &field, &flags,
                                 reinterpret_cast<const uint8_t*>(block.data()), block.size(), 1);
      if (used < 0) return false;
      block.remove_prefix(static_cast<size_t>(used));
      if ((flags & NGHTTP2_HD_INFLATE_EMIT) != 0) digest.add(name_of(field), value_of(field));
      if ((flags & NGHTTP2_HD_INFLATE_FINAL) == 0) continue;
      return nghttp2_hd_inflate_end_headers(inflater_) == 0;
    }
  }

 private:
  static std::string_view name_of(const nghttp2_nv& field) {
    return {reinterpret_cast<const char*>(field.name), field.namelen};
  }
  static std::string_view value_of(const nghttp2_nv& field) {
    return {reinterpret_cast<const char*>(field.value), field.valuelen};
  }

  nghttp2_hd_inflater* inflater_ = nullptr;
};

class NGHTTP2Deflater {
 public:
  explicit NGHTTP2Deflater(size_t table_bytes) {
    TURBO_CHECK(nghttp2_hd_deflate_new(&deflater_, table_bytes) == 0, "no deflater");
  }
  NGHTTP2Deflater(const NGHTTP2Deflater&) = delete;
  NGHTTP2Deflater& operator=(const NGHTTP2Deflater&) = delete;
  ~NGHTTP2Deflater() { nghttp2_hd_deflate_del(deflater_); }

  void set_peer_limit(size_t bytes) {
    (void)nghttp2_hd_deflate_change_table_size(deflater_, bytes);
  }

  // Names are in lower case.
  std::string encode(std::span<const http::Field> fields) {
    std::vector<nghttp2_nv> list;
    for (const http::Field& field : fields) {
      list.push_back({pointer(field.name), pointer(field.value), field.name.size(),
                      field.value.size(), NGHTTP2_NV_FLAG_NONE});
    }
    std::string out(nghttp2_hd_deflate_bound(deflater_, list.data(), list.size()), '\0');
    const ssize_t size = nghttp2_hd_deflate_hd(deflater_, reinterpret_cast<uint8_t*>(out.data()),
                                               out.size(), list.data(), list.size());
    TURBO_CHECK(size >= 0, "nghttp2 encodes nothing");
    out.resize(static_cast<size_t>(size));
    return out;
  }

 private:
  static uint8_t* pointer(std::string_view text) {
    return reinterpret_cast<uint8_t*>(const_cast<char*>(text.data()));
  }

  nghttp2_hd_deflater* deflater_ = nullptr;
};

// A block of ours, in no more room than was promised.
inline std::string encode(HPACKEncoder& encoder, std::span<const http::Field> fields) {
  size_t room = HPACKEncoder::kBeginBytes;
  for (const http::Field& field : fields) {
    room += HPACKEncoder::field_bytes(field.name, field.value);
  }
  std::string out(room, '\0');
  char* end = encoder.begin(out.data());
  TURBO_CHECK(end <= out.data() + HPACKEncoder::kBeginBytes, "more than kBeginBytes");
  for (const http::Field& field : fields) {
    const char* const begin = end;
    end = encoder.field(field.name, field.value, end);
    TURBO_CHECK(end <= begin + HPACKEncoder::field_bytes(field.name, field.value),
                "more than field_bytes()");
  }
  out.resize(static_cast<size_t>(end - out.data()));
  return out;
}

// How many table size updates a block begins with.
inline int leading_updates(std::string_view block) {
  int count = 0;
  while (!block.empty() && (block.front() & 0xe0) == 0x20) {
    ++count;
    const bool is_long = (block.front() & 0x1f) == 0x1f;
    block.remove_prefix(1);
    if (!is_long) continue;
    while (!block.empty() && (block.front() & 0x80) != 0) block.remove_prefix(1);
    if (!block.empty()) block.remove_prefix(1);
  }
  return count;
}

}  // namespace turbo::http2

#endif  // TURBO_TESTS_HTTP2_HPACK_ORACLE_H_
