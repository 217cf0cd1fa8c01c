// Channels against a server of gRPC's own: the wire as others understand it.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <string>

#include "framework/base/check.h"
#include "framework/loop/task.h"
#include "tests/rpc/channel_fixture.h"

namespace turbo::rpc {
namespace {

using std::chrono::milliseconds;

class PythonServer {
 public:
  PythonServer() {
    std::array<int, 2> in;
    std::array<int, 2> out;
    TURBO_CHECK(pipe2(in.data(), O_CLOEXEC) == 0 && pipe2(out.data(), O_CLOEXEC) == 0, "pipes");
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in[0], 0);
    posix_spawn_file_actions_adddup2(&actions, out[1], 1);
    // Debian's, which has the package.
    const char* command[] = {"/usr/bin/python3", "tests/rpc/python_server.py", nullptr};
    TURBO_CHECK(posix_spawn(&pid_, command[0], &actions, nullptr, const_cast<char**>(command),
                            environ) == 0,
                "the server does not start");
    posix_spawn_file_actions_destroy(&actions);
    close(in[0]);
    close(out[1]);
    input_ = in[1];
    FILE* const said = fdopen(out[0], "r");
    TURBO_CHECK(fscanf(said, "%d", &port_) == 1, "the server said no port");
    fclose(said);
  }
  ~PythonServer() {
    close(input_);
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  std::string target() const { return "ipv4:127.0.0.1:" + std::to_string(port_); }

 private:
  pid_t pid_ = -1;
  int input_ = -1;
  int port_ = 0;
};

class PythonServerTest : public ChannelFixture {
 protected:
  PythonServerTest() { open(python().target()); }

  static const PythonServer& python() {
    static const PythonServer server;
    return server;
  }
  ClientContext& context() { return contexts_.emplace_back(); }
  template <class T>
  T run(Task<T> task) {
    bool done = false;
    task.start([&] { done = true; });
    EXPECT_TRUE(run_until([&] { return done; }));
    return task.result();
  }
};

TEST_F(PythonServerTest, a_unary_call) { EXPECT_EQ(told(call("hello")), "OK: hello"); }

TEST_F(PythonServerTest, large_messages_and_compressed_ones) {
  const std::string large(3 << 20, 'x');
  EXPECT_EQ(told(call(large)), "OK: " + large);
  ClientContext& packed = context();
  packed.set_compression(Compression::kGzip);
  packed.metadata().add("compress", "1").IgnoreError();
  EXPECT_EQ(told(call(packed, large)), "OK: " + large);
  EXPECT_EQ(packed.initial_metadata().size(), 0u);
}

TEST_F(PythonServerTest, a_status_with_metadata) {
  ClientContext& failing = context();
  failing.metadata().add("fail", "1").IgnoreError();
  EXPECT_EQ(told(call(failing)), "FAILED_PRECONDITION: as \xE2\x98\xBA you\r\nlike");
  EXPECT_EQ(failing.trailing_metadata().find("last-bin"), std::string_view("\x00\xff", 2));
}

TEST_F(PythonServerTest, initial_metadata_comes_back) {
  ClientContext& asking = context();
  asking.metadata().add("echo", "there").IgnoreError();
  EXPECT_EQ(told(call(asking)), "OK: hello");
  EXPECT_EQ(asking.initial_metadata().find("echo"), "there");
}

TEST_F(PythonServerTest, a_deadline) {
  ClientContext& slow = context();
  slow.metadata().add("sleep", "1").IgnoreError();
  slow.set_timeout(milliseconds(50));
  EXPECT_TRUE(begins_with(told(call(slow)), "DEADLINE_EXCEEDED")) << "whoever sees it first";
}

TEST_F(PythonServerTest, an_unknown_method) {
  constexpr Method kUnknown = {"/test.Echo/Unknown", MethodKind::kUnary};
  Outcome outcome;
  call_unary<StringValue>(*channel_, kUnknown, context(), text(""),
                          [&](absl::StatusOr<StringValue> reply) { outcome.result = reply; });
  EXPECT_TRUE(begins_with(told(outcome), "UNIMPLEMENTED"));
}

Task<std::string> read_all(Channel& channel, ClientContext& context) {
  ClientReader<StringValue> reader(channel, kReadMethod, context, text(std::string(10000, 'x')));
  size_t count = 0;
  for (StringValue message;; ++count) {
    auto read = reader.read(message);
    if (!co_await read) break;
  }
  auto finish = reader.finish();
  const absl::Status status = co_await finish;
  co_return std::to_string(count) + " " + std::string(status.ToString());
}

TEST_F(PythonServerTest, many_replies) { EXPECT_EQ(run(read_all(*channel_, context())), "100 OK"); }

Task<std::string> write_all(Channel& channel, ClientContext& context) {
  ClientWriter<StringValue, StringValue> writer(channel, kWriteMethod, context);
  for (int i = 0; i < 100; ++i) {
    auto write = writer.write(text(std::string(10000, 'x') + std::to_string(i)));
    const absl::Status written = co_await write;
    if (!written.ok()) break;
  }
  auto finish = writer.finish();
  const absl::StatusOr<StringValue> reply = co_await finish;
  co_return reply.ok() ? reply->value().substr(10000) : std::string(reply.status().ToString());
}

TEST_F(PythonServerTest, many_requests) { EXPECT_EQ(run(write_all(*channel_, context())), "99"); }

Task<std::string> chat(Channel& channel, ClientContext& context) {
  ClientStream<StringValue, StringValue> stream(channel, kChatMethod, context);
  std::string all;
  for (int i = 0; i < 5; ++i) {
    auto write = stream.write(text(std::to_string(i)));
    const absl::Status written = co_await write;
    StringValue message;
    auto read = stream.read(message);
    if (!written.ok() || !co_await read) break;
    all += message.value();
  }
  auto finish = stream.finish();
  const absl::Status status = co_await finish;
  co_return all + std::string(status.ToString());
}

TEST_F(PythonServerTest, both) { EXPECT_EQ(run(chat(*channel_, context())), "01234OK"); }

TEST_F(PythonServerTest, many_calls_at_once) {
  std::vector<Outcome*> all;
  for (int i = 0; i < 500; ++i) all.push_back(&call(std::to_string(i)));
  for (int i = 0; i < 500; ++i) EXPECT_EQ(told(*all[i]), "OK: " + std::to_string(i));
}

}  // namespace
}  // namespace turbo::rpc
