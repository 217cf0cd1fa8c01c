// Answers that leave by HTTP/2: their heads, their bodies, and what is cut.
#include <unistd.h>

#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/server/http2_client.h"

namespace turbo {
namespace {

class HTTP2AnswersTest : public HTTP2Fixture {
 protected:
  // Serves with `handler` for all paths but "/alive".
  void serve_by(LambdaService::Function handler, HTTPServerOptions options = {}) {
    handler_ = std::move(handler);
    options.server_name = "S";
    serve(service_, std::move(options));
  }
  // The answer without its Date, which comes second.
  ScriptedStream& ask(HTTP2Client& client, std::string_view method = "GET") {
    ScriptedStream& call = client.ask(method, "/");
    EXPECT_TRUE(answered(call));
    EXPECT_EQ(count_of(call.head, " date="), call.head.empty() ? 0u : 1u);
    const size_t date = call.head.find(" date=");
    constexpr size_t kDate = std::string_view(" date=Thu, 01 Jan 1970 00:00:00 GMT").size();
    if (date != std::string::npos) call.head.erase(date, kDate);
    return call;
  }

  // Of a file that is gone when the test is.
  int file_with(std::string_view text) {
    file_.reset(std::tmpfile());
    EXPECT_EQ(::write(fileno(file_.get()), text.data(), text.size()), ssize_t(text.size()));
    return fileno(file_.get());
  }

  LambdaService::Function handler_;
  LambdaService service_{[this](Exchange& exchange) {
    if (exchange.head().path == "/alive") return exchange.finish();
    handler_(exchange);
  }};

