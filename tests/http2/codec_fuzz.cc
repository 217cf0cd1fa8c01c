// Both codecs, fed with the same frames: their streams must hear the same, and they must say the
// same, frame by frame.
//
// The first byte chooses whether they are servers or clients, the second what these are like; then
// come operations, a byte each and what they need. What the codecs may differ in is not fed: see
// is_disputed().

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "framework/base/check.h"
#include "framework/http2/hpack_decoder.h"
#include "tests/http2/frames.h"
#include "tests/http2/fuzzed_client.h"
#include "tests/http2/fuzzed_server.h"

namespace turbo::http2 {
namespace {

std::string hex_of(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    text += kDigits[static_cast<uint8_t>(c) >> 4];
    text += kDigits[c & 15];
  }
  return text;
}

// A head that is malformed and hopelessly large as well is wrong in both ways: nghttp2 says what it
// sees first.
std::string either_error(std::string text) {
  static constexpr std::string_view kCalm = "ENHANCE_YOUR_CALM";
  for (size_t at = 0; (at = text.find(kCalm, at)) != std::string::npos;) {
    text.replace(at, kCalm.size(), "PROTOCOL_ERROR");
  }
  return text;
}

class Choices {
 public:
  explicit Choices(std::string_view bytes) : bytes_(bytes) {}
  bool empty() const { return bytes_.empty(); }
  uint8_t next() {
    if (bytes_.empty()) return 0;
    const auto byte = static_cast<uint8_t>(bytes_.front());
    bytes_.remove_prefix(1);
    return byte;
  }
  std::string_view next(size_t count) {
    const std::string_view taken = bytes_.substr(0, count);
    bytes_.remove_prefix(taken.size());
    return taken;
  }
  template <class T, size_t kCount>
  const T& pick(const T (&from)[kCount]) {
    return from[next() % kCount];
  }

 private:
  std::string_view bytes_;
};

// What a session said, so that it compares: bodies joined, heads decoded, windows summed up.
class Saying final : private FieldSink {
 public:
  void read(std::string_view bytes) {
    for (SeenFrame seen; next_frame(bytes, seen);) note(seen);
  }
  // Whoever has nothing more to say may still give back what was not consumed.
  void forget_windows() { windows_.clear(); }
  // But for the windows of those in `unmeasured`.
  std::string text(const std::set<uint32_t>& unmeasured) const {
    std::string all = connection_;
    for (const auto& [id, stream] : streams_) {
      all += "stream " + std::to_string(id) + ":" + stream + "\n";
    }
    for (const auto& [id, bytes] : windows_) {
      if (unmeasured.contains(id)) continue;
      all += "window " + std::to_string(id) + " " + std::to_string(bytes) + "\n";
    }
    return all;
  }
  bool ended() const { return ended_; }
  // The code of the GOAWAY that ended it.
  const std::string& end() const { return end_; }

 private:
  void note(const SeenFrame& seen) {
    std::string& stream = streams_[seen.stream];
    switch (seen.type) {
      case kDataFrame:
        if (!stream.ends_with("bytes")) bodies_[seen.stream] = 0;
        stream = stream.substr(0, stream.rfind("\nbody "));
        stream += "\nbody " + std::to_string(bodies_[seen.stream] += seen.payload.size()) + " " +
                  std::to_string(hashes_[seen.stream] = hash_of(seen)) + " bytes";
        break;
      case kHeadersFrame:
      case kContinuationFrame:
        note_head(seen, stream);
        break;
      case kResetFrame:
        stream += "\nreset " + either_error(error_in(seen.payload, 0));
        break;
      case kWindowUpdateFrame:
        windows_[seen.stream] += number_in(seen.payload, 0);
        return;
      case kGoAwayFrame:
        note_go_away(seen);
        return;
      default:
        connection_ += text_of(seen) + " " + hex_of(seen.payload) + "\n";
    }
    const bool may_end = seen.type == kDataFrame || seen.type == kHeadersFrame;
    if (may_end && (seen.flags & kEndStream) != 0) stream += "\nend";
  }

  size_t hash_of(const SeenFrame& seen) {
    size_t hash = hashes_[seen.stream];
    for (const char c : seen.payload) hash = hash * 31 + static_cast<uint8_t>(c);
    return hash;
  }

