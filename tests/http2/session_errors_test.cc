// What a peer does wrong, as raw frames, and what it is told.

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <ostream>
#include <tuple>

#include "tests/http2/frames.h"
#include "tests/http2/scripted_stream.h"

namespace turbo::http2 {
namespace {

// A session and what it said, read as frames.
struct Conversation {
  Conversation(bool is_server, Codec codec, SessionOptions with = {}) : options(with) {
    options.codec = codec;
    session =
        is_server ? make_server_session(handler, options) : make_client_session(handler, options);
    if (!is_server) greet_server();
  }

  // A client that has asked for one thing, with a body to come.
  void greet_server() {
    request.to_send_ends = false;
    const absl::Status status = session->request(
        request, {.method = "POST", .scheme = "https", .authority = "a.example", .path = "/"},
        Body::kFollows);
    EXPECT_TRUE(status.ok()) << status;
    Buffer out;
    session->send(out, SIZE_MAX / 2);
  }

  void receive(std::string_view bytes) {
    session->receive(Buffer::copy_of(bytes), TimePoint(std::chrono::hours(1)));
  }

  void take_output() {
    Buffer out;
    session->send(out, SIZE_MAX / 2);
    said += out.to_string();
  }

  // Only what ends something.
  std::string ends() const {
    std::string text;
    for (const std::string& line : frames_in(said)) {
      if (line.starts_with("RST_STREAM") || line.starts_with("GOAWAY")) text += line + ";";
    }
    return text;
  }

  std::string abuse() const {
    std::string text;
    for (const std::string& line : handler.heard) {
      if (line.starts_with("abuse ")) text += line.substr(6);
    }
    return text;
  }

  size_t heads() const {
    return static_cast<size_t>(std::count_if(handler.streams.begin(), handler.streams.end(),
                                             [](auto& stream) { return !stream.head.empty(); }));
  }

  SessionOptions options;
  ScriptedHandler handler;
  ScriptedStream request;
  std::unique_ptr<Session> session;
  std::string said;
};

struct Wrong {
  std::string name;
  std::string bytes;  // behind the greeting
  std::string ends;
  std::string abuse = {};
  size_t heads = 0;
  bool greets = true;
  // Where nghttp2 does otherwise, the reason in the case's comment.
  std::optional<std::string> nghttp2_ends = {};
  size_t nghttp2_heads = 0;

