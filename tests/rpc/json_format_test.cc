// Calls by HTTP with JSON, as curl makes them.
#include "framework/rpc/json_format.h"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/cord.h"
#include "framework/base/views.h"
#include "framework/loop/sleep.h"
#include "framework/rpc/status_fields.h"
#include "tests/rpc/call_fixture.h"
#include "tests/rpc/library.turbo.h"
#include "tests/server/lambda_service.h"
#include "tests/server/response_reader.h"

namespace turbo::rpc {
namespace {

using test::Book;

class Shelves final : public test::Library::Service {
 public:
  Task<absl::Status> get_book(ServerContext& context, const test::GetBookRequest& request,
                              Book& reply) override {
    context.initial_metadata().add("first", "1").IgnoreError();
    context.trailing_metadata().add("last", "2").IgnoreError();
    if (request.name().ends_with("lost")) co_return absl::NotFoundError("no such book");
    reply.set_name(request.name());
    co_return absl::OkStatus();
  }
  Task<absl::Status> list_books(ServerContext&, const test::ListBooksRequest& request,
                                test::ListBooksReply& reply) override {
    for (int i = 0; i < request.page_size(); ++i) {
      reply.add_books()->set_name(request.parent() + "/" + std::to_string(i));
    }
    reply.set_next_page_token(request.page_token());
    co_return absl::OkStatus();
  }
  Task<absl::Status> create_book(ServerContext&, const test::CreateBookRequest& request,
                                 Book& reply) override {
    reply = request.book();
    reply.set_name(request.parent() + "/" + request.request_id());
    co_return absl::OkStatus();
  }
  Task<absl::Status> update_book(ServerContext&, const test::UpdateBookRequest& request,
                                 Book& reply) override {
    reply = request.book();
    reply.set_title(request.update_mask().ShortDebugString());
    co_return absl::OkStatus();
  }
  Task<absl::Status> delete_book(ServerContext&, const test::GetBookRequest&,
                                 google::protobuf::Empty&) override {
    co_return absl::OkStatus();
  }
  Task<absl::Status> publish_book(ServerContext&, const test::PublishBookRequest& request,
                                  Book& reply) override {
    reply.set_name(request.name());
    reply.set_title(request.channel());
    co_return absl::OkStatus();
  }
  Task<absl::Status> watch_books(ServerContext& context, const test::ListBooksRequest& request,
                                 ServerWriter<Book>& writer) override {
    context.trailing_metadata().add("last", "2").IgnoreError();
    Book book;
    for (int i = 0; i < request.page_size(); ++i) {
      book.set_name(request.parent() + "/" + std::to_string(i));
      auto write = writer.write(book);
      co_await write;
      auto pause = sleep_for(context.loop(), pause_);
      co_await pause;
    }
    if (request.page_token() == "bad") co_return absl::OutOfRangeError("no such page");
    co_return absl::OkStatus();
  }
  Task<absl::Status> plain(ServerContext& context, const test::GetBookRequest& request,
                           Book& reply) override {
    if (request.name() == "early") {
      context.send_initial_metadata();
      co_return absl::DataLossError("too late");
    }
    reply.set_name(request.name());
    co_return absl::OkStatus();
  }

  Duration pause_ = Duration::zero();
};

class JSONFormatTest : public HTTP2Fixture {
 protected:
  JSONFormatTest() { services_.add(shelves_).serve_json(); }

  HTTP2Client& client() {
    if (server_ == nullptr) serve(services_);
    if (client_ == nullptr) client_ = ask_http2();
    return *client_;
  }

  ScriptedStream& ask(std::string_view method, std::string_view target, std::string body = "",
                      std::vector<http::Field> fields = {}) {
    if (!body.empty()) fields.push_back({"content-type", "application/json"});
    ScriptedStream& seen = client().ask(method, target, std::move(body), fields);
    EXPECT_TRUE(answered(seen));
    return seen;
  }
  // "200 {}".
  std::string answer(std::string_view method, std::string_view target, std::string body = "",
                     std::vector<http::Field> fields = {}) {
    ScriptedStream& seen = ask(method, target, std::move(body), std::move(fields));
    return seen.head.substr(1, 4) + seen.body;
  }