  void note_head(const SeenFrame& seen, std::string& stream) {
    block_ += seen.payload;
    if ((seen.flags & kEndHeaders) == 0) return;
    fields_.clear();
    TURBO_CHECK(decoder_.decode(block_, *this), "a head that cannot be decoded");
    block_.clear();
    stream += "\nhead" + fields_;
  }

  void note_go_away(const SeenFrame& seen) {
    connection_ += text_of(seen) + "\n";
    const std::string code = error_in(seen.payload, 4);
    if (code == "NO_ERROR") return;
    ended_ = true;
    // A frame may be wrong in both ways.
    end_ = code == "FRAME_SIZE_ERROR" ? "PROTOCOL_ERROR" : code;
  }

  uint8_t on_field(std::string_view name, std::string_view value, uint8_t) override {
    fields_.append(" ").append(name).append("=").append(value);
    return 0;
  }

  std::string connection_;
  std::map<uint32_t, std::string> streams_;
  std::map<uint32_t, uint64_t> windows_;
  std::map<uint32_t, size_t> bodies_;
  std::map<uint32_t, size_t> hashes_;
  HPACKDecoder decoder_;
  std::string block_;
  std::string fields_;
  bool ended_ = false;
  std::string end_;
};

// What is known of the conversation, to tell what may be fed.
struct Known {
  bool server = false;
  uint32_t highest = 0;           // stream that was opened
  std::map<uint32_t, bool> open;  // and whether its head has come
  // Streams a DATA frame ended, which need no window any more: nghttp2 still widens it while that
  // comes. And the connection (0) once there was padding: a frame gives back twice, and what
  // nghttp2 tells as it is due between, ours tells with the rest.
  std::set<uint32_t> unmeasured;
  bool head_open = false;  // its CONTINUATION is to come
  bool large_windows = false;
  bool window_shut = false;  // the connection's, for what the sessions send
  bool going_away = false;
  uint32_t most_streams = 0;