 private:
  struct CloseFile {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  std::unique_ptr<std::FILE, CloseFile> file_;
};

TEST_F(HTTP2AnswersTest, the_head_has_the_servers_fields_and_the_handlers) {
  serve_by([](Exchange& exchange) {
    exchange.response().set_status(201);
    ASSERT_TRUE(exchange.response().set("X-Name", "Value").ok());
    ASSERT_TRUE(exchange.response().add("Set-Cookie", "a=1").ok());
    ASSERT_TRUE(exchange.response().add("Set-Cookie", "b=2").ok());
    exchange.write("made");
    exchange.finish();
  });
  auto client = ask_http2();
  const ScriptedStream& call = ask(*client);
  EXPECT_EQ(call.head,
            " 201 length:4 server=S x-name=Value set-cookie=a=1 set-cookie=b=2 "
            "content-length=4");
  EXPECT_EQ(call.body, "made");
  EXPECT_EQ(call.end, "end");
}

TEST_F(HTTP2AnswersTest, a_handlers_own_server_and_date_stand_for_the_servers) {
  serve_by([](Exchange& exchange) {
    ASSERT_TRUE(exchange.response().set("Server", "mine").ok());
    ASSERT_TRUE(exchange.response().set("Date", "Fri, 02 Jan 1970 00:00:00 GMT").ok());
    exchange.finish();
  });
  auto client = ask_http2();
  EXPECT_EQ(ask(*client).head, " 200 length:0 server=mine content-length=0 ENDS");
}

TEST_F(HTTP2AnswersTest, fields_that_belong_to_an_http1_connection_are_left_out) {
  serve_by([](Exchange& exchange) {
    for (std::string_view name : {"Keep-Alive", "Upgrade", "Proxy-Connection"}) {
      exchange.response().set(name, "x").IgnoreError();
    }
    exchange.write("ok");
    exchange.finish();
  });
  auto client = ask_http2();
  const ScriptedStream& call = ask(*client);
  EXPECT_EQ(call.head, " 200 length:2 server=S content-length=2") << call.closed;
}

TEST_F(HTTP2AnswersTest, only_answers_that_may_have_a_body_have_a_length) {
  int status = 0;
  serve_by([&](Exchange& exchange) {
    exchange.response().set_status(status);
    exchange.write("four");
    exchange.finish();
  });
  auto client = ask_http2();
  for (int without : {204, 304}) {
    status = without;
    const ScriptedStream& call = ask(*client);
    EXPECT_EQ(call.head, " " + std::to_string(status) + " server=S ENDS");
    EXPECT_EQ(call.body, "");
  }
  status = 200;
  const ScriptedStream& head = ask(*client, "HEAD");
  EXPECT_EQ(head.head, " 200 length:4 server=S content-length=4 ENDS");
  EXPECT_EQ(head.body, "");
  EXPECT_EQ(ask(*client).body, "four");
}

TEST_F(HTTP2AnswersTest, bodies_of_any_size_arrive_whole) {
  std::string body;
  serve_by([&](Exchange& exchange) {
    exchange.write(body);
    exchange.finish();
  });
  auto client = ask_http2();
  for (size_t size : {0, 1, 511, 512, 513, 16384, 16385, 65535, 65536, 3'000'000}) {
    body = repeat("0123456789", size / 10 + 1).substr(0, size);
    const ScriptedStream& call = ask(*client);
    EXPECT_EQ(call.body.size(), size);
    EXPECT_TRUE(call.body == body) << size;
    EXPECT_TRUE(contains(call.head, " content-length=" + std::to_string(size)));
  }
}

TEST_F(HTTP2AnswersTest, what_is_flushed_comes_at_once_and_has_no_length) {
  serve_by([&](Exchange& exchange) {
    exchange.hold();
    held_.push_back(&exchange);
    exchange.write("one ");
    exchange.flush();
  });
  auto client = ask_http2();
  ScriptedStream& call = client->get("/");
  ASSERT_TRUE(run_until([&] { return call.body == "one "; }));
  EXPECT_FALSE(contains(call.head, "content-length"));
  held_[0]->write("two ");
  settle();
  EXPECT_EQ(call.body, "one ");
  held_[0]->flush();
  held_[0]->flush();
  ASSERT_TRUE(run_until([&] { return call.body == "one two "; }));
  answer(*held_[0], "three");
  ASSERT_TRUE(closed(call));
  EXPECT_EQ(call.body, "one two three");
  EXPECT_EQ(call.closed, "NO_ERROR");
}

TEST_F(HTTP2AnswersTest, an_answer_may_end_with_nothing_behind_what_was_flushed) {
  serve_by([&](Exchange& exchange) {
    exchange.flush();
    exchange.finish();
  });
  auto client = ask_http2();
  const ScriptedStream& call = ask(*client);
  EXPECT_EQ(call.head, " 200 server=S");
  EXPECT_EQ(call.end, "end");
}

TEST_F(HTTP2AnswersTest, a_head_may_be_flushed_long_before_an_answer_without_a_body_ends) {
  bool dropped = false;
  serve_by([&](Exchange& exchange) {
    exchange.attach(std::make_unique<Dropped>(&dropped));
    exchange.hold();
    held_.push_back(&exchange);
    exchange.flush();
  });
  auto client = ask_http2();
  ScriptedStream& call = client->ask("HEAD", "/");
  ASSERT_TRUE(answered(call));
  settle();
  EXPECT_FALSE(dropped) << "its handler is not done";
  bool left = false;
  held_[0]->when_output_left([&] { left = true; });
  EXPECT_TRUE(run_until([&] { return left; }));
  held_[0]->write("not sent");
  held_[0]->flush();
  answer(*held_[0], "not sent either");
  EXPECT_TRUE(run_until([&] { return dropped; }));
  EXPECT_EQ(call.body, "");
  EXPECT_TRUE(lives(*client));
}

TEST_F(HTTP2AnswersTest, a_declared_length_is_told_and_kept) {
  serve_by([](Exchange& exchange) {
    exchange.set_content_length(8);
    exchange.write("half");
    exchange.flush();
    exchange.write("half");
    exchange.finish();
  });
  auto client = ask_http2();
  const ScriptedStream& call = ask(*client);
  EXPECT_EQ(call.head, " 200 length:8 server=S content-length=8");
  EXPECT_EQ(call.body, "halfhalf");
}

TEST_F(HTTP2AnswersTest, a_declared_length_that_is_not_kept_resets_the_stream_alone) {
  size_t written = 0;
  bool flushes = false;
  bool dropped = false;
  serve_by([&](Exchange& exchange) {
    exchange.attach(std::make_unique<Dropped>(&dropped));
    exchange.set_content_length(10);
    if (flushes) exchange.flush();
    exchange.write(std::string(written, 'x'));
    exchange.finish();
  });
  auto client = ask_http2();
  for (size_t bytes : {9, 11, 0}) {
    for (bool flush : {false, true}) {
      written = bytes;
      flushes = flush;
      dropped = false;
      const ScriptedStream& call = ask(*client);
      EXPECT_EQ(call.closed, "INTERNAL_ERROR by peer") << bytes << flush;
      EXPECT_EQ(call.end, "");
      EXPECT_TRUE(dropped);
      EXPECT_TRUE(lives(*client));
    }
  }
}

TEST_F(HTTP2AnswersTest, files_stand_between_bytes) {
  const std::string text = repeat("0123456789", 50'000);
  const int file = file_with(text);
  serve_by([&](Exchange& exchange) {
    exchange.set_content_length(6 + 400'000 + 7 + 5);
    exchange.write("before");
    exchange.write_file(file, 1, 400'000);
    exchange.write("between");
    exchange.write_file(file, 3, 5);
    exchange.finish();
  });
  auto client = ask_http2();
  const ScriptedStream& call = ask(*client);
  EXPECT_TRUE(call.body == "before" + text.substr(1, 400'000) + "between34567");
  EXPECT_EQ(call.end, "end");
  EXPECT_EQ(ask(*client, "HEAD").body, "");
}

TEST_F(HTTP2AnswersTest, a_file_that_has_shrunk_resets_the_stream_alone) {
  const int file = file_with(std::string(100'000, 'x'));
  serve_by([&](Exchange& exchange) {
    exchange.set_content_length(200'000);
    exchange.write_file(file, 0, 200'000);
    exchange.finish();
  });
  auto client = ask_http2();
  const ScriptedStream& call = ask(*client);
  EXPECT_EQ(call.closed, "INTERNAL_ERROR by peer");
  EXPECT_EQ(call.end, "");
  EXPECT_TRUE(lives(*client));
}

TEST_F(HTTP2AnswersTest, a_file_without_a_declared_length_is_cut) {
  const int file = file_with("text");
  serve_by([&](Exchange& exchange) { exchange.write_file(file, 0, 4); });
  auto client = ask_http2();
  EXPECT_EQ(ask(*client).closed, "INTERNAL_ERROR by peer");
  EXPECT_TRUE(lives(*client));
}

TEST_F(HTTP2AnswersTest, trailers_follow_the_body) {
  bool with_body = false;
  serve_by([&](Exchange& exchange) {
    ASSERT_TRUE(exchange.add_trailer("X-Sum", "42").ok());
    if (with_body) exchange.write("body");
    exchange.finish();
  });
  auto client = ask_http2();
  EXPECT_EQ(ask(*client).end, "end x-sum=42") << "behind an empty body";
  with_body = true;
  const ScriptedStream& call = ask(*client);
  EXPECT_EQ(call.body, "body");
  EXPECT_EQ(call.end, "end x-sum=42");
  EXPECT_EQ(ask(*client, "HEAD").end, "end");
}

TEST_F(HTTP2AnswersTest, interim_responses_come_before_the_answer) {
  serve_by([&](Exchange& exchange) {
    const http::Field link{"Link", "</a.css>"};
    ASSERT_TRUE(exchange.send_informational(103, {&link, 1}).ok());
    ASSERT_TRUE(exchange.send_informational(102, {}).ok());
    held_.push_back(&exchange);
    exchange.hold();
  });
  auto client = ask_http2();
  ScriptedStream& call = client->get("/");
  ASSERT_TRUE(run_until([&] { return call.informed.size() == 2; }));
  EXPECT_EQ(call.informed[0], " 103 link=</a.css>");
  EXPECT_EQ(call.informed[1], " 102");
  answer(*held_[0], "answer");
  ASSERT_TRUE(answered(call));
  EXPECT_EQ(call.body, "answer");
}

TEST_F(HTTP2AnswersTest, an_interim_status_is_no_answer) {
  for (bool flushes : {false, true}) {
    bool dropped = false;
    serve_by([&](Exchange& exchange) {
      exchange.attach(std::make_unique<Dropped>(&dropped));
      exchange.response().set_status(103);
      if (flushes) exchange.flush();
      exchange.finish();
    });
    auto client = ask_http2();
    EXPECT_EQ(ask(*client).closed, "INTERNAL_ERROR by peer");
    EXPECT_TRUE(dropped);
    EXPECT_TRUE(lives(*client));
    client.reset();
    server_.reset();
  }
}

TEST_F(HTTP2AnswersTest, an_error_in_the_middle_of_an_answer_resets_the_stream_alone) {
  serve_by([](Exchange& exchange) {
    exchange.write("half");
    exchange.flush();
    exchange.send_error(500);
  });
  auto client = ask_http2();
  EXPECT_EQ(ask(*client).closed, "INTERNAL_ERROR by peer");
  EXPECT_TRUE(lives(*client));
}

TEST_F(HTTP2AnswersTest, a_handler_may_finish_in_a_later_turn_and_let_go_later_still) {
  bool dropped = false;
  serve(holding_);
  auto client = ask_http2();
  ScriptedStream& call = client->get("/");
  ASSERT_TRUE(run_until([&] { return held_.size() == 1; }));
  held_[0]->attach(std::make_unique<Dropped>(&dropped));
  settle();
  held_[0]->write("late");
  held_[0]->finish();
  ASSERT_TRUE(closed(call));
  EXPECT_EQ(call.body, "late");
  settle();
  EXPECT_FALSE(dropped);
  EXPECT_EQ(held_[0]->head().path, "/");
  held_[0]->release();
  EXPECT_TRUE(run_until([&] { return dropped; }));
}

TEST_F(HTTP2AnswersTest, answers_come_as_they_are_ready_not_as_they_were_asked) {
  serve(holding_);
  auto client = ask_http2();
  ScriptedStream& first = client->get("/first");
  ScriptedStream& second = client->get("/second");
  ASSERT_TRUE(run_until([&] { return held_.size() == 2; }));
  answer(*held_[1], "2");
  ASSERT_TRUE(answered(second));
  EXPECT_EQ(first.head, "");
  answer(*held_[0], "1");
  ASSERT_TRUE(answered(first));
}

}  // namespace
}  // namespace turbo