  Shelves shelves_;
  Services services_;
  std::unique_ptr<HTTP2Client> client_;
};

TEST_F(JSONFormatTest, annotated_methods_are_requests_to_resources) {
  EXPECT_EQ(answer("GET", "/v1/shelves/1/books/2"), R"(200 {"name":"shelves/1/books/2"})");
  EXPECT_EQ(answer("GET", "/v1/books/x%2Fy"), R"(200 {"name":"x/y"})");
  EXPECT_EQ(answer("GET", "/v1/shelves/1/books?page_size=2&pageToken=t"),
            R"(200 {"books":[{"name":"shelves/1/0"},{"name":"shelves/1/1"}],"nextPageToken":"t"})");
  EXPECT_EQ(answer("GET", "/v1/shelves/1/bare?page_size=1"), R"(200 [{"name":"shelves/1/0"}])");
  EXPECT_EQ(answer("GET", "/v1/shelves/1/bare"), "200 []");
  EXPECT_EQ(answer("POST", "/v1/shelves/1/books?request_id=7", R"({"title": "ä", "tags": ["x"]})"),
            R"(200 {"name":"shelves/1/7","title":"ä","tags":["x"]})");
  EXPECT_EQ(answer("PATCH", "/v1/shelves/1/books/2?updateMask=title,author.birthYear", "{}"),
            R"(200 {"name":"shelves/1/books/2","title":"paths: \"title\" )"
            R"(paths: \"author.birth_year\""})");
  EXPECT_EQ(answer("DELETE", "/v1/shelves/1/books/2"), "200 {}");
  EXPECT_EQ(answer("POST", "/v1/shelves/1/books/2:publish", R"({"channel": "c"})"),
            R"(200 {"name":"shelves/1/books/2","title":"c"})");
}

TEST_F(JSONFormatTest, every_method_is_a_post_to_its_path) {
  EXPECT_EQ(answer("POST", "/turbo.test.Library/Plain", R"({"name": "x"})"), R"(200 {"name":"x"})");
  EXPECT_EQ(answer("POST", "/turbo.test.Library/GetBook", R"({"name": "x"})"),
            R"(200 {"name":"x"})");
  EXPECT_EQ(answer("POST", "/turbo.test.Library/Plain", "", {{"content-type", "application/json"}}),
            "200 {}");
  EXPECT_EQ(answer("POST", "/turbo.test.Library/Plain?name=x", "{}"),
            R"(400 {"code":3,"message":"a parameter for what is elsewhere: name","details":[]})");
}

TEST_F(JSONFormatTest, metadata_are_fields) {
  ScriptedStream& seen = ask("GET", "/v1/shelves/1/books/2");
  EXPECT_EQ(seen.head.substr(0, 4), " 200");
  EXPECT_NE(seen.head.find(" content-type=application/json first=1 last=2"), std::string::npos)
      << seen.head;
  EXPECT_EQ(seen.end, "end");
}

TEST_F(JSONFormatTest, a_failed_call_has_the_http_status_of_its_code) {
  ScriptedStream& seen = ask("GET", "/v1/shelves/1/books/lost");
  EXPECT_EQ(seen.head.substr(0, 4), " 404");
  EXPECT_NE(seen.head.find(" content-type=application/json"), std::string::npos);
  EXPECT_NE(seen.head.find(" first=1 last=2"), std::string::npos);
  EXPECT_EQ(seen.body, R"({"code":5,"message":"no such book","details":[]})");
  EXPECT_EQ(answer("POST", "/turbo.test.Library/AddBooks", "{}").substr(0, 3), "501");
  EXPECT_EQ(
      answer("POST", "/v1/books:add", "{}"),
      R"(501 {"code":12,"message":"a method of many messages, which JSON has not","details":[]})");
  EXPECT_EQ(answer("GET", "/v1/shelves/1/books", "", {{"grpc-timeout", "soon"}}).substr(0, 3),
            "500");
}

TEST_F(JSONFormatTest, malformed_requests_are_the_clients_fault) {
  const struct {
    std::string_view method, target, body;
  } cases[] = {
      {"GET", "/v1/shelves/1/books?page_size=x", ""},
      {"GET", "/v1/shelves/1/books?nothing=1", ""},
      {"GET", "/v1/shelves/1/books?parent=x", ""},
      {"GET", "/v1/books/%zz", ""},
      {"GET", "/v1/books/x", "{}"},
      {"POST", "/v1/shelves/1/books", "{"},
      {"POST", "/v1/shelves/1/books", R"({"none": 1})"},
      {"POST", "/turbo.test.Library/Plain", "[]"},
      {"POST", "/turbo.test.Library/Plain", "\xff"},
  };
  for (const auto& each : cases) {
    const std::string seen = answer(each.method, each.target, std::string(each.body));
    EXPECT_EQ(seen.substr(0, 13), R"(400 {"code":3)") << each.method << " " << each.target;
  }
}

TEST_F(JSONFormatTest, a_body_of_another_type_is_refused) {
  client();
  const http::Field form{"content-type", "application/x-www-form-urlencoded"};
  ScriptedStream& annotated = client().ask("POST", "/v1/shelves/1/books", "a=b", {&form, 1});
  ScriptedStream& plain = client().ask("POST", "/turbo.test.Library/Plain", "a=b", {&form, 1});
  ASSERT_TRUE(answered(annotated) && answered(plain));
  EXPECT_EQ(annotated.head.substr(0, 4), " 415");
  EXPECT_EQ(plain.head.substr(0, 4), " 404") << "no call";
}

TEST_F(JSONFormatTest, many_replies_are_a_line_each) {
  ScriptedStream& seen = ask("GET", "/v1/shelves/1/books:watch?page_size=2");
  EXPECT_NE(seen.head.find(" content-type=application/x-ndjson"), std::string::npos);
  EXPECT_EQ(seen.body,
            "{\"result\":{\"name\":\"shelves/1/0\"}}\n{\"result\":{\"name\":\"shelves/1/1\"}}\n");
  EXPECT_EQ(seen.end, "end last=2");
  EXPECT_EQ(answer("GET", "/v1/shelves/1/books:watch"), "200 ");
  EXPECT_EQ(answer("POST", "/turbo.test.Library/WatchBooks", R"({"pageSize": 1})"),
            "200 {\"result\":{\"name\":\"/0\"}}\n");
}

TEST_F(JSONFormatTest, a_stream_that_fails_ends_with_the_error) {
  EXPECT_EQ(answer("GET", "/v1/shelves/1/books:watch?page_size=1&page_token=bad"),
            "200 {\"result\":{\"name\":\"shelves/1/0\"}}\n"
            "{\"error\":{\"code\":11,\"message\":\"no such page\",\"details\":[]}}\n");
  EXPECT_EQ(answer("GET", "/v1/shelves/1/books:watch?page_token=bad"),
            R"(400 {"code":11,"message":"no such page","details":[]})");
}

TEST_F(JSONFormatTest, lines_leave_as_they_are_written_over_http_1) {
  shelves_.pause_ = std::chrono::seconds(1);
  client();
  auto raw = connect();
  raw->send("GET /v1/shelves/1/books:watch?page_size=2 HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(run_until([&] { return contains(raw->received(), "shelves/1/0\"}}\n"); }));
  EXPECT_FALSE(contains(raw->received(), "shelves/1/1"));
  clock_.advance(std::chrono::seconds(1));
  ASSERT_TRUE(run_until([&] { return contains(raw->received(), "shelves/1/1"); }));
  clock_.advance(std::chrono::seconds(1));
  ASSERT_TRUE(run_until([&] { return contains(raw->received(), "\r\n0\r\nlast: 2\r\n\r\n"); }));
}

