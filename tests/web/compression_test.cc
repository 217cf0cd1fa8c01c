#include "framework/web/compression.h"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "framework/compress/decompressor.h"
#include "tests/server/lambda_service.h"
#include "tests/server/response_reader.h"
#include "tests/server/server_fixture.h"

namespace turbo::web {
namespace {

using Fields = std::vector<std::pair<std::string_view, std::string_view>>;

std::string sentences(size_t bytes) {
  std::string text;
  for (size_t i = 0; text.size() < bytes; ++i)
    text += "Line " + std::to_string(i * i) + " of it.\n";
  text.resize(bytes);
  return text;
}

std::string plain(std::string_view coding, const std::string& body) {
  const auto decompressor = Decompressor::make(*format_of_coding(coding));
  Buffer out;
  EXPECT_TRUE(decompressor->feed(Buffer::copy_of(body), out).ok());
  while (decompressor->has_more()) EXPECT_TRUE(decompressor->feed({}, out).ok());
  return out.to_string();
}

class CompressionTest : public ServerFixture {
 protected:
  // Exchanges refer to what they are compressed by.
  ~CompressionTest() override { server_.reset(); }

  // Serves one answer to everybody.
  void answer_with(LambdaService::Function handler, CompressionOptions options = {}) {
    server_.reset();
    options.enabled = true;
    compression_ = std::make_unique<Compression>(options);
    service_ = std::make_unique<LambdaService>(
        std::move(handler), [this](Exchange& exchange) { compression_->apply(exchange); });
    serve(*service_);
  }
  void answer_with(int status, Fields fields, std::string body) {
    answer_with([=](Exchange& exchange) {
      exchange.response().set_status(status);
      for (const auto& [name, value] : fields) {
        ASSERT_TRUE(exchange.response().add(name, value).ok());
      }
      exchange.write(Buffer::from_string(body));
      exchange.finish();
    });
  }

  SeenResponse ask(std::string_view accepted, std::string_view method = "GET") {
    const std::string answer = answer_to(
        std::string(method) + " / HTTP/1.1\r\nHost: a\r\n" +
        (accepted.empty() ? "" : "Accept-Encoding: " + std::string(accepted) + "\r\n") + "\r\n");
    SeenResponse response;
    ResponseReader reader(answer, method == "HEAD" ? "content-length" : "");
    EXPECT_TRUE(reader.next(response)) << reader.problem();
    EXPECT_TRUE(reader.rest().empty());
    return response;
  }