  bool is_open(uint32_t id) const { return open.contains(id); }
};

// More updates of the table's size than a block may begin with (RFC 7541 4.2), which nghttp2 takes.
bool updates_table_often(const SeenFrame& seen) {
  std::string_view fields = seen.payload;
  if ((seen.flags & kPadded) != 0 && !fields.empty()) fields.remove_prefix(1);
  fields = fields.substr(0, 3);
  return fields.size() == 3 &&
         std::all_of(fields.begin(), fields.end(), [](char c) { return (c & 0xe0) == 0x20; });
}

// Where the codecs differ by intention, or where either may do as it likes.
bool is_disputed(const SeenFrame& seen, const Known& known) {
  const bool passed = seen.stream % 2 == 1 && seen.stream <= known.highest;
  switch (seen.type) {
    case kDataFrame:
      // nghttp2 ignores what comes for any stream that is closed (RFC 9113 5.1 has an error).
      // Before an answer's head it ends the connection, we the stream.
      if (!known.is_open(seen.stream)) return passed;
      return !known.open.at(seen.stream);
    case kHeadersFrame:
      if (known.server && seen.stream > known.highest) {
        // Once its settings are acknowledged, nghttp2 ends the connection for a stream too many.
        if (known.open.size() >= known.most_streams) return true;
      } else if (!known.is_open(seen.stream) && passed) {
        return true;  // as with DATA
      }
      if (updates_table_often(seen)) return true;
      // nghttp2 still minds what RFC 7540 5.3.1 said of dependencies.
      return (seen.flags & kPriority) != 0;
    case kPriorityFrame:
      return seen.payload.size() != 5;  // 6.3: an error of the stream
    case kSettingsFrame:
      // 6.9.2: windows that overflow are an error of the connection. And nghttp2 takes any value of
      // ENABLE_CONNECT_PROTOCOL from a client.
      for (size_t at = 0; at + 6 <= seen.payload.size(); at += 6) {
        const uint32_t id = number_in(seen.payload, at, 2);
        const uint32_t value = number_in(seen.payload, at + 2);
        if (id == 4 && value <= 0x7fffffff && (known.large_windows || value > 1 << 20)) return true;
        if (id == 8) return true;
        // An empty DATA frame that ends a stream needs no window (6.9.1), and nghttp2 waits for
        // one.
        if (id == 4 && value == 0) return true;
      }
      return false;
    case kGoAwayFrame:
      // nghttp2 looks at the parity of the last stream too.
      return seen.payload.size() >= 8 && number_in(seen.payload, 0) != 0;
    case kWindowUpdateFrame:
      // 6.9: that of nothing is an error of the stream. And where two bodies wait for the window of
      // the connection, with us that is first whose own window opened first (RFC 9218 10 leaves
      // such turns open).
      if (seen.stream == 0 || seen.payload.size() != 4) return false;
      return known.window_shut || (number_in(seen.payload, 0) & 0x7fffffff) == 0;
    case kPriorityUpdateFrame:
      // nghttp2 bounds how many streams may be announced like that, and takes one for stream 0,
      // which RFC 9218 7.1 makes an error.
      return seen.payload.size() >= 4 &&
             (number_in(seen.payload, 0) % 2 == 0 || number_in(seen.payload, 0) > known.highest);
    default:
      return false;
  }
}

constexpr const char* kNames[] = {
    "a",   "cookie",   "content-length", "host", "te",      "A", "",       "connection",
    "x y", "priority", ":path",          ":age", ":status", "b", "expect", ":method"};
constexpr const char* kValues[] = {
    "",   "b",      "3", "a.example", "trailers", " c",  "d\r", "0",
    "-1", "u=1, i", "/", "200",       "GET",      "e f", "100", "12345678901234567890"};

std::string more_fields(Choices& choices) {
  Fields fields;
  for (int left = choices.next() % 4; left > 0; --left) {
    const char* const name = choices.pick(kNames);
    fields.emplace_back(name, choices.pick(kValues));
  }
  std::string text = block(fields);
  // Into the table, as well.
  if (!text.empty() && choices.next() % 2 == 0) text[0] = '\x40';
  return text;
}

std::string request_block(Choices& choices) {
  static constexpr const char* kMethods[] = {"GET", "POST", "HEAD", "CONNECT", "OPTIONS", "P T"};
  std::string path = "/";
  const uint8_t action = choices.next();
  if (action % 2 == 1) path += static_cast<char>('a' + action / 2 % 16);
  return block(request_fields(choices.next() % 4 == 0 ? choices.pick(kMethods) : "POST", {}, path));
}

std::string response_block(Choices& choices) {
  static constexpr const char* kCodes[] = {"200", "103", "204", "304", "101", "099", "404", "abc"};
  return literal(":status", choices.next() % 4 == 0 ? choices.pick(kCodes) : "200");
}

// The next frames, or a part of a head.
std::string next_bytes(Choices& choices, const Known& known) {
  static constexpr uint32_t kNumbers[] = {0,     1,     2,          100,        16384,
                                          65535, 70000, 0x7fffffff, 0xffffffff, 4096};
  const uint8_t op = choices.next();
  const uint32_t some =
      known.highest <= 1 ? 1 : 1 + 2 * (choices.next() % ((known.highest + 3) / 2));
  const uint8_t flags = choices.next();
  switch (op % 14) {
    case 0:
    case 1: {
      const uint32_t id = known.server ? known.highest + 2 - (known.highest == 0 ? 1 : 0) : some;
      std::string fields = known.server ? request_block(choices) : response_block(choices);
      fields += more_fields(choices);
      const uint8_t end = op % 14 == 0 ? kEndStream : 0;
      if (flags % 8 != 0) return frame(kHeadersFrame, end | kEndHeaders, id, fields);
      const size_t cut = fields.size() * (flags / 8) / 32;
      return frame(kHeadersFrame, end, id, std::string_view(fields).substr(0, cut)) +
             frame(kContinuationFrame, kEndHeaders, id, std::string_view(fields).substr(cut));
    }
    case 2:
      return frame(kHeadersFrame, kEndHeaders | (flags % 4 != 0 ? kEndStream : 0), some,
                   more_fields(choices));
    case 3:
    case 4:
      return data(some, std::string(choices.pick(kNumbers) % 16385, 'd'),
                  flags % 4 == 0 ? kEndStream : 0);
    case 5: {
      std::string payload(1, static_cast<char>(choices.next()));
      payload.append(choices.next(), 'p');
      return data(some, payload, kPadded | (flags % 4 == 0 ? kEndStream : 0));
    }
    case 6:
      return frame(kResetFrame, 0, some, number(choices.next() % 16));
    case 7:
      return frame(kWindowUpdateFrame, 0, flags % 2 == 0 ? 0 : some,
                   number(choices.pick(kNumbers)));
    case 8:
      if (flags % 8 == 0) return frame(kSettingsFrame, kAck, 0);
      return settings({{flags % 10, choices.pick(kNumbers)}});
    case 9:
      return frame(kPingFrame, flags % 2, 0, "12345678");
    case 10:
      return frame(kPriorityUpdateFrame, 0, 0,
                   number(some) + "u=" + std::to_string(flags % 9) + (flags > 128 ? ",i" : ""));
    case 11:
      return frame(kGoAwayFrame, 0, 0, number(0) + number(flags % 16) + "why");
    case 12: {
      const std::string_view payload = choices.next(choices.next());
      return frame(kHeadersFrame, kEndHeaders | (flags & (kEndStream | kPadded)), some, payload);
    }
    default: {
      const uint8_t type = choices.next() % 18;
      const std::string_view payload = choices.next(choices.next());
      return frame(type, flags, choices.next() % 8 == 0 ? 0 : some, payload);
    }
  }
}

template <class Side>
class Comparison {
 public:
  Comparison(uint8_t choice, bool is_server)
      : ours_(choice & ~kOracle), oracle_(choice | kOracle), sides_{&ours_, &oracle_} {
    known_.server = is_server;
    if (!is_server) known_.highest = 7;
    known_.most_streams = (choice & kSmallLimits) != 0 ? 3 : 128;
    compare();
  }