TEST_F(JSONFormatTest, unary_calls_by_http_1_keep_the_connection) {
  client();
  const std::string one =
      "POST /turbo.test.Library/Plain HTTP/1.1\r\nHost: a\r\n"
      "Content-Type: application/json\r\nContent-Length: 13\r\n\r\n"
      "{\"name\": \"x\"}";
  const std::string received = answer_to(one + one);
  ResponseReader reader(received);
  for (int i = 0; i < 2; ++i) {
    SeenResponse response;
    ASSERT_TRUE(reader.next(response)) << reader.problem() << received;
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.body, R"({"name":"x"})");
  }
}

TEST_F(JSONFormatTest, a_request_above_the_limit_is_413) {
  services_.set_options("turbo.test.Library", {.max_request_bytes = 20});
  EXPECT_EQ(answer("POST", "/turbo.test.Library/Plain", R"({"name": "12345678"})").substr(0, 3),
            "200");
  EXPECT_EQ(answer("POST", "/turbo.test.Library/Plain", R"({"name": "123456789"})"),
            R"(413 {"code":8,"message":"a request above the limit","details":[]})");
}

TEST_F(JSONFormatTest, a_reply_above_the_limit_is_an_error) {
  services_.set_options("turbo.test.Library", {.max_reply_bytes = 14});
  EXPECT_EQ(answer("GET", "/v1/books/x"), R"(200 {"name":"x"})");
  EXPECT_EQ(answer("GET", "/v1/books/xxxx"),
            R"(429 {"code":8,"message":"a reply above the limit","details":[]})");
}

