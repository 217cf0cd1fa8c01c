// read_some() with an InputHandler: the same rules as with a callback.
#include <functional>
#include <string>
#include <vector>

#include "tests/net/stream_test.h"

namespace turbo {
namespace {

// Reads on and on, and keeps what it was told.
class Recorder final : public InputHandler {
 public:
  void on_input(Buffer data) override {
    pieces.push_back(data.to_string());
    if (on_piece) on_piece();
  }
  void on_input_end(absl::Status why) override {
    ends.push_back(std::move(why));
    if (on_end) on_end();
  }
  std::string all() const {
    std::string joined;
    for (const std::string& piece : pieces) joined += piece;
    return joined;
  }

  std::vector<std::string> pieces;
  std::vector<absl::Status> ends;
  std::function<void()> on_piece;
  std::function<void()> on_end;
};

class StreamHandlerTest : public StreamTest {
 protected:
  Recorder handler;
};
TURBO_OVER_STREAMS_AND_PIPES(StreamHandlerTest);

TEST_P(StreamHandlerTest, gets_what_arrives_piece_by_piece_and_then_the_end) {
  make();
  handler.on_piece = [&] { stream->read_some(handler); };
  stream->read_some(handler);
  EXPECT_TRUE(stream->reading());
  peer.send("hello");
  EXPECT_TRUE(handler.pieces.empty());  // never inside the call
  run_until([&] { return handler.all() == "hello"; });
  peer.send(" world");
  run_until([&] { return handler.all() == "hello world"; });
  peer.finish();
  run_until([&] { return !handler.ends.empty(); });
  EXPECT_EQ(handler.ends[0].code(), absl::StatusCode::kOutOfRange);
  idle(3);
  EXPECT_EQ(handler.ends.size(), 1u);
}

TEST_P(StreamHandlerTest, takes_turns_with_callbacks) {
  make();
  peer.send("one");
  stream->read_some(handler);
  run_until([&] { return handler.all() == "one"; });
  EXPECT_FALSE(stream->reading());
  ReadRecord line;
  stream->read_until("\n", line.callback());
  peer.send("two\nthree");
  run_until([&] { return line.calls == 1; });
  EXPECT_EQ(line.data, "two\n");
  stream->read_some(handler);
  run_until([&] { return handler.all() == "onethree"; });
}

// E1
TEST_P(StreamHandlerTest, is_refused_while_a_read_is_pending_and_refuses_others) {
  make();
  ReadRecord first;
  stream->read_some(first.callback());
  stream->read_some(handler);
  run_until([&] { return !handler.ends.empty(); });
  EXPECT_EQ(handler.ends[0].code(), absl::StatusCode::kFailedPrecondition);
  peer.send("x");
  run_until([&] { return first.calls == 1; });
  EXPECT_EQ(first.data, "x");

  ReadRecord second;
  stream->read_some(handler);
  stream->read_some(second.callback());
  run_until([&] { return second.calls == 1; });
  EXPECT_EQ(second.status.code(), absl::StatusCode::kFailedPrecondition);
  peer.send("y");
  run_until([&] { return handler.all() == "y"; });
}

TEST_P(StreamHandlerTest, learns_of_cancelling_closing_and_deadlines) {
  make();
  stream->read_some(handler);
  stream->cancel_read();
  EXPECT_FALSE(stream->reading());
  run_until([&] { return handler.ends.size() == 1; });
  EXPECT_EQ(handler.ends[0].code(), absl::StatusCode::kCancelled);

  stream->set_read_deadline(std::chrono::seconds(5));
  stream->read_some(handler);
  clock.advance(std::chrono::seconds(5));
  run_until([&] { return handler.ends.size() == 2; });
  EXPECT_EQ(handler.ends[1].code(), absl::StatusCode::kDeadlineExceeded);

  stream->read_some(handler);
  stream->close();
  run_until([&] { return handler.ends.size() == 3; });
  EXPECT_EQ(handler.ends[2].code(), absl::StatusCode::kCancelled);
}

TEST_P(StreamHandlerTest, may_close_and_destroy_the_stream) {
  for (bool destroys : {false, true}) {
    Recorder reader;
    make();
    StatusRecord closed;
    stream->set_close_callback(closed.callback());
    reader.on_piece = [&] { destroys ? stream.reset() : stream->close(); };
    stream->read_some(reader);
    peer.send("x");
    run_until([&] { return !reader.pieces.empty(); });
    idle(3);
    EXPECT_EQ(closed.calls, destroys ? 0 : 1);
  }
}

TEST_P(StreamHandlerTest, is_forgotten_with_the_stream) {
  make();
  stream->read_some(handler);
  peer.send("x");
  destroy_stream();
  EXPECT_TRUE(handler.pieces.empty());
  EXPECT_TRUE(handler.ends.empty());
}

TEST_P(StreamHandlerTest, that_throws_closes_the_stream) {
  make();
  handler.on_piece = [] { throw std::runtime_error("handler"); };
  stream->read_some(handler);
  peer.send("x");
  run_until([&] { return stream->closed(); });
  EXPECT_EQ(stream->error().code(), absl::StatusCode::kInternal);
  EXPECT_EQ(hooked, std::vector<std::string>{"handler"});
}

TEST_P(StreamHandlerTest, that_reads_no_more_does_not_spin) {
  make();
  stream->read_some(handler);
  peer.send("x");
  run_until([&] { return !handler.pieces.empty(); });
  peer.send("y");
  idle(5);
  SpinGuard guard(loop);
  idle();
  EXPECT_LE(guard.wakeups(), 1u);
}

// What a connection turns out to speak may want a stream of its own.
TEST_P(StreamHandlerTest, a_transport_goes_on_in_another_stream) {
  make();
  stream->read_some(handler);
  EXPECT_EQ(stream->release_transport(), nullptr) << "a read is pending";
  peer.send("one");
  run_until([&] { return handler.all() == "one"; });
  if (!pipe()) {
    stream->write("out");
    EXPECT_EQ(stream->release_transport(), nullptr) << "output waits";
    run_until([&] { return !stream->writing(); });
  }
  stream->unread(Buffer::copy_of("one"));

  IOStream next(stream->release_transport(), &loop);
  EXPECT_TRUE(stream->closed());
  EXPECT_EQ(stream->release_transport(), nullptr);
  EXPECT_EQ(stream->peek().to_string(), "one");
  Recorder of_next;
  of_next.on_piece = [&] { next.read_some(of_next); };
  next.read_some(of_next);
  peer.send("two");
  run_until([&] { return of_next.all() == "two"; });
  peer.finish();
  run_until([&] { return of_next.ends.size() == 1; });
  EXPECT_EQ(handler.all(), "one");
}

}  // namespace
}  // namespace turbo