  void run(Choices choices) {
    for (int i = 0; i < 300 && !choices.empty() && !over_; ++i) {
      if (choices.next() % 16 == 0) {
        call(choices.next());
      } else {
        feed(next_bytes(choices, known_));
      }
    }
  }

 private:
  static_assert(kOracle == kClientOracle);

  void call(uint8_t choice) {
    for (Side* side : sides_) {
      Session& session = side->session();
      if (choice % 4 == 0) session.ping();
      if (choice % 4 == 1) session.announce_go_away();
      if (choice % 16 == 2) session.go_away(ErrorCode::kNoError);
      if (choice % 16 == 3) session.terminate(ErrorCode::kInternalError);
    }
    // Neither serves what comes behind it, and they forget differently.
    if (choice % 16 == 2) over_ = true;
    compare();
  }

  void feed(const std::string& bytes) {
    std::string_view rest = bytes;
    std::vector<SeenFrame> frames;
    for (SeenFrame seen; next_frame(rest, seen);) frames.push_back(seen);
    TURBO_CHECK(rest.empty(), "a frame cut short");
    // nghttp2 decodes a head as it comes, and finds what is wrong with it earlier.
    const bool is_head = frames.back().type == kHeadersFrame;
    if (is_head && (frames.back().flags & kEndHeaders) == 0) return;
    for (const SeenFrame& seen : frames) {
      if (!known_.head_open && is_disputed(seen, known_)) return;
      note(seen);
      fed_ += "type " + std::to_string(seen.type) + " flags " + std::to_string(seen.flags) +
              " stream " + std::to_string(seen.stream) + " " + hex_of(seen.payload) + "\n";
    }
    for (Side* side : sides_) side->receive(bytes);
    compare();
  }

  void note(const SeenFrame& seen) {
    if (seen.type == kHeadersFrame || seen.type == kContinuationFrame) {
      known_.head_open = (seen.flags & kEndHeaders) == 0;
    }
    if (seen.type == kHeadersFrame && known_.server && seen.stream % 2 == 1) {
      known_.highest = std::max(known_.highest, seen.stream);
    }
    if (seen.type == kDataFrame) {
      if ((seen.flags & kEndStream) != 0) known_.unmeasured.insert(seen.stream);
      if ((seen.flags & kPadded) != 0) known_.unmeasured.insert(0);
    }
    known_.going_away |= seen.type == kGoAwayFrame;
    if (seen.type == kWindowUpdateFrame && seen.payload.size() == 4) {
      known_.large_windows |= (number_in(seen.payload, 0) & 0x7fffffff) > 1 << 20;
    }
  }