TEST_F(JSONFormatTest, a_body_may_be_compressed) {
  const std::string packed =
      compress(Buffer::copy_of(R"({"name": "x"})"), Compression::kGzip).to_string();
  EXPECT_EQ(answer("POST", "/turbo.test.Library/Plain", packed, {{"content-encoding", "gzip"}}),
            R"(200 {"name":"x"})");
  services_.set_options("turbo.test.Library", {});
  const std::string bomb =
      compress(Buffer::from_string(std::string(6'000'000, ' ') + "{}"), Compression::kGzip)
          .to_string();
  EXPECT_EQ(answer("POST", "/turbo.test.Library/Plain", bomb, {{"content-encoding", "gzip"}})
                .substr(0, 3),
            "413");
}

TEST_F(JSONFormatTest, a_promised_answer_that_fails_is_cut) {
  ScriptedStream& seen =
      client().ask("POST", "/turbo.test.Library/Plain", R"({"name": "early"})",
                   std::vector<http::Field>{{"content-type", "application/json"}});
  ASSERT_TRUE(closed(seen));
  EXPECT_EQ(seen.head.substr(0, 4), " 200");
  EXPECT_EQ(seen.end, "");
  EXPECT_NE(seen.closed, "NO_ERROR");
}

TEST_F(JSONFormatTest, names_and_defaults_are_the_programs_choice) {
  services_.serve_json({.print_defaults = true, .proto_names = true, .ignore_unknown = true});
  EXPECT_EQ(answer("GET", "/v1/shelves/1/books?pageSize=0&nothing=1"),
            R"(200 {"books":[],"next_page_token":""})");
}

TEST_F(JSONFormatTest, all_else_is_https_business) {
  LambdaService http([](Exchange& exchange) {
    exchange.write("page");
    exchange.finish();
  });
  services_.set_http(http);
  for (const std::string_view target : {"/", "/v1/shelves/1", "/turbo.test.Library/Plain"}) {
    EXPECT_EQ(answer("GET", target), "200 page") << target;
  }
  EXPECT_EQ(answer("POST", "/turbo.test.Library/None", "{}"), "200 page");
  EXPECT_EQ(answer("PUT", "/v1/shelves/1/books/2", "{}"), "200 page");
}

TEST_F(JSONFormatTest, preflights_of_annotated_requests_are_answered) {
  services_.set_cors({.origins = {"https://a.example"}});
  const auto preflight = [this](std::string_view method, std::string_view path) {
    return ask("OPTIONS", path, "",
               {{"origin", "https://a.example"}, {"access-control-request-method", method}})
        .head;
  };
  const std::string head = preflight("DELETE", "/v1/shelves/1/books/2");
  EXPECT_EQ(head.substr(0, 4), " 204");
  EXPECT_NE(head.find(" access-control-allow-methods=DELETE"), std::string::npos);
  EXPECT_EQ(preflight("PUT", "/v1/shelves/1/books/2").substr(0, 4), " 404");
  const std::string lost =
      ask("GET", "/v1/shelves/1/books/lost", "", {{"origin", "https://a.example"}}).head;
  EXPECT_NE(lost.find(" access-control-allow-origin=https://a.example"), std::string::npos);
}

TEST_F(JSONFormatTest, json_is_off_unless_it_is_asked_for) {
  Services services;
  services.add(shelves_);
  serve(services);
  client_ = ask_http2();
  EXPECT_EQ(answer("GET", "/v1/shelves/1/books/2").substr(0, 3), "404");
  EXPECT_EQ(answer("POST", "/turbo.test.Library/Plain", "{}").substr(0, 3), "404");
}

}  // namespace
}  // namespace turbo::rpc