  std::unique_ptr<Compression> compression_;
  std::unique_ptr<LambdaService> service_;
};

const Fields kText = {{"Content-Type", "text/plain"}};

TEST_F(CompressionTest, the_client_says_which_coding_it_takes) {
  const std::string text = sentences(5000);
  answer_with(200, kText, text);
  const struct {
    std::string_view accepted;
    std::string_view coding;
  } cases[] = {
      {"gzip, deflate, br", "br"}, {"gzip", "gzip"}, {"br;q=0.5, gzip", "gzip"}, {"*", "br"}};
  for (const auto& each : cases) {
    const SeenResponse response = ask(each.accepted);
    EXPECT_EQ(response.find("content-encoding"), each.coding) << each.accepted;
    EXPECT_EQ(response.find("content-length"), std::to_string(response.body.size()));
    EXPECT_EQ(response.find("vary"), "Accept-Encoding");
    EXPECT_LT(response.body.size(), text.size() / 2);
    EXPECT_EQ(plain(each.coding, response.body), text);
  }
}

TEST_F(CompressionTest, who_takes_no_coding_gets_plain_bytes_and_caches_are_told) {
  const std::string text = sentences(5000);
  answer_with(200, {{"Content-Type", "text/plain"}, {"ETag", "\"1\""}}, text);
  for (const char* accepted : {"", "identity", "zstd", "gzip;q=0, br;q=0"}) {
    const SeenResponse response = ask(accepted);
    EXPECT_EQ(response.find("content-encoding"), std::nullopt) << accepted;
    EXPECT_EQ(response.find("vary"), "Accept-Encoding");
    EXPECT_EQ(response.find("etag"), "\"1\"") << "the plain bytes keep their strong tag";
    EXPECT_EQ(response.body, text);
  }
}

// Whatever the client takes, so no cache is told of a choice.
TEST_F(CompressionTest, some_answers_are_never_compressed) {
  const std::string text = sentences(2000);
  const struct {
    const char* why;
    int status;
    Fields fields;
    std::string body;
  } cases[] = {
      {"too short", 200, kText, sentences(1023)},
      {"empty", 200, kText, ""},
      {"too long", 200, kText, sentences(CompressionOptions().max_bytes + 1)},
      {"a picture", 200, {{"Content-Type", "image/png"}}, text},
      {"of no type", 200, {}, text},
      {"a part", 206, kText, text},
      {"without a body", 204, kText, ""},
      {"encoded", 200, {{"Content-Type", "text/plain"}, {"Content-Encoding", "br"}}, text},
      {"not to be changed",
       200,
       {{"Content-Type", "text/plain"}, {"Cache-Control", "private, No-Transform"}},
       text},
      {"not to be changed, says the second line",
       200,
       {{"Content-Type", "text/plain"},
        {"Cache-Control", "private"},
        {"Cache-Control", "no-transform"}},
       text},
  };
  for (const auto& each : cases) {
    answer_with(each.status, each.fields, each.body);
    const SeenResponse response = ask("gzip, br");
    EXPECT_EQ(response.find("vary"), std::nullopt) << each.why;
    EXPECT_TRUE(response.body == each.body) << each.why;
    EXPECT_EQ(response.find("content-encoding").has_value(),
              each.fields.size() > 1 && each.fields[1].first == "Content-Encoding")
        << each.why;
  }
}

TEST_F(CompressionTest, the_shortest_and_the_longest_that_pay_are_compressed) {
  for (const size_t size : {size_t{1024}, CompressionOptions().max_bytes}) {
    answer_with(200, kText, sentences(size));
    const SeenResponse response = ask("gzip");
    ASSERT_EQ(response.find("content-encoding"), "gzip") << size;
    EXPECT_TRUE(plain("gzip", response.body) == sentences(size));
  }
}

TEST_F(CompressionTest, error_pages_are_answers_too) {
  answer_with([](Exchange& exchange) {
    exchange.write("half of an answer");
    exchange.send_error(404, sentences(2000));
  });
  const SeenResponse response = ask("gzip");
  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(response.find("content-encoding"), "gzip");
  EXPECT_NE(plain("gzip", response.body).find("Line 0 of it"), std::string::npos);
}

TEST_F(CompressionTest, joins_a_vary_that_is_there) {
  const std::string text = sentences(2000);
  const struct {
    std::string_view before;
    size_t fields;
  } cases[] = {{"Origin", 2}, {"Origin, accept-encoding", 1}, {"*", 1}};
  for (const auto& each : cases) {
    answer_with(200, {{"Content-Type", "text/plain"}, {"Vary", each.before}}, text);
    const SeenResponse response = ask("gzip");
    EXPECT_EQ(response.find("content-encoding"), "gzip");
    EXPECT_EQ(response.find("vary"), each.before) << "what the handler said stays";
    size_t fields = 0;
    for (const auto& [name, value] : response.fields) fields += name == "vary" ? 1 : 0;
    EXPECT_EQ(fields, each.fields) << each.before;
  }
}

TEST_F(CompressionTest, a_strong_entity_tag_becomes_weak_and_ranges_are_not_offered) {
  const std::string text = sentences(2000);
  for (const std::string_view tag : {"\"abc\"", "W/\"abc\""}) {
    answer_with(200, {{"Content-Type", "text/plain"}, {"ETag", tag}, {"Accept-Ranges", "bytes"}},
                text);
    const SeenResponse response = ask("gzip");
    EXPECT_EQ(response.find("etag"), "W/\"abc\"");
    EXPECT_EQ(response.find("accept-ranges"), std::nullopt);
  }
}

TEST_F(CompressionTest, not_modified_says_what_the_whole_answer_would) {
  answer_with(304, {{"Content-Type", "text/plain"}, {"ETag", "\"abc\""}}, "");
  EXPECT_EQ(ask("gzip").find("etag"), "W/\"abc\"");
  EXPECT_EQ(ask("gzip").find("vary"), "Accept-Encoding");
  EXPECT_EQ(ask("").find("etag"), "\"abc\"");
  EXPECT_EQ(ask("").find("vary"), "Accept-Encoding");
  answer_with(304, {{"ETag", "\"abc\""}}, "");
  EXPECT_EQ(ask("gzip").find("etag"), "\"abc\"") << "of what is not known to be text";
}

TEST_F(CompressionTest, head_has_the_fields_of_get) {
  answer_with(200, {{"Content-Type", "text/plain"}, {"ETag", "\"abc\""}}, sentences(3000));
  for (const char* accepted : {"gzip", "br", "identity"}) {
    const SeenResponse get = ask(accepted);
    const SeenResponse head = ask(accepted, "HEAD");
    EXPECT_EQ(head.fields, get.fields) << accepted;
    EXPECT_TRUE(head.body.empty());
  }
}

TEST_F(CompressionTest, a_declared_length_is_kept) {
  const std::string text = sentences(4000);
  answer_with([text](Exchange& exchange) {
    ASSERT_TRUE(exchange.response().set("Content-Type", "text/plain").ok());
    exchange.set_content_length(text.size());
    exchange.write(text);
    exchange.finish();
  });
  const SeenResponse response = ask("gzip");
  EXPECT_EQ(response.find("content-encoding"), std::nullopt);
  EXPECT_EQ(response.body, text);
}

TEST_F(CompressionTest, does_nothing_unless_enabled) {
  Compression compression{CompressionOptions()};
  LambdaService service(
      [](Exchange& exchange) {
        ASSERT_TRUE(exchange.response().set("Content-Type", "text/plain").ok());
        exchange.write(sentences(3000));
        exchange.finish();
      },
      [&](Exchange& exchange) { compression.apply(exchange); });
  serve(service);
  const SeenResponse response = ask("gzip");
  EXPECT_EQ(response.find("content-encoding"), std::nullopt);
  EXPECT_EQ(response.find("vary"), std::nullopt);
  server_.reset();
}

// ---- streams ----

// Exchanges that are kept open, for the test to write to.
class CompressedStreamTest : public CompressionTest {
 protected:
  void serve_streams(CompressionOptions options = {}) {
    answer_with(
        [this](Exchange& exchange) {
          ASSERT_TRUE(exchange.response().set("Content-Type", "text/event-stream").ok());
          exchange.hold();
          exchange.flush();
          open_.push_back(&exchange);
        },
        options);
  }
  std::unique_ptr<RawClient> open_stream(std::string_view accepted) {
    const size_t before = open_.size();
    auto client = connect();
    client->send("GET / HTTP/1.1\r\nHost: a\r\nAccept-Encoding: " + std::string(accepted) +
                 "\r\n\r\n");
    EXPECT_TRUE(run_until([&] { return open_.size() > before && !client->received().empty(); }));
    return client;
  }
  // What the chunks received so far hold, the last of which may be missing.
  static SeenResponse seen(const RawClient& client) {
    std::string bytes = client.received();
    if (!ends_with(bytes, "0\r\n\r\n")) bytes += "0\r\n\r\n";
    SeenResponse response;
    ResponseReader reader(bytes);
    EXPECT_TRUE(reader.next(response)) << reader.problem();
    return response;
  }