  const std::string& ends_of(Codec codec) const {
    return codec == Codec::kNGHTTP2 && nghttp2_ends.has_value() ? *nghttp2_ends : ends;
  }
  size_t heads_of(Codec codec) const {
    return codec == Codec::kNGHTTP2 && nghttp2_ends.has_value() ? nghttp2_heads : heads;
  }
};

Wrong but_nghttp2(Wrong wrong, std::string ends, size_t heads) {
  wrong.nghttp2_ends = std::move(ends);
  wrong.nghttp2_heads = heads;
  return wrong;
}

std::ostream& operator<<(std::ostream& out, const Wrong& wrong) { return out << wrong.name; }

// A request with these fields, or a body, is malformed.
Wrong malformed(std::string name, const Fields& fields, std::string more = {}) {
  const uint8_t flags = more.empty() ? kEndStream : 0;
  return {std::move(name), headers(1, fields, flags) + more, "RST_STREAM 1 PROTOCOL_ERROR;"};
}

Fields without(Fields fields, std::string_view name) {
  std::erase_if(fields, [&](const auto& field) { return field.first == name; });
  return fields;
}

Fields with(Fields fields, std::string_view name, std::string_view value) {
  for (auto& field : fields) {
    if (field.first == name) field.second = value;
  }
  return fields;
}

std::vector<Wrong> malformed_requests() {
  const Fields plain = request_fields("GET");
  const auto more = [](std::string name, std::string value) {
    return request_fields("GET", {{std::move(name), std::move(value)}});
  };
  return {
      malformed("no method", without(plain, ":method")),
      malformed("no scheme", without(plain, ":scheme")),
      malformed("no path", without(plain, ":path")),
      malformed("neither authority nor host", without(plain, ":authority")),
      malformed("empty path", with(plain, ":path", "")),
      malformed("relative path", with(plain, ":path", "a")),
      malformed("asterisk for GET", with(plain, ":path", "*")),
      malformed("space in the path", with(plain, ":path", "/a b")),
      malformed("CR in the path", with(plain, ":path", "/a\rb")),
      malformed("DEL in the path", with(plain, ":path", "/\x7f")),
      malformed("high byte in the path", with(plain, ":path", "/\xc3\xa4")),
      malformed("fragment in the path", with(plain, ":path", "/#a")),
      malformed("path of another scheme is empty",
                with(with(plain, ":scheme", "ftp"), ":path", "")),
      malformed("empty scheme", with(plain, ":scheme", "")),
      malformed("no scheme but a sentence", with(plain, ":scheme", "a b")),
      malformed("empty method", with(plain, ":method", "")),
      malformed("method is no token", with(plain, ":method", "G T")),
      malformed("empty authority", with(plain, ":authority", "")),
      malformed("authority with user", with(plain, ":authority", "me@a.example")),
      malformed("authority with space", with(plain, ":authority", "a example")),
      malformed("authority is not host", more("host", "b.example")),
      malformed("two hosts", request_fields("GET", {{"host", "a.example"}, {"host", "a.example"}})),
      malformed("method twice", request_fields("GET", {{":method", "GET"}})),
      malformed("unknown pseudo field", {{":method", "GET"},
                                         {":scheme", "https"},
                                         {":path", "/"},
                                         {":authority", "a.example"},
                                         {":age", "1"}}),
      malformed("status in a request", {{":status", "200"},
                                        {":method", "GET"},
                                        {":scheme", "https"},
                                        {":path", "/"},
                                        {":authority", "a.example"}}),
      malformed("pseudo field behind others", {{":method", "GET"},
                                               {":scheme", "https"},
                                               {"a", "b"},
                                               {":path", "/"},
                                               {":authority", "a.example"}}),
      malformed("upper case", more("Accept", "b")),
      malformed("empty name", more("", "b")),
      malformed("space in a name", more("a b", "b")),
      malformed("colon in a name", more("a:", "b")),
      malformed("LF in a value", more("a", "b\nc: d")),
      malformed("CR in a value", more("a", "b\rc")),
      malformed("NUL in a value", more("a", std::string("b\0c", 3))),
      malformed("blank before a value", more("a", " b")),
      malformed("tab behind a value", more("a", "b\t")),
      malformed("connection", more("connection", "close")),
      malformed("keep-alive", more("keep-alive", "1")),
      malformed("proxy-connection", more("proxy-connection", "close")),
      malformed("transfer-encoding", more("transfer-encoding", "chunked")),
      malformed("upgrade", more("upgrade", "h2c")),
      malformed("te beyond trailers", more("te", "gzip")),
      malformed("length is no number", more("content-length", "1x")),
      malformed("negative length", more("content-length", "-1")),
      malformed("two lengths",
                request_fields("GET", {{"content-length", "0"}, {"content-length", "0"}})),
      malformed("length without body", more("content-length", "1")),
      malformed("CONNECT with a path", with(plain, ":method", "CONNECT")),
      malformed("CONNECT without authority", {{":method", "CONNECT"}}),
      malformed("protocol where none is announced", {{":method", "CONNECT"},
                                                     {":protocol", "websocket"},
                                                     {":scheme", "https"},
                                                     {":path", "/"},
                                                     {":authority", "a.example"}}),
  };
}

std::vector<Wrong> malformed_bodies() {
  const std::string post = headers(1, request_fields("POST", {{"content-length", "3"}}), 0);
  const std::string open = headers(1, request_fields("POST"), 0);
  const std::string reset = "RST_STREAM 1 PROTOCOL_ERROR;";
  return {
      {"body too short", post + data(1, "ab", kEndStream), reset, "", 1},
      {"body too long", post + data(1, "abcd", kEndStream), reset, "", 1},
      {"trailers instead of body", post + headers(1, {{"a", "b"}}), reset, "", 1},
      {"pseudo field in trailers", open + headers(1, {{":path", "/"}}), reset, "", 1},
      {"length in trailers", open + headers(1, {{"content-length", "0"}}), reset, "", 1},
      {"host in trailers", open + headers(1, {{"host", "b.example"}}), reset, "", 1},
      {"trailers that end nothing", open + headers(1, {{"a", "b"}}, 0), reset, "", 1},
      {"trailers beyond the limit", open + headers(1, {{"a", std::string(9000, 'b')}}),
       "RST_STREAM 1 ENHANCE_YOUR_CALM;", "", 1},
      {"window of the stream exceeded", open + repeat(data(1, std::string(16384, 'b')), 5),
       "RST_STREAM 1 FLOW_CONTROL_ERROR;", "", 1},
      // Every stream's window does (RFC 9113 6.9.2).
      but_nghttp2(
          {"windows overflow by a setting",
           open + frame(kWindowUpdateFrame, 0, 1, number(0x7fff0000)) + settings({{4, 0x7fffffff}}),
           "GOAWAY 1 FLOW_CONTROL_ERROR;", "", 1},
          "RST_STREAM 1 FLOW_CONTROL_ERROR;GOAWAY 1 FLOW_CONTROL_ERROR;", 1),
      // An error of the stream (RFC 9113 6.9).
      but_nghttp2({"WINDOW_UPDATE of nothing on a stream",
                   open + frame(kWindowUpdateFrame, 0, 1, number(0)), reset, "", 1},
                  "GOAWAY 1 PROTOCOL_ERROR;", 1),
      {"window of the stream overflows", open + frame(kWindowUpdateFrame, 0, 1, number(0x7fffffff)),
       "RST_STREAM 1 FLOW_CONTROL_ERROR;", "", 1},
  };
}

std::vector<Wrong> connection_errors() {
  const std::string open = headers(1, request_fields("POST"), 0);
  const auto head = [](std::string_view bytes) {
    return frame(kHeadersFrame, kEndHeaders | kEndStream, 1, bytes);
  };
  // `last`: the stream the frame or one before it opened; -1: opened and never shown.
  const auto ends = [](std::string name, std::string bytes, std::string_view error,
                       int last = 0) -> Wrong {
    return {std::move(name), std::move(bytes),
            "GOAWAY " + std::to_string(std::abs(last)) + " " + std::string(error) + ";", "",
            last > 0 ? size_t{1} : 0};
  };
  return {
      ends("DATA on idle", data(1, "a"), "PROTOCOL_ERROR"),
      ends("DATA on no stream", data(0, "a"), "PROTOCOL_ERROR"),
      ends("DATA behind the end", get(1) + data(1, "a"), "STREAM_CLOSED", 1),
      ends("HEADERS behind the end", get(1) + get(1), "STREAM_CLOSED", 1),
      ends("HEADERS on an even stream", get(2), "PROTOCOL_ERROR"),
      ends("HEADERS on no stream", get(0), "PROTOCOL_ERROR"),
      ends("HEADERS on a stream left out", get(5) + get(3), "PROTOCOL_ERROR", 5),
      {"HEADERS on the second stream left out", get(3) + get(9) + get(7),
       "GOAWAY 9 PROTOCOL_ERROR;", "", 2},
      ends("PRIORITY on no stream", frame(kPriorityFrame, 0, 0, number(1) + "\x10"),
           "PROTOCOL_ERROR"),
      ends("CONTINUATION too large",
           frame(kHeadersFrame, kEndStream, 1, block(request_fields("GET"))) +
               frame(kContinuationFrame, kEndHeaders, 1, literal("a", std::string(16384, 'b'))),
           "FRAME_SIZE_ERROR", -1),
      ends("padding beyond the frame",
           open + data(1,
                       "\x05"
                       "abc",
                       kPadded),
           "PROTOCOL_ERROR", 1),
      ends("RST_STREAM on idle", frame(kResetFrame, 0, 1, number(8)), "PROTOCOL_ERROR"),
      ends("RST_STREAM too short", get(1) + frame(kResetFrame, 0, 1, "abc"), "FRAME_SIZE_ERROR", 1),
      ends("PING too short", frame(kPingFrame, 0, 0, "abc"), "FRAME_SIZE_ERROR"),
      ends("PING on a stream", frame(kPingFrame, 0, 1, "12345678"), "PROTOCOL_ERROR"),
      ends("SETTINGS not in sixes", frame(kSettingsFrame, 0, 0, "abc"), "FRAME_SIZE_ERROR"),
      ends("SETTINGS on a stream", frame(kSettingsFrame, 0, 1), "PROTOCOL_ERROR"),
      ends("SETTINGS ack with payload", frame(kSettingsFrame, kAck, 0, "abcdef"),
           "FRAME_SIZE_ERROR"),
      ends("frame size setting too small", settings({{5, 16383}}), "PROTOCOL_ERROR"),
      ends("window setting too large", settings({{4, 0x80000000}}), "FLOW_CONTROL_ERROR"),
      ends("push setting", settings({{2, 2}}), "PROTOCOL_ERROR"),
      ends("WINDOW_UPDATE of nothing", frame(kWindowUpdateFrame, 0, 0, number(0)),
           "PROTOCOL_ERROR"),
      // 5.1.1
      ends("HEADERS on a stream that was passed over", get(3) + get(1), "PROTOCOL_ERROR", 3),
      ends("WINDOW_UPDATE on idle", frame(kWindowUpdateFrame, 0, 1, number(1)), "PROTOCOL_ERROR"),
      ends("WINDOW_UPDATE overflows", frame(kWindowUpdateFrame, 0, 0, number(0x7fffffff)),
           "FLOW_CONTROL_ERROR"),
      ends("PUSH_PROMISE from a client",
           open + frame(kPushFrame, kEndHeaders, 1, number(2) + block(request_fields("GET"))),
           "PROTOCOL_ERROR", 1),
      ends("CONTINUATION of nothing", frame(kContinuationFrame, kEndHeaders, 1), "PROTOCOL_ERROR"),
      ends("a frame within a head",
           frame(kHeadersFrame, kEndStream, 1, block(request_fields("GET"))) +
               frame(kPingFrame, 0, 0, "12345678"),
           "PROTOCOL_ERROR", -1),
      ends("frame too large", open + data(1, std::string(16385, 'b')), "FRAME_SIZE_ERROR", 1),
      ends("HPACK index of nothing", head("\xff\x7f"), "COMPRESSION_ERROR", -1),
      ends("HPACK table beyond the limit", head("\x3f\xe1\xff\x7f"), "COMPRESSION_ERROR", -1),
      ends("HPACK number without end", head(std::string(20, '\xff')), "COMPRESSION_ERROR", -1),
      ends("HPACK block cut short", head({"\x00\x05", 2}), "COMPRESSION_ERROR", -1),
      ends("HPACK bad Huffman code",
           head({"\x00\x81\x00\x01"
                 "a",
                 5}),
           "COMPRESSION_ERROR", -1),
      ends("PRIORITY_UPDATE on a stream",
           get(1) + frame(kPriorityUpdateFrame, 0, 1, number(1) + "u=1"), "PROTOCOL_ERROR", 1),
  };
}

// GOAWAY says 0 for streams nobody was told of, or the last one: that is in `ends`.
template <class Case>
using ByCodec = ::testing::TestWithParam<std::tuple<Codec, Case>>;

template <class Case>
auto by_codec(const std::vector<Case>& cases) {
  return ::testing::Combine(::testing::Values(Codec::kNative, Codec::kNGHTTP2),
                            ::testing::ValuesIn(cases));
}

class ServerErrorsTest : public ByCodec<Wrong> {};

TEST_P(ServerErrorsTest, is_answered) {
  const auto& [codec, wrong] = GetParam();
  Conversation server(true, codec);
  if (wrong.greets) server.receive(greeting());
  server.receive(wrong.bytes);
  server.take_output();
  EXPECT_EQ(server.ends(), wrong.ends_of(codec));
  EXPECT_EQ(server.abuse(), wrong.abuse);
  EXPECT_EQ(server.heads(), wrong.heads_of(codec));
  EXPECT_EQ(server.session->over(), wrong.ends_of(codec).find("GOAWAY") != std::string::npos);
}

TEST_P(ServerErrorsTest, byte_by_byte_is_the_same) {
  const auto& [codec, wrong] = GetParam();
  Conversation whole(true, codec);
  whole.receive((wrong.greets ? greeting() : "") + wrong.bytes);
  whole.take_output();
  Conversation cut(true, codec);
  if (wrong.greets) cut.receive(greeting());
  for (const char byte : wrong.bytes) cut.receive({&byte, 1});
  cut.take_output();
  EXPECT_EQ(cut.ends(), whole.ends());
  EXPECT_EQ(cut.abuse(), whole.abuse());
  EXPECT_EQ(cut.heads(), whole.heads());
}

INSTANTIATE_TEST_SUITE_P(MalformedRequests, ServerErrorsTest, by_codec(malformed_requests()));
INSTANTIATE_TEST_SUITE_P(MalformedBodies, ServerErrorsTest, by_codec(malformed_bodies()));
INSTANTIATE_TEST_SUITE_P(ConnectionErrors, ServerErrorsTest, by_codec(connection_errors()));

std::vector<Wrong> bad_beginnings() {
  const std::string goaway = "GOAWAY 0 PROTOCOL_ERROR;";
  return {
      {"HTTP/1.1", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", goaway, "", 0, false},
      {"garbage", "PRI * HTTP/2.0\r\n\r\nSM\r\nxx", goaway, "", 0, false},
      {"PING first", std::string(kPreface) + frame(kPingFrame, 0, 0, "12345678"), goaway, "", 0,
       false},
      {"ack first", std::string(kPreface) + frame(kSettingsFrame, kAck, 0), goaway, "", 0, false},
  };
}
INSTANTIATE_TEST_SUITE_P(BadBeginnings, ServerErrorsTest, by_codec(bad_beginnings()));

std::vector<Wrong> abuses() {
  const std::string calm = "ENHANCE_YOUR_CALM;";
  const std::string begun = frame(kHeadersFrame, kEndStream, 1, block(request_fields("GET")));
  std::vector<std::pair<uint32_t, uint32_t>> many(33, {0x99, 1});
  return {
      {"nine CONTINUATIONs", begun + repeat(frame(kContinuationFrame, 0, 1, literal("a", "b")), 9),
       "GOAWAY 1 " + calm, "headers"},
      {"empty CONTINUATIONs", begun + repeat(frame(kContinuationFrame, 0, 1), 100000),
       "GOAWAY 1 " + calm, "headers"},
      // nghttp2 drops the reset behind a GOAWAY.
      but_nghttp2({"CONTINUATIONs of an ignored head",
                   headers(1, request_fields("GET", {{"A", "b"}})) +
                       frame(kHeadersFrame, kEndStream, 1, block(request_fields("GET"))) +
                       repeat(frame(kContinuationFrame, 0, 1), 100000),
                   "RST_STREAM 1 PROTOCOL_ERROR;GOAWAY 1 " + calm, "headers"},
                  "GOAWAY 1 " + calm, 0),
      {"many settings at once", settings(many), "GOAWAY 0 " + calm, "settings"},
  };
}
INSTANTIATE_TEST_SUITE_P(Abuses, ServerErrorsTest, by_codec(abuses()));

std::vector<Wrong> allowed() {
  const Fields plain = request_fields("GET");
  const std::string open = headers(1, request_fields("POST"), 0);
  Fields host_alone = without(plain, ":authority");
  host_alone.emplace_back("host", "a.example");
  const auto fine = [](std::string name, std::string bytes) -> Wrong {
    return {std::move(name), std::move(bytes), "", "", 1};
  };
  return {
      fine("host alone", headers(1, host_alone)),
      fine("host as authority, in capitals", get(1, {{"host", "A.Example"}})),
      fine("te: trailers", get(1, {{"te", "trailers"}})),
      fine("asterisk for OPTIONS", headers(1, request_fields("OPTIONS", {}, "*"))),
      fine("another scheme", headers(1, with(plain, ":scheme", "ftp"))),
      fine("CONNECT", headers(1, {{":method", "CONNECT"}, {":authority", "a.example:1"}}, 0)),
      fine("eight CONTINUATIONs",
           frame(kHeadersFrame, kEndStream, 1, block(plain)) +
               repeat(frame(kContinuationFrame, 0, 1, literal("a", "b")), 7) +
               frame(kContinuationFrame, kEndHeaders, 1)),
      fine("padding alone", open + data(1, std::string("\x03\0\0\0", 4), kPadded)),
      fine("unknown frame", get(1) + frame(0x77, 0xff, 9, "payload")),
      fine("ORIGIN", get(1) + frame(0x0c, 0, 0, "payload")),
      fine("unknown setting", get(1) + settings({{0x99, 1}})),
      fine("PRIORITY on itself", get(1) + frame(kPriorityFrame, 0, 1, number(1) + "\x10")),
      // RFC 7540 5.3.1 had something against it, RFC 9113 has nothing to say.
      but_nghttp2(
          fine("depends on itself", frame(kHeadersFrame, kEndHeaders | kEndStream | kPriority, 1,
                                          number(1) + "\x10" + block(request_fields("GET")))),
          "GOAWAY 0 PROTOCOL_ERROR;", 0),
      fine("WINDOW_UPDATE behind the end", get(1) + frame(kWindowUpdateFrame, 0, 1, number(1))),
      fine("opaque value bytes", get(1, {{"a", "\x80\xff"}})),
      fine("dynamic table made empty",
           frame(kHeadersFrame, kEndHeaders | kEndStream, 1, "\x20" + block(plain))),
  };
}
INSTANTIATE_TEST_SUITE_P(Allowed, ServerErrorsTest, by_codec(allowed()));

// A unit that costs the peer little, sent again and again.
struct Flood {
  std::string name;
  std::function<std::string(uint32_t)> unit;  // the how manyth
  std::string abuse;
};

std::ostream& operator<<(std::ostream& out, const Flood& flood) { return out << flood.name; }

std::vector<Flood> floods() {
  const auto always = [](std::string text) { return [text](uint32_t) { return text; }; };
  const auto id = [](uint32_t i) { return 2 * i + 1; };
  // The first opens a stream.
  const auto on_one = [](std::string text) {
    const std::string open = headers(1, request_fields("POST"), 0);
    return [open, text](uint32_t i) { return i == 0 ? open : text; };
  };
  return {
      {"rapid reset",
       [=](uint32_t i) { return get(id(i)) + frame(kResetFrame, 0, id(i), number(8)); }, "resets"},
      {"reset of what is closed",
       [=](uint32_t i) { return i == 0 ? get(1) + get(3) : frame(kResetFrame, 0, 1, number(8)); },
       "resets"},
      {"malformed requests",
       [=](uint32_t i) {
         return get(id(i), {{"A", "b"}});
       },
       "stream_errors"},
      {"MadeYouReset by windows",
       [=](uint32_t i) {
         return get(id(i)) + frame(kWindowUpdateFrame, 0, id(i), number(0x7fffffff));
       },
       "stream_errors"},
      {"MadeYouReset by lengths",
       [=](uint32_t i) {
         return headers(id(i), request_fields("POST", {{"content-length", "1"}}), 0) +
                data(id(i), "ab", kEndStream);
       },
       "stream_errors"},
      {"MadeYouReset by trailers",
       [=](uint32_t i) {
         return headers(id(i), request_fields("POST"), 0) + headers(id(i), {{"a", "b"}}, 0);
       },
       "stream_errors"},
      {"large heads",
       [=](uint32_t i) {
         const Fields large(9, {"a", std::string(8000, 'b')});
         return frame(kHeadersFrame, kEndStream, id(i),
                      block(request_fields("GET", {large.begin(), large.begin() + 1}))) +
                frame(kContinuationFrame, 0, id(i), block({large[0], large[0]})) +
                frame(kContinuationFrame, 0, id(i), block({large[0], large[0]})) +
                frame(kContinuationFrame, 0, id(i), block({large[0], large[0]})) +
                frame(kContinuationFrame, kEndHeaders, id(i), block({large[0], large[0]}));
       },
       "headers"},
      {"heads of an ignored stream",
       [=](uint32_t i) {
         return i == 0 ? get(1, {{"A", "b"}}) : get(1);
       },
       "refused_streams"},
      {"SETTINGS", always(settings()), "settings"},
      {"PING", always(frame(kPingFrame, 0, 0, "12345678")), "pings"},
      {"PING answers", always(frame(kPingFrame, kAck, 0, "12345678")), "pings"},
      {"PRIORITY", always(frame(kPriorityFrame, 0, 1, number(0) + "\x10")), "priorities"},
      {"PRIORITY_UPDATE", always(frame(kPriorityUpdateFrame, 0, 0, number(1) + "u=1")),
       "priorities"},
      {"WINDOW_UPDATE", always(frame(kWindowUpdateFrame, 0, 0, number(1))), "window_updates"},
      {"WINDOW_UPDATE on a stream", on_one(frame(kWindowUpdateFrame, 0, 1, number(1))),
       "window_updates"},
      {"empty DATA", on_one(data(1, "")), "empty_data"},
      {"DATA of padding", on_one(data(1, std::string("\x02\0\0", 3), kPadded)), "empty_data"},
      {"empty DATA on a closed stream",
       [=](uint32_t i) {
         return i == 0 ? get(1, {{"A", "b"}}) : data(1, "");
       },
       "empty_data"},
      {"unknown frames", always(frame(0x77, 0, 0, "payload")), "unknown_frames"},
      // While a stream is open; without one it would end in peace.
      {"GOAWAY", on_one(frame(kGoAwayFrame, 0, 0, number(0) + number(0))), "unknown_frames"},
  };
}

class FloodTest : public ByCodec<Flood> {};

// By a client that reads what it is told.
TEST_P(FloodTest, ends_the_session) {
  const auto& [codec, flood] = GetParam();
  Conversation server(true, codec);
  server.receive(greeting());
  // A stream stays open, or a GOAWAY ends the session in peace.
  uint32_t sent = 0;
  for (; sent < 10000 && !server.session->over(); ++sent) {
    server.receive(flood.unit(sent));
    server.said.clear();
    server.take_output();
  }
  EXPECT_EQ(server.abuse(), flood.abuse);
  EXPECT_TRUE(server.ends().ends_with("ENHANCE_YOUR_CALM;")) << server.ends();
  EXPECT_LT(sent, 5000u);
  // What comes now is nobody's.
  server.said.clear();
  server.receive(get(40001));
  server.take_output();
  EXPECT_EQ(server.said, "");
}

TEST_P(FloodTest, ends_the_session_of_who_does_not_read) {
  const auto& [codec, flood] = GetParam();
  Conversation server(true, codec);
  server.receive(greeting());
  for (uint32_t i = 0; i < 10000 && server.abuse().empty(); ++i) server.receive(flood.unit(i));
  EXPECT_NE(server.abuse(), "");
  server.take_output();
  EXPECT_TRUE(server.ends().ends_with("ENHANCE_YOUR_CALM;")) << server.ends();
  EXPECT_LT(server.said.size(), 100000u);
  EXPECT_TRUE(server.session->over());
}

INSTANTIATE_TEST_SUITE_P(All, FloodTest, by_codec(floods()));

class SessionErrorsTest : public ::testing::TestWithParam<Codec> {};
INSTANTIATE_TEST_SUITE_P(Codecs, SessionErrorsTest,
                         ::testing::Values(Codec::kNative, Codec::kNGHTTP2));

TEST_P(SessionErrorsTest, streams_beyond_the_limit_are_refused) {
  SessionOptions options;
  options.max_concurrent_streams = 2;
  Conversation server(true, GetParam(), options);
  server.receive(greeting() + get(1) + get(3) + get(5));
  server.take_output();
  EXPECT_EQ(server.ends(), "RST_STREAM 5 REFUSED_STREAM;");
  EXPECT_EQ(server.session->open_streams(), 2u);
  EXPECT_EQ(server.heads(), 2u);
}

// As gRPC's clients do: one WINDOW_UPDATE for the stream, one for the connection.
TEST_P(SessionErrorsTest, small_answers_allow_window_updates) {
  Conversation server(true, GetParam());
  server.receive(greeting());
  for (uint32_t i = 0; i < 5000 && server.abuse().empty(); ++i) {
    const uint32_t id = 2 * i + 1;
    server.receive(get(id));
    ScriptedStream& stream = server.handler.streams.back();
    stream.to_send = "Hello";
    server.session->respond(stream, 200, {}, Body::kFollows);
    server.said.clear();
    server.take_output();
    server.receive(frame(kWindowUpdateFrame, 0, id, number(5)) +
                   frame(kWindowUpdateFrame, 0, 0, number(5)));
  }
  EXPECT_EQ(server.abuse(), "");
}

// Each answer is cut to the byte that its window lets go.
TEST_P(SessionErrorsTest, a_window_opened_byte_by_byte_ends_the_session) {
  if (GetParam() == Codec::kNGHTTP2) GTEST_SKIP() << "counts every DATA frame as called for";
  Conversation server(true, GetParam());
  server.receive(greeting() + settings({{4, 0}}) + get(1));
  ScriptedStream& stream = server.handler.streams.back();
  stream.to_send = std::string(10000, 'x');
  server.session->respond(stream, 200, {}, Body::kFollows);
  for (uint32_t i = 0; i < 9000 && server.abuse().empty(); ++i) {
    server.receive(frame(kWindowUpdateFrame, 0, 1, number(1)));
    server.said.clear();
    server.take_output();
  }
  EXPECT_EQ(server.abuse(), "window_updates");
}

TEST_P(SessionErrorsTest, a_flood_of_refused_streams_ends_the_session) {
  Conversation server(true, GetParam());
  server.handler.refuses = true;
  server.receive(greeting());
  for (uint32_t i = 0; i < 10000 && server.abuse().empty(); ++i) {
    server.receive(get(2 * i + 1));
    server.take_output();
  }
  EXPECT_EQ(server.abuse(), "refused_streams");
}

TEST_P(SessionErrorsTest, answers_nobody_reads_end_the_session) {
  SessionOptions options;
  options.flood.pings = {100000, 1000};
  Conversation server(true, GetParam(), options);
  server.receive(greeting());
  for (int i = 0; i < 10000; ++i) server.receive(frame(kPingFrame, 0, 0, "12345678"));
  EXPECT_EQ(server.abuse(), "unread_replies");
  server.take_output();
  EXPECT_TRUE(server.ends().ends_with("ENHANCE_YOUR_CALM;")) << server.ends();
}

// RFC 9113 6.9: a frame of nothing needs no window, not even one that our settings made negative.
TEST_P(SessionErrorsTest, an_empty_end_needs_no_window) {
  SessionOptions options;
  options.stream_window_bytes = 100;
  Conversation server(true, GetParam(), options);
  server.receive(greeting() + headers(1, request_fields("POST"), 0) +
                 data(1, std::string(5000, 'b')) + frame(kSettingsFrame, kAck, 0) +
                 data(1, "", kEndStream));
  server.take_output();
  EXPECT_EQ(server.ends(), "");
  ASSERT_EQ(server.heads(), 1u);
  EXPECT_EQ(server.handler.streams[0].end, "end");
}

// RFC 9113 5.1: what comes for a stream that we reset is of no consequence, though the client could
// not know of the reset when it sent its settings.
TEST_P(SessionErrorsTest, settings_do_not_overflow_the_window_of_a_stream_that_was_reset) {
  const auto widen = [](uint32_t bytes) { return frame(kWindowUpdateFrame, 0, 1, number(bytes)); };
  const std::string request = greeting() + headers(1, request_fields("POST"), 0);
  {
    Conversation server(true, GetParam());
    server.receive(request + widen(0x7fffffff) + settings({{4, 70000}}));
    server.take_output();
    EXPECT_EQ(server.ends(), "RST_STREAM 1 FLOW_CONTROL_ERROR;");
    EXPECT_FALSE(server.session->over());
  }
  Conversation server(true, GetParam());
  server.receive(request + widen(0x7fffffff - 65535));
  server.session->reset(server.handler.streams.at(0), ErrorCode::kCancel);
  server.receive(settings({{4, 70000}}));
  server.take_output();
  EXPECT_EQ(server.ends(), "RST_STREAM 1 CANCEL;");
  EXPECT_FALSE(server.session->over());
}

// Of two bodies that wait for the connection's window one was reset, and its reset not sent.
TEST_P(SessionErrorsTest, a_window_that_opens_wakes_no_stream_that_was_reset) {
  Conversation server(true, GetParam());
  server.receive(greeting() + settings({{4, 1 << 20}}) + get(1) + get(3));
  for (ScriptedStream& stream : server.handler.streams) {
    stream.to_send = std::string(65536, 'b');
    server.session->respond(stream, 200, {}, Body::kFollows);
  }
  server.take_output();
  EXPECT_TRUE(server.session->window_shut());
  server.session->reset(server.handler.streams.at(0), ErrorCode::kCancel);
  server.receive(frame(kWindowUpdateFrame, 0, 0, number(1 << 20)));
  server.take_output();
  EXPECT_EQ(server.ends(), "RST_STREAM 1 CANCEL;");
  EXPECT_EQ(server.handler.streams.at(0).closed, "CANCEL");
  EXPECT_EQ(server.handler.streams.at(1).to_send, "");
}

// The same by what the client sends alone. nghttp2 ends the connection for it.
TEST_P(SessionErrorsTest, a_window_that_opens_wakes_no_stream_that_was_reset_for_its_own) {
  Conversation server(true, GetParam());
  server.receive(greeting() + settings({{4, 1 << 20}}) + get(1));
  server.handler.streams.at(0).to_send = std::string(65536, 'b');
  server.session->respond(server.handler.streams.at(0), 200, {}, Body::kFollows);
  server.take_output();
  server.receive(frame(kWindowUpdateFrame, 0, 1, number(0)) +
                 frame(kWindowUpdateFrame, 0, 0, number(1)));
  server.take_output();
  EXPECT_EQ(server.ends(), GetParam() == Codec::kNative ? "RST_STREAM 1 PROTOCOL_ERROR;"
                                                        : "GOAWAY 1 PROTOCOL_ERROR;");
}

// RFC 7541 4.2: what was in the table has gone, and it is used as before.
TEST_P(SessionErrorsTest, a_table_made_empty_and_large_again_is_used) {
  Conversation server(true, GetParam());
  server.receive(greeting() + settings({{1, 0}, {1, 4096}}));
  server.take_output();
  const http::Field fields[] = {{"a-name", "and its value"}};
  std::vector<size_t> sizes;
  for (const uint32_t id : {1, 3, 5}) {
    server.receive(get(id));
    server.said.clear();
    server.session->respond(server.handler.streams.back(), 200, fields, Body::kNone);
    server.take_output();
    sizes.push_back(server.said.size());
  }
  EXPECT_LT(sizes[1], sizes[0]);
  EXPECT_EQ(sizes[1], sizes[2]);
  EXPECT_EQ(sizes[2], 9u + 2u);
}

TEST_P(SessionErrorsTest, a_hopeless_head_is_not_read_to_its_end) {
  SessionOptions options;
  options.head = {1024, 100};
  Conversation server(true, GetParam(), options);
  // One entry of the table, named again and again (CVE-2016-6581).
  const std::string entry =
      "\x40" + hpack_number(1, 7) + "a" + hpack_number(3900, 7) + std::string(3900, 'b');
  server.receive(greeting() +
                 frame(kHeadersFrame, kEndHeaders | kEndStream, 1,
                       block(request_fields("GET")) + entry + std::string(8000, '\xbe')));
  server.take_output();
  EXPECT_EQ(server.ends(), "RST_STREAM 1 ENHANCE_YOUR_CALM;");
  EXPECT_EQ(server.heads(), 0u);
  // The table is as the client thinks.
  server.receive(frame(
      kHeadersFrame, kEndHeaders | kEndStream, 3,
      block(without(request_fields("GET"), ":path")) + literal(":path", "/b") + literal("c", "d")));
  ASSERT_EQ(server.heads(), 1u);
  EXPECT_EQ(server.handler.streams[1].head, " GET https a.example /b c=d ENDS");
}

// ---- a server that does wrong ----

class ClientErrorsTest : public ByCodec<Wrong> {};

std::string response(const Fields& fields, uint8_t flags = kEndStream) {
  return headers(1, fields, flags);
}

std::vector<Wrong> bad_responses() {
  const std::string reset = "RST_STREAM 1 PROTOCOL_ERROR;";
  const std::string open = response({{":status", "200"}}, 0);
  return {
      {"no status", response({{"a", "b"}}), reset},
      {"status of words", response({{":status", "abc"}}), reset},
      {"status too long", response({{":status", "2000"}}), reset},
      {"status below 100", response({{":status", "099"}}), reset},
      {"switching protocols", response({{":status", "101"}}), reset},
      {"status twice", response({{":status", "200"}, {":status", "200"}}), reset},
      {"method", response({{":status", "200"}, {":method", "GET"}}), reset},
      {"upper case", response({{":status", "200"}, {"A", "b"}}), reset},
      {"LF in a value", response({{":status", "200"}, {"a", "b\nc"}}), reset},
      {"connection", response({{":status", "200"}, {"connection", "close"}}), reset},
      {"end with an interim response", response({{":status", "103"}}), reset},
      // Malformed, an error of the stream (RFC 9113 8.1.1).
      but_nghttp2({"body before the head", data(1, "a"), reset}, "GOAWAY 0 PROTOCOL_ERROR;", 0),
      {"body behind an interim response", response({{":status", "103"}}, 0) + data(1, "a"), reset},
      {"body too short",
       response({{":status", "200"}, {"content-length", "2"}}, 0) + data(1, "a", kEndStream), reset,
       "", 1},
      {"body of 204", response({{":status", "204"}}, 0) + data(1, "a"), reset, "", 1},
      {"status in trailers", open + response({{":status", "200"}}), reset, "", 1},
      {"PUSH_PROMISE", frame(kPushFrame, kEndHeaders, 1, number(2) + block(request_fields("GET"))),
       "GOAWAY 0 PROTOCOL_ERROR;"},
      {"response to nobody", headers(3, {{":status", "200"}}), "GOAWAY 0 PROTOCOL_ERROR;"},
      {"request", headers(2, request_fields("GET")), "GOAWAY 0 PROTOCOL_ERROR;"},
      {"window exceeded", open + repeat(data(1, std::string(16384, 'a')), 17),
       "RST_STREAM 1 FLOW_CONTROL_ERROR;", "", 1},
      {"PRIORITY_UPDATE", frame(kPriorityUpdateFrame, 0, 0, number(1) + "u=1"),
       "GOAWAY 0 PROTOCOL_ERROR;"},
      {"pings", repeat(frame(kPingFrame, 0, 0, "12345678"), 600), "GOAWAY 0 ENHANCE_YOUR_CALM;",
       "pings"},
      {"interim responses without end", repeat(response({{":status", "103"}}, 0), 200),
       "RST_STREAM 1 ENHANCE_YOUR_CALM;"},
  };
}

TEST_P(ClientErrorsTest, is_answered) {
  const auto& [codec, wrong] = GetParam();
  Conversation client(false, codec);
  client.receive(settings() + frame(kSettingsFrame, kAck, 0));
  client.receive(wrong.bytes);
  client.take_output();
  EXPECT_EQ(client.ends(), wrong.ends_of(codec));
  EXPECT_EQ(client.abuse(), wrong.abuse);
  EXPECT_EQ(client.request.head.empty() ? 0u : 1u, wrong.heads_of(codec));
}

INSTANTIATE_TEST_SUITE_P(BadResponses, ClientErrorsTest, by_codec(bad_responses()));

}  // namespace
}  // namespace turbo::http2