  void compare() {
    std::string logs[2];
    for (int i = 0; i < 2; ++i) {
      for (int turn = 0; turn < 10000 && sides_[i]->send(1 << 20); ++turn) continue;
      saying_[i].read(sides_[i]->said);
      sides_[i]->said.clear();
      known_.open = sides_[i]->open_ids();
      logs[i] = either_error(without_codes(sides_[i]->log()));
    }
    known_.window_shut = ours_.session().window_shut();
    TURBO_CHECK(sides_[0]->abused() == sides_[1]->abused(), "another flood");
    // nghttp2 decodes a head frame by frame, ours when it is whole.
    over_ = known_.head_open && !saying_[0].ended() && saying_[1].ended();
    if (over_) return;
    same(saying_[0].end(), saying_[1].end(), "they end differently");
    if (saying_[0].ended()) over_ = true;
    // An end without bytes passes a shut window of the connection with ours.
    over_ |= sides_[0]->session().window_shut();
    // nghttp2 drops what waited before a GOAWAY of an error.
    if (over_) return;
    // What follows a field beyond the limits is not looked at by us, as the request is refused.
    over_ = logs[0] != logs[1] && logs[0].find("TOO LARGE") != std::string::npos;
    if (over_) return;
    same(logs[0], logs[1], "streams heard what differs");
    if (ours_.session().over()) {
      for (Saying& saying : saying_) saying.forget_windows();
    }
    same(saying_[0].text(known_.unmeasured), saying_[1].text(known_.unmeasured),
         "they said what differs");
    TURBO_CHECK(sides_[0]->session().over() == sides_[1]->session().over(), "one is over");
    over_ = sides_[0]->session().over();
  }

  // Where a stream ends with a frame that is wrong, nghttp2 closes it as if nothing were. The reset
  // is among what was said, in any case.
  static std::string without_codes(std::string log) {
    for (const std::string_view code : {"closed 1\n", "closed 11\n"}) {
      for (size_t at = 0; (at = log.find(code, at)) != std::string::npos;) {
        log.replace(at, code.size(), "closed 0\n");
      }
    }
    return log;
  }

  // nghttp2 announces nothing to who has gone away itself.
  std::string without_announcement(std::string text) const {
    static constexpr std::string_view kAnnounced = "GOAWAY 2147483647 NO_ERROR\n";
    const size_t at = known_.going_away ? text.find(kAnnounced) : std::string::npos;
    return at == std::string::npos ? text : text.erase(at, kAnnounced.size());
  }

  void same(const std::string& ours, const std::string& theirs, const char* what) const {
    if (without_announcement(ours) == without_announcement(theirs)) return;
    std::fprintf(stderr, "---- ours:\n%s\n---- nghttp2's:\n%s\n---- fed:\n%s", ours.c_str(),
                 theirs.c_str(), fed_.c_str());
    TURBO_CHECK(false, what);
  }

  Side ours_;
  Side oracle_;
  Side* sides_[2];
  Saying saying_[2];
  Known known_;
  std::string fed_;
  bool over_ = false;
};

}  // namespace
}  // namespace turbo::http2

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace turbo::http2;  // NOLINT: the last function of the program
  Choices choices({reinterpret_cast<const char*>(data), size});
  const bool servers = choices.next() % 3 != 0;
  // The peer has greeted, and nobody sends between.
  const uint8_t choice = choices.next();
  if (servers) {
    constexpr uint8_t kUsed = kSmallLimits | kConnects | kLazy;
    Comparison<Server>((choice & kUsed) | kGreeted, true).run(choices);
  } else {
    constexpr uint8_t kUsed = kClientSmallLimits | kClientLazy | kClientCancels;
    Comparison<Client>((choice & kUsed) | kClientGreeted, false).run(choices);
  }
  return 0;
}