  std::vector<Exchange*> open_;
};

TEST_F(CompressedStreamTest, every_flush_arrives_at_once) {
  serve_streams();
  for (const std::string_view coding : {"gzip", "br"}) {
    const auto client = open_stream(coding);
    Exchange& exchange = *open_.back();
    std::string expected;
    for (int i = 0; i < 5; ++i) {
      const std::string event = "data: " + std::to_string(i) + "\n\n";
      expected += event;
      const size_t before = client->received().size();
      exchange.write(event);
      exchange.flush();
      ASSERT_TRUE(run_until([&] { return client->received().size() > before; }));
      const SeenResponse response = seen(*client);
      EXPECT_EQ(response.find("content-encoding"), coding);
      EXPECT_EQ(response.find("vary"), "Accept-Encoding");
      EXPECT_EQ(plain(coding, response.body), expected);
    }
    exchange.finish();
    exchange.release();
    ASSERT_TRUE(run_until([&] { return ends_with(client->received(), "0\r\n\r\n"); }));
    const auto decompressor = Decompressor::make(*format_of_coding(coding));
    Buffer out;
    EXPECT_TRUE(decompressor->feed(Buffer::from_string(seen(*client).body), out).ok());
    EXPECT_TRUE(decompressor->finish().ok());
    EXPECT_EQ(out, expected);
  }
}

TEST_F(CompressedStreamTest, streams_are_gzip_when_the_client_takes_either) {
  serve_streams();
  const auto client = open_stream("br, gzip");
  EXPECT_EQ(seen(*client).find("content-encoding"), "gzip");
  open_.back()->finish();
  open_.back()->release();
  settle();
}

TEST_F(CompressedStreamTest, a_flush_of_nothing_sends_nothing) {
  serve_streams();
  const auto client = open_stream("gzip");
  open_.back()->write("data: 1\n\n");
  open_.back()->flush();
  settle();
  const size_t before = client->received().size();
  open_.back()->flush();
  open_.back()->flush();
  settle();
  EXPECT_EQ(client->received().size(), before);
  open_.back()->finish();
  open_.back()->release();
  settle();
}

TEST_F(CompressedStreamTest, no_more_are_compressed_at_once_than_may_be) {
  serve_streams({.max_streams = 2});
  const auto first = open_stream("gzip");
  auto second = open_stream("gzip");
  EXPECT_EQ(compression_->streams(), 2u);
  const auto third = open_stream("gzip");
  EXPECT_EQ(seen(*third).find("content-encoding"), std::nullopt);
  EXPECT_EQ(seen(*third).find("vary"), "Accept-Encoding");
  // The place of one that ended is free, and so is that of one whose client went away.
  open_[0]->finish();
  open_[0]->release();
  EXPECT_EQ(compression_->streams(), 1u);
  second.reset();
  ASSERT_TRUE(run_until([&] {
    if (compression_->streams() == 0) return true;
    open_[1]->write("data: to nobody\n\n");
    open_[1]->flush();
    return false;
  }));
  const auto fourth = open_stream("gzip");
  EXPECT_EQ(seen(*fourth).find("content-encoding"), "gzip");
}

// ---- a client that many use ----

TEST_F(CompressionTest, curl_reads_it) {
  const std::string text = sentences(50'000);
  answer_with(200, kText, text);
  const std::string command =
      "curl --silent --compressed --max-time 20 http://" + address_.to_string() + "/";
  auto output = std::async(std::launch::async, [command] {
    std::string bytes;
    FILE* const pipe = popen(command.c_str(), "r");
    std::array<char, 4096> piece;
    for (size_t size = 0; (size = fread(piece.data(), 1, piece.size(), pipe)) > 0;) {
      bytes.append(piece.data(), size);
    }
    return std::make_pair(pclose(pipe), bytes);
  });
  while (output.wait_for(std::chrono::seconds(0)) != std::future_status::ready) loop_.run_once();
  const auto [code, bytes] = output.get();
  EXPECT_EQ(code, 0);
  EXPECT_TRUE(bytes == text) << bytes.size();
}

}  // namespace
}  // namespace turbo::web
