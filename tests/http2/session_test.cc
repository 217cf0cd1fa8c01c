// A server's session against a client's, in memory.

#include "framework/http2/session.h"

#include "tests/http2/frames.h"
#include "tests/http2/session_fixture.h"

namespace turbo::http2 {
namespace {

class SessionTest : public SessionFixture {
 protected:
  ScriptedStream& served(size_t i = 0) { return served_.streams.at(i); }

  // The server leaves requests alone.
  void leave_requests() { served_.when_stream = nullptr; }
};

constexpr std::string_view kGet = " GET https example.com /";

TEST_P(SessionTest, a_request_is_answered) {
  connect();
  served_.when_stream = [this](ScriptedStream& stream) {
    stream.when_end = [this, &stream] {
      const std::vector<http::Field> fields = {{"Content-Type", "text/plain"}, {"X-A", ""}};
      server_->respond(stream, 200, fields, Body::kNone);
    };
  };
  const std::vector<http::Field> fields = {{"Accept", "*/*"}, {"Authorization", "secret"}};
  ScriptedStream& request = ask("GET", "/", "", fields);
  EXPECT_EQ(request.id(), 1);
  exchange();
  ASSERT_EQ(served_.streams.size(), 1u);
  EXPECT_EQ(served().events(),
            std::string(kGet) + " accept=*/* authorization=secret ENDS||end|sent|NO_ERROR");
  EXPECT_EQ(request.events(), " 200 content-type=text/plain x-a= ENDS||end|sent|NO_ERROR");
  EXPECT_EQ(request.id(), 0);
  EXPECT_EQ(server_->open_streams(), 0u);
  EXPECT_EQ(client_->open_streams(), 0u);
  EXPECT_EQ(server_->last_stream(), 1);
  EXPECT_TRUE(server_->greeted());
  EXPECT_TRUE(client_->greeted());
  EXPECT_FALSE(server_->over());
  EXPECT_FALSE(server_->wants_send());
}

TEST_P(SessionTest, bodies_larger_than_windows_go_both_ways) {
  connect();
  const std::string body(3 << 20, 'b');
  ScriptedStream& request = ask("POST", "/", body);
  exchange();
  EXPECT_TRUE(served().body == body);
  EXPECT_TRUE(request.body == body);
  EXPECT_EQ(request.end, "end");
  EXPECT_EQ(request.closed, "NO_ERROR");
}

TEST_P(SessionTest, many_requests_at_once) {
  connect();
  for (int i = 0; i < 100; ++i) ask("POST", "/", std::string(size_t(1000 * i), 'b'));
  exchange();
  for (size_t i = 0; i < 100; ++i) {
    EXPECT_EQ(requests_[i].body.size(), 1000 * i);
    EXPECT_EQ(requests_[i].closed, "NO_ERROR");
  }
}

TEST_P(SessionTest, what_is_not_consumed_closes_the_window) {
  server_options_.stream_window_bytes = 1000;
  server_options_.connection_window_bytes = 100000;
  connect();
  leave_requests();
  // The windows are told first: until then a stream has 65,535 bytes.
  exchange();
  ask("POST", "/a", std::string(5000, 'b'));
  exchange();
  EXPECT_EQ(served().body.size(), 1000u);
  server_->consume(served(), 600);
  exchange();
  EXPECT_EQ(served().body.size(), 1600u);
  server_->consume(served(), 1000);
  exchange();
  EXPECT_EQ(served().body.size(), 2600u);
}

// RFC 9113 6.9: a frame of nothing needs no window, neither the stream's nor the connection's.
// nghttp2 waits for them.
TEST_P(SessionTest, an_end_without_bytes_passes_shut_windows) {
  const bool waits = GetParam() == Codec::kNGHTTP2;
  for (const uint32_t stream_window : {200000u, 65535u}) {
    served_.streams.clear();
    server_ = make_server_session(served_, server_options_);
    server_->receive(Buffer::copy_of(greeting() + settings({{4, stream_window}}) + get(1) + get(3)),
                     now_);
    ScriptedStream& large = served_.streams.at(0);
    ScriptedStream& empty = served_.streams.at(1);
    large.to_send = std::string(65535, 'b');
    large.to_send_ends = empty.to_send_ends = false;
    for (ScriptedStream& stream : served_.streams) {
      server_->respond(stream, 200, {}, Body::kFollows);
    }
    Buffer out;
    server_->send(out, kAll);
    EXPECT_EQ(large.to_send, "");
    EXPECT_TRUE(server_->window_shut());
    EXPECT_EQ(server_->window_shut(large), stream_window == 65535);
    for (ScriptedStream& stream : served_.streams) {
      stream.to_send_ends = true;
      server_->resume(stream);
    }
    const std::vector<std::string> ends = {"DATA 1 [0] end", "DATA 3 [0] end"};
    out.clear();
    server_->send(out, kAll);
    EXPECT_EQ(frames_in(out.to_string()), waits ? std::vector<std::string>() : ends);
    server_->receive(Buffer::copy_of(frame(kWindowUpdateFrame, 0, 0, number(1)) +
                                     frame(kWindowUpdateFrame, 0, 1, number(1))),
                     now_);
    out.clear();
    server_->send(out, kAll);
    EXPECT_EQ(frames_in(out.to_string()), waits ? ends : std::vector<std::string>());
    EXPECT_EQ(large.closed + " " + empty.closed, "NO_ERROR NO_ERROR");
  }
}

TEST_P(SessionTest, a_closed_stream_gives_its_bytes_back_to_the_connection) {
  server_options_.stream_window_bytes = 100000;
  server_options_.connection_window_bytes = 100000;
  connect();
  leave_requests();
  exchange();
  ask("POST", "/a", std::string(100000, 'b'));
  exchange();
  EXPECT_EQ(served(0).body.size(), 100000u);
  server_->reset(served(0), ErrorCode::kCancel);
  exchange();
  ask("POST", "/b", std::string(100000, 'b'));
  exchange();
  EXPECT_EQ(served(1).body.size(), 100000u);
}

TEST_P(SessionTest, bytes_that_follow_a_reset_are_given_back) {
  server_options_.stream_window_bytes = 1 << 20;
  server_options_.connection_window_bytes = 100000;
  connect();
  served_.when_stream = [this](ScriptedStream& stream) {
    stream.when_data = [this, &stream] { server_->reset(stream, ErrorCode::kCancel); };
  };
  exchange();
  for (int i = 0; i < 50; ++i) {
    ScriptedStream& request = ask("POST", "/", std::string(90000, 'b'));
    client_says();
    exchange();
    EXPECT_EQ(request.closed, "CANCEL by peer");
    EXPECT_EQ(served(size_t(i)).closed, "CANCEL");
    EXPECT_LE(served(size_t(i)).body.size(), 16384u);
  }
}

TEST_P(SessionTest, trailers_go_both_ways) {
  connect();
  served_.when_stream = [this](ScriptedStream& stream) {
    answer_with_own_body(stream);
    stream.trailers = {{"Checksum", "1"}, {"c", "d"}};
  };
  ScriptedStream& request = ask("POST", "/", "body");
  request.trailers = {{"A", "b"}};
  exchange();
  EXPECT_EQ(served().end, "end a=b");
  EXPECT_EQ(served().body, "body");
  EXPECT_TRUE(served().sent);
  EXPECT_EQ(request.events(), " 200|body|end checksum=1 c=d|sent|NO_ERROR");
}

TEST_P(SessionTest, trailers_behind_an_empty_body) {
  connect();
  served_.when_stream = [this](ScriptedStream& stream) {
    stream.trailers = {{"grpc-status", "0"}};
    stream.when_end = [this, &stream] { server_->respond(stream, 200, {}, Body::kFollows); };
  };
  ScriptedStream& request = ask("GET", "/");
  exchange();
  EXPECT_EQ(request.events(), " 200||end grpc-status=0|sent|NO_ERROR");
}

TEST_P(SessionTest, interim_responses_come_first) {
  connect();
  served_.when_stream = [this](ScriptedStream& stream) {
    stream.when_end = [this, &stream] {
      server_->inform(stream, 100, {});
      const std::vector<http::Field> hints = {{"link", "</a.css>"}};
      server_->inform(stream, 103, hints);
      server_->respond(stream, 204, {}, Body::kNone);
      server_->inform(stream, 103, hints);             // too late
      server_->respond(stream, 500, {}, Body::kNone);  // and twice
    };
  };
  ScriptedStream& request = ask("GET", "/");
  exchange();
  EXPECT_EQ(request.events(),
            " 204 ENDS|informed 100|informed 103 link=</a.css>||end|sent|NO_ERROR");
}

TEST_P(SessionTest, a_body_waits_for_its_stream) {
  connect();
  served_.when_stream = [this](ScriptedStream& stream) {
    stream.to_send_ends = false;
    stream.when_end = [this, &stream] { server_->respond(stream, 200, {}, Body::kFollows); };
  };
  ScriptedStream& request = ask("GET", "/");
  exchange();
  EXPECT_EQ(request.events(), " 200|||sent|");
  EXPECT_FALSE(server_->wants_send());
  served().to_send = "some";
  server_->resume(served());
  server_->resume(served());
  EXPECT_TRUE(server_->wants_send());
  exchange();
  EXPECT_EQ(request.body, "some");
  served().to_send_ends = true;
  server_->resume(served());
  exchange();
  EXPECT_EQ(request.events(), " 200|some|end|sent|NO_ERROR");
}

TEST_P(SessionTest, a_body_that_cannot_be_had_resets_its_stream) {
  connect();
  served_.when_stream = [this](ScriptedStream& stream) {
    stream.to_send = "body";
    stream.breaks = true;
    stream.trailers = {{"a", "b"}};
    stream.when_end = [this, &stream] { server_->respond(stream, 200, {}, Body::kFollows); };
  };
  ScriptedStream& request = ask("GET", "/");
  ScriptedStream& other = ask("POST", "/");
  const std::string said = exchange();
  for (const std::string& line : frames_in(said)) EXPECT_FALSE(line.starts_with("+")) << line;
  EXPECT_EQ(request.events(), " 200|||sent|INTERNAL_ERROR by peer");
  EXPECT_EQ(served().closed, "INTERNAL_ERROR");
  EXPECT_FALSE(served().sent);
  EXPECT_EQ(other.head, " 200");
}

TEST_P(SessionTest, a_client_cancels) {
  connect();
  leave_requests();
  ScriptedStream& request = ask_open("/");
  exchange();
  request.to_send = "late";
  client_->reset(request, ErrorCode::kCancel);
  client_->resume(request);
  exchange();
  EXPECT_EQ(request.closed, "CANCEL");
  EXPECT_EQ(served().events(), " POST https example.com /||||CANCEL by peer");
  EXPECT_EQ(server_->open_streams(), 0u);
  // Nobody is there any more.
  server_->respond(served(), 200, {}, Body::kNone);
  server_->reset(served(), ErrorCode::kCancel);
  exchange();
  EXPECT_EQ(asked_.heard, std::vector<std::string>());
}

TEST_P(SessionTest, a_request_that_was_not_sent_is_cancelled) {
  connect();
  ScriptedStream& request = ask("GET", "/");
  client_->reset(request, ErrorCode::kCancel);
  exchange();
  EXPECT_EQ(request.closed, "CANCEL");
  EXPECT_EQ(served_.streams.size(), 0u);
  EXPECT_EQ(client_->open_streams(), 0u);
}

TEST_P(SessionTest, a_server_ends_early_and_says_so) {
  connect();
  served_.when_stream = [this](ScriptedStream& stream) {
    stream.when_head = [this, &stream](bool) { server_->respond(stream, 413, {}, Body::kNone); };
    stream.when_sent = [this, &stream] { server_->reset(stream, ErrorCode::kNoError); };
  };
  ScriptedStream& request = ask_open("/");
  exchange();
  EXPECT_EQ(request.events(), " 413 ENDS||end||NO_ERROR by peer");
  EXPECT_EQ(served().closed, "NO_ERROR");
}

TEST_P(SessionTest, nothing_follows_a_reset_from_inside) {
  connect();
  served_.when_stream = [this](ScriptedStream& stream) {
    stream.when_head = [this, &stream](bool) { server_->reset(stream, ErrorCode::kRefusedStream); };
  };
  ScriptedStream& request = ask("GET", "/");
  exchange();
  EXPECT_EQ(served().events(), std::string(kGet) + " ENDS||||REFUSED_STREAM");
  EXPECT_EQ(request.closed, "REFUSED_STREAM by peer");
}

TEST_P(SessionTest, streams_without_a_carrier_are_refused) {
  connect();
  served_.refuses = true;
  ScriptedStream& request = ask("POST", "/", "body");
  exchange();
  EXPECT_EQ(request.closed, "REFUSED_STREAM by peer");
  EXPECT_EQ(server_->open_streams(), 0u);
}

TEST_P(SessionTest, a_client_keeps_to_the_servers_limit) {
  server_options_.max_concurrent_streams = 2;
  connect();
  leave_requests();
  exchange();
  EXPECT_EQ(client_->max_peer_streams(), 2u);
  ask("GET", "/");
  ask("GET", "/");
  ScriptedStream third;
  EXPECT_EQ(client_->request(third, fields_of("GET", "/"), Body::kNone).code(),
            absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(third.id(), 0);
  exchange();
  server_->respond(served(), 200, {}, Body::kNone);
  exchange();
  EXPECT_TRUE(client_->request(third, fields_of("GET", "/"), Body::kNone).ok());
}

TEST_P(SessionTest, a_server_goes_away_in_two_steps) {
  connect();
  leave_requests();
  ScriptedStream& first = ask("GET", "/");
  exchange();
  ScriptedStream& on_its_way = ask("GET", "/");
  Buffer late;
  client_->send(late, kAll);
  server_->announce_go_away();
  server_says();
  EXPECT_EQ(asked_.heard, std::vector<std::string>{"goaway NO_ERROR 2147483647"});
  ScriptedStream refused;
  EXPECT_EQ(client_->request(refused, fields_of("GET", "/"), Body::kNone).code(),
            absl::StatusCode::kUnavailable);
  server_->receive(std::move(late), now_);
  EXPECT_EQ(served_.streams.size(), 2u);
  server_->go_away(ErrorCode::kNoError);
  exchange();
  EXPECT_EQ(asked_.heard.back(), "goaway NO_ERROR 3");
  EXPECT_FALSE(server_->over());
  server_->respond(served(0), 200, {}, Body::kNone);
  server_->respond(served(1), 200, {}, Body::kNone);
  EXPECT_FALSE(server_->over());
  exchange();
  EXPECT_EQ(first.closed, "NO_ERROR");
  EXPECT_EQ(on_its_way.closed, "NO_ERROR");
  EXPECT_TRUE(server_->over());
  EXPECT_TRUE(client_->over());
}

TEST_P(SessionTest, streams_above_the_last_are_ignored) {
  connect();
  leave_requests();
  ScriptedStream& first = ask("GET", "/");
  exchange();
  ScriptedStream& late = ask("POST", "/", "body");
  Buffer bytes;
  client_->send(bytes, kAll);
  server_->go_away(ErrorCode::kNoError);
  server_->receive(std::move(bytes), now_);
  exchange();
  EXPECT_EQ(served_.streams.size(), 1u);
  EXPECT_EQ(late.closed, "REFUSED_STREAM by peer");
  EXPECT_EQ(first.closed, "");
}

TEST_P(SessionTest, a_request_overtaken_by_goaway_may_be_tried_again) {
  connect();
  leave_requests();
  ask("GET", "/");
  exchange();
  server_->announce_go_away();
  Buffer out;
  server_->send(out, kAll);
  ScriptedStream& late = ask("GET", "/");
  client_->receive(std::move(out), now_);
  exchange();
  EXPECT_EQ(late.closed, "REFUSED_STREAM");
  EXPECT_EQ(served_.streams.size(), 1u);
}

TEST_P(SessionTest, terminate_ends_at_once) {
  connect();
  leave_requests();
  ask("GET", "/");
  exchange();
  server_->terminate(ErrorCode::kInternalError);
  EXPECT_TRUE(server_->wants_send());
  EXPECT_FALSE(server_->over());
  server_says();
  EXPECT_TRUE(server_->over());
  EXPECT_EQ(asked_.heard, std::vector<std::string>{"goaway INTERNAL_ERROR 1"});
}

TEST_P(SessionTest, terminate_from_inside_silences_what_follows) {
  connect();
  served_.when_stream = [this](ScriptedStream& stream) {
    stream.when_end = [this] { server_->terminate(ErrorCode::kNoError); };
  };
  ask("POST", "/", "body");
  ask("POST", "/", "body");
  client_says();
  EXPECT_EQ(served(0).end, "end");
  EXPECT_EQ(served(1).end, "");
  server_says();
  EXPECT_TRUE(server_->over());
}

TEST_P(SessionTest, pings_are_answered) {
  connect();
  server_->ping();
  client_->ping();
  exchange();
  EXPECT_EQ(served_.heard, std::vector<std::string>{"pong"});
  EXPECT_EQ(asked_.heard, std::vector<std::string>{"pong"});
  EXPECT_EQ(served_.pings, 1);
  EXPECT_EQ(asked_.pings, 1);
}

TEST_P(SessionTest, terminate_may_say_why) {
  connect();
  leave_requests();
  ask("GET", "/");
  exchange();
  server_->terminate(ErrorCode::kEnhanceYourCalm, "too_many_pings");
  std::string said;
  server_says(&said);
  EXPECT_TRUE(server_->over());
  EXPECT_EQ(asked_.heard.front(), "goaway ENHANCE_YOUR_CALM 1");
  std::string_view rest = said;
  SeenFrame first;
  ASSERT_TRUE(next_frame(rest, first));
  EXPECT_EQ(first.payload.substr(8), "too_many_pings");
}

TEST_P(SessionTest, when_something_came_last_is_known_to_the_second) {
  connect();
  exchange();
  const TimePoint before = now_;
  for (int i = 0; i < 3; ++i) {
    now_ += std::chrono::milliseconds(5900);
    client_->ping();
    client_says();
    EXPECT_GT(server_->received_at(), now_ - std::chrono::seconds(1)) << i;
    EXPECT_LE(server_->received_at(), now_) << i;
  }
  now_ += std::chrono::hours(1);
  EXPECT_LT(server_->received_at(), before + std::chrono::seconds(18));
}

TEST_P(SessionTest, extended_connect) {
  server_options_.enable_connect_protocol = true;
  connect();
  leave_requests();
  ScriptedStream socket;
  socket.to_send_ends = false;
  RequestFields fields = fields_of("CONNECT", "/chat");
  fields.protocol = "websocket";
  EXPECT_EQ(client_->request(socket, fields, Body::kFollows).code(),
            absl::StatusCode::kFailedPrecondition);
  exchange();
  EXPECT_TRUE(client_->request(socket, fields, Body::kFollows).ok());
  socket.to_send = "to server";
  exchange();
  EXPECT_EQ(served().head, " CONNECT https example.com /chat websocket");
  EXPECT_EQ(served().body, "to server");
  served().to_send_ends = false;
  server_->respond(served(), 200, {}, Body::kFollows);
  served().to_send = "to client";
  exchange();
  EXPECT_EQ(socket.events(), " 200|to client|||");
  socket.to_send_ends = true;
  client_->resume(socket);
  exchange();
  EXPECT_EQ(served().end, "end");
  EXPECT_FALSE(served().sent);
}

TEST_P(SessionTest, extended_connect_is_off_unless_asked_for) {
  connect();
  exchange();
  ScriptedStream socket;
  RequestFields fields = fields_of("CONNECT", "/chat");
  fields.protocol = "websocket";
  EXPECT_EQ(client_->request(socket, fields, Body::kFollows).code(),
            absl::StatusCode::kFailedPrecondition);
}

TEST_P(SessionTest, cookie_crumbs_are_joined) {
  connect();
  const std::vector<http::Field> fields = {{"cookie", "a=1"}, {"x", "y"}, {"cookie", "b=2"}};
  ask("GET", "/", "", fields);
  exchange();
  EXPECT_EQ(served().head, std::string(kGet) + " cookie=a=1; b=2 x=y ENDS");
}

TEST_P(SessionTest, a_large_head_is_shown_as_such_and_the_connection_goes_on) {
  server_options_.head = {500, 100};
  connect();
  const std::string value(5000, 'b');
  const std::vector<http::Field> fields = {{"a", value}, {"c", "d"}};
  served_.when_stream = [this](ScriptedStream& stream) {
    stream.when_head = [this, &stream](bool) {
      server_->respond(stream, stream.Stream::head().too_large ? 431 : 200, {}, Body::kNone);
    };
  };
  ScriptedStream& large = ask("GET", "/", "", fields);
  ScriptedStream& small = ask("GET", "/");
  exchange();
  EXPECT_EQ(served(0).head, " GET https example.com / TOO LARGE ENDS");
  EXPECT_EQ(large.head, " 431 ENDS");
  EXPECT_EQ(small.head, " 200 ENDS");
}

TEST_P(SessionTest, a_head_beyond_what_may_be_sent_resets_its_stream) {
  connect();
  leave_requests();
  ScriptedStream& request = ask("GET", "/");
  exchange();
  const std::string value(200000, 'b');
  const std::vector<http::Field> fields = {{"a", value}};
  server_->respond(served(), 200, fields, Body::kFollows);
  exchange();
  EXPECT_EQ(request.closed, "INTERNAL_ERROR by peer");
  EXPECT_EQ(served().closed, "INTERNAL_ERROR");
}

TEST_P(SessionTest, a_head_of_several_frames_arrives) {
  client_options_.head = {200000, 100};
  connect();
  leave_requests();
  ScriptedStream& request = ask("GET", "/");
  exchange();
  const std::string value(50000, '<');  // 15 bits each in Huffman's code: sent as it is
  const std::vector<http::Field> fields = {{"a", value}, {"b", value}};
  server_->respond(served(), 200, fields, Body::kNone);
  exchange();
  EXPECT_TRUE(request.head == " 200 a=" + value + " b=" + value + " ENDS");
}

TEST_P(SessionTest, send_stops_at_its_bound) {
  server_ = make_server_session(served_, server_options_);
  server_->receive(Buffer::copy_of(greeting() + get(1)), now_);
  served_.streams.back().to_send = std::string(60000, 'b');
  Buffer out;
  server_->respond(served_.streams.back(), 200, {}, Body::kFollows);
  server_->send(out, 1);
  EXPECT_GT(out.size(), 0u);
  EXPECT_LT(out.size(), 100u);
  size_t steps = 0;
  while (server_->wants_send()) {
    const size_t before = out.size();
    server_->send(out, 10000);
    EXPECT_LE(out.size() - before, 10000u + 16384u + 9);
    ASSERT_LT(++steps, 100u);
  }
  EXPECT_GT(steps, 3u);
  EXPECT_TRUE(served_.streams.back().to_send.empty());
}

TEST_P(SessionTest, what_is_under_way_is_known) {
  server_ = make_server_session(served_, server_options_);
  const auto say = [this](std::string_view bytes) {
    server_->receive(Buffer::copy_of(bytes), now_);
  };
  say(kPreface.substr(0, 10));
  say(kPreface.substr(10));
  EXPECT_FALSE(server_->greeted());
  say(settings());
  EXPECT_TRUE(server_->greeted());
  const std::string head = frame(kHeadersFrame, kEndStream, 1, block(request_fields("GET")));
  EXPECT_FALSE(server_->in_head());
  say(head.substr(0, 9));
  EXPECT_TRUE(server_->in_head());
  say(head.substr(9));
  EXPECT_TRUE(server_->in_head());
  const std::string end = frame(kContinuationFrame, kEndHeaders, 1, literal("a", "b"));
  say(end.substr(0, end.size() - 1));
  EXPECT_TRUE(server_->in_head());
  say(end.substr(end.size() - 1));
  EXPECT_FALSE(server_->in_head());
  EXPECT_EQ(served_.streams.at(0).head, " GET https a.example / a=b ENDS");
}

TEST_P(SessionTest, padding_is_dropped_and_given_back) {
  server_options_.stream_window_bytes = 65535;
  server_options_.connection_window_bytes = 65535;
  server_ = make_server_session(served_, server_options_);
  server_->receive(Buffer::copy_of(greeting() + headers(1, request_fields("POST"), 0)), now_);
  const std::string padded = frame(kDataFrame, kPadded, 1,
                                   "\xff"
                                   "b" +
                                       std::string(255, '\0'));
  std::string all;
  for (int i = 0; i < 1000; ++i) {
    server_->receive(Buffer::copy_of(padded), now_);
    server_->consume(served(), 1);
    Buffer out;
    server_->send(out, kAll);
    all += out.to_string();
  }
  EXPECT_EQ(served().body, std::string(1000, 'b'));
  uint32_t given = 0;
  for (const std::string& line : frames_in(all)) {
    if (line.starts_with("WINDOW_UPDATE 1 ")) given += uint32_t(std::stoul(line.substr(16)));
    EXPECT_FALSE(line.starts_with("RST_STREAM")) << line;
  }
  EXPECT_GT(given, 257000u - 65535u);
}

TEST_P(SessionTest, pieces_of_a_body_are_the_bytes_that_came) {
  server_ = make_server_session(served_, server_options_);
  std::string bytes =
      greeting() + headers(1, request_fields("POST"), 0) + data(1, std::string(10000, 'b'));
  struct Keeps final : Stream {
    void on_head(bool) override {}
    void on_data(Buffer piece) override { kept.append(std::move(piece)); }
    void on_end(std::span<const http::Field>) override {}
    void on_closed(ErrorCode, bool) override {}
    Buffer kept;
  };
  struct Gives final : SessionHandler {
    Stream* on_stream() override { return &stream; }
    Keeps stream;
  } handler;
  server_ = make_server_session(handler, server_options_);
  Buffer input = Buffer::from_string(bytes);
  const char* begin = input.front().data();
  const char* end = begin + input.size();
  server_->receive(std::move(input), now_);
  ASSERT_EQ(handler.stream.kept.size(), 10000u);
  EXPECT_GE(handler.stream.kept.front().data(), begin);
  EXPECT_LE(handler.stream.kept.front().data(), end);
  EXPECT_EQ(handler.stream.kept.front().size(), 10000u);
}

INSTANTIATE_TEST_SUITE_P(Codecs, SessionTest, both_codecs(), codec_name);

// ---- priorities (RFC 9218) ----

class PriorityTest : public SessionFixture {
 protected:
  // The server's DATA frames, by the streams they are for.
  std::string order_of(std::string_view said) {
    std::string order;
    for (SeenFrame seen; next_frame(said, seen);) {
      if (seen.type == kDataFrame) order += std::to_string(seen.stream) + " ";
    }
    return order;
  }

  std::string asked(uint32_t stream, std::string_view priority) {
    Fields more;
    if (!priority.empty()) more.push_back({"priority", std::string(priority)});
    return get(stream, more);
  }

  // All are answered with 20,000 bytes, before any can go.
  std::string order_for(std::string_view requests) {
    server_ = make_server_session(served_, server_options_);
    server_->receive(Buffer::copy_of(greeting() + std::string(requests)), now_);
    for (ScriptedStream& stream : served_.streams) {
      stream.to_send = std::string(20000, 'b');
      server_->respond(stream, 200, {}, Body::kFollows);
    }
    Buffer out;
    server_->send(out, kAll);
    return order_of(out.to_string());
  }
};

TEST_P(PriorityTest, without_any_the_first_is_first) {
  EXPECT_EQ(order_for(asked(1, "") + asked(3, "")), "1 1 3 3 ");
}

TEST_P(PriorityTest, urgent_streams_go_first) {
  EXPECT_EQ(order_for(asked(1, "u=5") + asked(3, "u=1") + asked(5, "")), "3 3 5 5 1 1 ");
}

TEST_P(PriorityTest, incremental_streams_take_turns) {
  EXPECT_EQ(order_for(asked(1, "i") + asked(3, "i")), "1 3 1 3 ");
}

TEST_P(PriorityTest, priority_update_counts) {
  EXPECT_EQ(order_for(asked(1, "u=1") + asked(3, "") +
                      frame(kPriorityUpdateFrame, 0, 0, number(3) + "u=0")),
            "3 3 1 1 ");
}

TEST_P(PriorityTest, priority_update_comes_before_its_request) {
  EXPECT_EQ(order_for(frame(kPriorityUpdateFrame, 0, 0, number(3) + "u=0") + asked(1, "u=1") +
                      asked(3, "")),
            "3 3 1 1 ");
}

TEST_P(PriorityTest, the_old_scheme_does_not) {
  EXPECT_EQ(
      order_for(asked(1, "") + asked(3, "") + frame(kPriorityFrame, 0, 1, number(3) + "\x10")),
      "1 1 3 3 ");
}

TEST_P(PriorityTest, the_urgent_stream_overtakes_while_the_window_is_closed) {
  EXPECT_EQ(order_for(asked(1, "u=4")), "1 1 ");
  server_->receive(Buffer::copy_of(asked(3, "u=6") + asked(5, "u=0")), now_);
  for (size_t i = 1; i < 3; ++i) {
    served_.streams[i].to_send = std::string(30000, 'b');
    server_->respond(served_.streams[i], 200, {}, Body::kFollows);
  }
  Buffer out;
  server_->send(out, kAll);
  // 45,535 bytes were left.
  EXPECT_EQ(order_of(out.to_string()), "5 5 3 ");
  out.clear();
  server_->receive(Buffer::copy_of(frame(kWindowUpdateFrame, 0, 0, number(100000))), now_);
  server_->send(out, kAll);
  EXPECT_EQ(order_of(out.to_string()), "3 ");
}

INSTANTIATE_TEST_SUITE_P(Codecs, PriorityTest, both_codecs(), codec_name);

// ---- a session that began as HTTP/1.1 ----

class UpgradeTest : public SessionFixture {
 protected:
  ScriptedStream first_;
};

TEST_P(UpgradeTest, the_first_stream_is_answered) {
  auto session = make_upgraded_session(served_, server_options_,
                                       settings({{3, 50}, {4, 100}}).substr(9), false, first_);
  ASSERT_TRUE(session.ok()) << session.status();
  EXPECT_EQ(first_.id(), 1);
  EXPECT_EQ((*session)->open_streams(), 1u);
  EXPECT_EQ((*session)->last_stream(), 1);
  first_.to_send = std::string(200, 'b');
  (*session)->respond(first_, 200, {}, Body::kFollows);
  Buffer out;
  (*session)->send(out, kAll);
  // The client's window of 100 bytes was in its HTTP2-Settings.
  EXPECT_EQ(frames_in(out.to_string()),
            (std::vector<std::string>{"SETTINGS", "WINDOW_UPDATE 0 983041", "HEADERS 1",
                                      "DATA 1 [100]"}));
  EXPECT_FALSE((*session)->greeted());
  (*session)->receive(
      Buffer::copy_of(greeting() + frame(kWindowUpdateFrame, 0, 1, number(1000)) + get(3)), now_);
  EXPECT_TRUE((*session)->greeted());
  out.clear();
  (*session)->send(out, kAll);
  EXPECT_EQ(frames_in(out.to_string()),
            (std::vector<std::string>{"SETTINGS ack", "DATA 1 [100] end"}));
  EXPECT_EQ(first_.events(), "|||sent|NO_ERROR");
  EXPECT_EQ(served_.streams.at(0).head, " GET https a.example / ENDS");
}

TEST_P(UpgradeTest, malformed_settings_are_refused) {
  EXPECT_EQ(make_upgraded_session(served_, server_options_, "abc", false, first_).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(first_.id(), 0);
}

INSTANTIATE_TEST_SUITE_P(Codecs, UpgradeTest, both_codecs(), codec_name);

// ---- every cut ----

// What a server is told of a conversation with all kinds of frames.
std::string told(Codec codec, std::string_view bytes, const std::vector<size_t>& cuts) {
  SessionOptions options;
  options.codec = codec;
  ScriptedHandler handler;
  std::unique_ptr<Session> session = make_server_session(handler, options);
  handler.when_stream = [&](ScriptedStream& stream) {
    stream.when_end = [&] { session->respond(stream, 200, {}, Body::kFollows); };
    stream.to_send = "answer";
  };
  const TimePoint now(std::chrono::hours(1));
  size_t begin = 0;
  for (const size_t cut : cuts) {
    session->receive(Buffer::copy_of(bytes.substr(begin, cut - begin)), now);
    begin = cut;
  }
  session->receive(Buffer::copy_of(bytes.substr(begin)), now);
  Buffer out;
  session->send(out, size_t{1} << 30);
  std::string events = out.to_string();
  for (const ScriptedStream& stream : handler.streams) events += "\n" + stream.events();
  for (const std::string& line : handler.heard) events += "\n" + line;
  return events;
}

class SessionCutTest : public ::testing::TestWithParam<Codec> {};

TEST_P(SessionCutTest, every_cut_tells_the_same) {
  const std::string bytes =
      greeting() + settings({{4, 70000}, {1, 100}}) + get(1, {{"cookie", "a"}, {"cookie", "b"}}) +
      frame(kHeadersFrame, 0, 3, block(request_fields("POST", {{"content-length", "7"}}))) +
      frame(kContinuationFrame, 0, 3) +
      frame(kContinuationFrame, kEndHeaders, 3, literal("c", "d")) + data(3, "abc") +
      frame(kPingFrame, 0, 0, "12345678") +
      data(3,
           std::string("\x02"
                       "defg\0\0",
                       7),
           kPadded) +
      headers(3, {{"trailer", "t"}}) + get(5, {{"A", "b"}}) +
      headers(7, request_fields("POST"), 0) + frame(kResetFrame, 0, 7, number(8)) +
      frame(kHeadersFrame, kEndHeaders | kEndStream | kPadded | kPriority, 9,
            "\x02" + number(0) + "\x10" + block(request_fields("GET")) + std::string(2, '\0')) +
      frame(kWindowUpdateFrame, 0, 0, number(5)) + frame(0x77, 0, 0, "unknown") +
      frame(kPriorityUpdateFrame, 0, 0, number(9) + "u=0") +
      frame(kGoAwayFrame, 0, 0, number(0) + number(0) + "reason");
  const std::string whole = told(GetParam(), bytes, {});
  EXPECT_NE(whole.find("abcdefg|end trailer=t"), std::string::npos) << whole;
  for (size_t cut = 1; cut < bytes.size(); ++cut) {
    ASSERT_EQ(told(GetParam(), bytes, {cut}), whole) << "cut at " << cut;
  }
  std::vector<size_t> every;
  for (size_t cut = 1; cut < bytes.size(); ++cut) every.push_back(cut);
  EXPECT_EQ(told(GetParam(), bytes, every), whole);
}

INSTANTIATE_TEST_SUITE_P(Codecs, SessionCutTest, both_codecs(), codec_name);

}  // namespace
}  // namespace turbo::http2
