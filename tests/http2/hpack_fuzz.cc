// HPACK beside nghttp2's. The first byte chooses between any bytes as header blocks, which both
// decode, and fields made of them, which each encodes and the other decodes; tables shrink and grow
// in between.
//
// The verdicts on a block may differ in two ways:
//   * more than two table size updates are an error of ours only: RFC 7541 4.2 lets an encoder send
//     two;
//   * a string of more than 64 KiB is an error of nghttp2's only: our caller bounds the block.

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "framework/http2/hpack_static_table.h"
#include "framework/http2/huffman.h"
#include "tests/http2/hpack_oracle.h"

namespace turbo::http2 {
namespace {

constexpr size_t kLongString = 65536;

class Input {
 public:
  explicit Input(std::string_view bytes) : bytes_(bytes) {}

  bool empty() const { return bytes_.empty(); }
  uint8_t byte() {
    if (bytes_.empty()) return 0;
    const auto first = static_cast<uint8_t>(bytes_.front());
    bytes_.remove_prefix(1);
    return first;
  }
  std::string_view take(size_t size) {
    const std::string_view taken = bytes_.substr(0, size);
    bytes_.remove_prefix(taken.size());
    return taken;
  }

 private:
  std::string_view bytes_;
};

size_t table_bytes_of(uint8_t choice) {
  constexpr size_t kSizes[] = {0, 31, 64, 100, 300, 1000, 4096, 20000};
  return kSizes[choice % 8];
}

// Whether both decoders are still in use.
bool decodes_the_same(HPACKDecoder& ours, NGHTTP2Inflater& theirs, std::string_view block) {
  DigestSink fields;
  FieldDigest expected;
  const bool good = ours.decode(block, fields);
  if (leading_updates(block) > 2) {
    TURBO_CHECK(!good, "three updates");
    return false;
  }
  if (theirs.decode(block, expected)) {
    TURBO_CHECK(good, "nghttp2 takes this block");
    TURBO_CHECK(fields.digest == expected, "nghttp2 reads other fields");
  } else if (good) {
    TURBO_CHECK(block.size() > kLongString * 5 / 8, "nghttp2 takes no such block");
    return false;
  }
  return good;
}

// A block, behind a byte that says how long it is, or that the table's limit changes before.
void decode_any(Input input) {
  HPACKDecoder ours;
  NGHTTP2Inflater theirs;
  while (!input.empty()) {
    uint8_t size = input.byte();
    if (size >= 248) {
      ours.set_limit(table_bytes_of(size));
      theirs.set_limit(table_bytes_of(size));
      continue;
    }
    const std::string_view block = size >= 240 ? input.take(SIZE_MAX) : input.take(size);
    if (!decodes_the_same(ours, theirs, block)) return;
  }
}

std::string lowered(std::string_view name) {
  std::string lower(name);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 'a' - 'A');
  }
  return lower;
}

// A field: names of the static table are likely.
http::Field take_field(Input& input) {
  const uint8_t name = input.byte();
  const uint8_t value = input.byte();
  if (name <= kHPACKStaticEntries && value == 255) return kHPACKStaticTable[name];
  return {name <= kHPACKStaticEntries ? kHPACKStaticTable[name].name : input.take(name - 62u),
          input.take(value)};
}

struct Codecs {
  HPACKEncoder encoder;
  NGHTTP2Deflater deflater;
  HPACKDecoder of_ours;
  HPACKDecoder of_theirs;
  NGHTTP2Inflater inflater;

  explicit Codecs(size_t table_bytes) : encoder(table_bytes), deflater(table_bytes) {}

  void set_limit(size_t bytes) {
    encoder.set_peer_limit(bytes);
    deflater.set_peer_limit(bytes);
    of_ours.set_limit(bytes);
    of_theirs.set_limit(bytes);
    inflater.set_limit(bytes);
  }

  void pass(std::span<const http::Field> fields) {
    std::vector<std::string> names;
    for (const http::Field& field : fields) names.push_back(lowered(field.name));
    std::vector<http::Field> sent(fields.begin(), fields.end());
    FieldDigest expected;
    for (size_t i = 0; i < fields.size(); ++i) {
      sent[i].name = names[i];
      expected.add(sent[i].name, sent[i].value);
    }
    const std::string block = encode(encoder, fields);
    FieldDigest read;
    TURBO_CHECK(inflater.decode(block, read) && read == expected, "nghttp2 reads ours otherwise");
    DigestSink sink;
    TURBO_CHECK(of_ours.decode(block, sink) && sink.digest == expected, "we read ours otherwise");
    DigestSink other;
    TURBO_CHECK(of_theirs.decode(deflater.encode(sent), other) && other.digest == expected,
                "we read nghttp2's otherwise");
  }
};

void round_trip(Input input) {
  Codecs codecs(table_bytes_of(input.byte()));
  std::vector<http::Field> fields;
  while (!input.empty()) {
    const uint8_t next = input.byte();
    if (next >= 248) {
      codecs.set_limit(table_bytes_of(next));
    } else if (next >= 128) {
      codecs.pass(fields);  // the same once more
    } else {
      // Some of the last head's stay.
      fields.resize(std::min<size_t>(fields.size(), next / 16));
      for (int left = next % 16; left > 0; --left) fields.push_back(take_field(input));
      codecs.pass(fields);
    }
  }
}

void huffman(std::string_view text) {
  std::string coded(huffman_size(text), '\0');
  TURBO_CHECK(huffman_encode(text, coded.data()) == coded.data() + coded.size(), "another size");
  std::string decoded(huffman_room(coded.size()), '\0');
  const char* const end = huffman_decode(coded, decoded.data());
  TURBO_CHECK(end == decoded.data() + text.size() && decoded.starts_with(text), "another text");
  HPACKDecoder ours;
  NGHTTP2Inflater theirs;
  if (text.size() > 126) text = text.substr(0, 126);
  const std::string head = {'\0', '\1', 'a', static_cast<char>(0x80 | text.size())};
  decodes_the_same(ours, theirs, head + std::string(text));
}

void run(std::string_view bytes) {
  if (bytes.empty()) return;
  const char choice = bytes.front();
  bytes.remove_prefix(1);
  switch (choice & 3) {
    case 0:
      return huffman(bytes);
    case 1:
      return round_trip(Input(bytes));
    default:
      return decode_any(Input(bytes));
  }
}

}  // namespace
}  // namespace turbo::http2

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  turbo::http2::run({reinterpret_cast<const char*>(data), size});
  return 0;
}
