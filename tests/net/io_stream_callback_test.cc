// What a callback may do: close the stream, destroy it, throw; and what dies with the stream.
#include <array>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>

#include "tests/net/stream_test.h"

namespace turbo {
namespace {

using Action = std::function<void()>;

class StreamCallbackTest : public StreamTest {
 protected:
  struct Kind {
    std::string name;
    // Starts an operation whose callback runs `action`, and makes it complete.
    std::function<void(Action)> start;
  };
  std::vector<Kind> kinds();
  // Runs `action` inside the callback of every kind; `check` looks at what became of it.
  void in_every_callback(std::function<void()> action, std::function<void(int runs)> check);
  std::array<char, 4> room_;
};
TURBO_OVER_STREAMS(StreamCallbackTest);

std::vector<StreamCallbackTest::Kind> StreamCallbackTest::kinds() {
  auto on_read = [](Action act) { return [act](absl::StatusOr<Buffer>) { act(); }; };
  auto on_status = [](Action act) { return [act](absl::Status) { act(); }; };
  return {
      {"read_until",
       [=, this](Action act) {
         stream->read_until("d", on_read(act));
         peer.send("abcd");
       }},
      {"read_until_regex",
       [=, this](Action act) {
         stream->read_until_regex("c.", on_read(act));
         peer.send("abcdefg");
       }},
      {"read_bytes",
       [=, this](Action act) {
         stream->read_bytes(4, on_read(act));
         peer.send("abcdefg");
       }},
      {"read_bytes_partial",
       [=, this](Action act) {
         stream->read_bytes_partial(10, on_read(act));
         peer.send("abcd");
       }},
      {"read_some",
       [=, this](Action act) {
         stream->read_some(on_read(act));
         peer.send("abcd");
       }},
      {"read_until_close",
       [=, this](Action act) {
         stream->read_until_close(on_read(act));
         peer.send("abcd");
         peer.finish();
       }},
      {"streaming read_bytes",
       [=, this](Action act) {
         stream->read_bytes(
             100, [](absl::StatusOr<Buffer>) {}, [act](Buffer) { act(); });
         peer.send("abcd");
       }},
      {"end of streaming read_bytes",
       [=, this](Action act) {
         stream->read_bytes(4, on_read(act), [](Buffer) {});
         peer.send("abcd");
       }},
      {"streaming read_until_close",
       [=, this](Action act) {
         stream->read_until_close(nullptr, [act](Buffer) { act(); });
         peer.send("abcd");
       }},
      {"read_into",
       [=, this](Action act) {
         stream->read_into(room_, [act](absl::Status, size_t) { act(); });
         peer.send("abcd");
       }},
      {"read_into_partial",
       [=, this](Action act) {
         stream->read_into_partial(room_, [act](absl::Status, size_t) { act(); });
         peer.send("ab");
       }},
      {"failed read",
       [=, this](Action act) {
         stream->read_bytes(10, on_read(act));
         peer.send("ab");
         peer.finish();
       }},
      {"refused read",
       [=, this](Action act) {
         stream->read_bytes(1000, [](absl::StatusOr<Buffer>) {});
         stream->read_bytes(1, on_read(act));
       }},
      {"read past its deadline",
       [=, this](Action act) {
         stream->read_bytes(10, on_read(act));
         stream->set_read_deadline(std::chrono::seconds(1));
         clock.advance(std::chrono::seconds(1));
       }},
      {"cancelled read",
       [=, this](Action act) {
         stream->read_bytes(10, on_read(act));
         stream->cancel_read();
       }},
      {"write", [=, this](Action act) { stream->write("abcd", on_status(act)); }},
      {"empty write", [=, this](Action act) { stream->write("", on_status(act)); }},
      {"high watermark",
       [=, this](Action act) {
         stream->set_watermarks(0, 1, act, [] {});
         stream->write("abcd");
       }},
      {"low watermark",
       [=, this](Action act) {
         stream->set_watermarks(
             0, 1, [] {}, act);
         stream->write("abcd");
       }},
      {"close callback after the peer's end",
       [=, this](Action act) {
         stream->set_close_callback(on_status(act));
         peer.close();
       }},
      {"close callback after our own",
       [=, this](Action act) {
         stream->set_close_callback(on_status(act));
         stream->close();
       }},
  };
}

void StreamCallbackTest::in_every_callback(std::function<void()> action,
                                           std::function<void(int)> check) {
  make();
  const size_t count = kinds().size();
  for (size_t i = 0; i < count; ++i) {
    make();
    Kind kind = kinds()[i];
    SCOPED_TRACE(kind.name);
    int runs = 0;
    kind.start([&] {
      ++runs;
      action();
    });
    run_until([&] { return runs > 0; });
    idle(10);
    check(runs);
    destroy_stream();
  }
}

// E28, IOS-7, 11.3 DestroyInsideCallback: every kind.
TEST_P(StreamCallbackTest, a_stream_may_be_destroyed_inside_every_callback) {
  in_every_callback([&] { stream.reset(); },
                    [&](int runs) {
                      EXPECT_EQ(runs, 1);
                      EXPECT_EQ(stream, nullptr);
                    });
}

// E28: the same with operations pending, whose callbacks must die uncalled (row 10).
TEST_P(StreamCallbackTest, destroying_inside_a_callback_leaves_pending_callbacks_uncalled) {
  in_every_callback(
      [&] {
        if (stream == nullptr) return;
        auto never = [](auto&&...) { FAIL() << "called after its stream died"; };
        if (!stream->reading()) stream->read_bytes(1 << 20, never);
        stream->write("pending", never);
        stream->set_close_callback(never);
        stream.reset();
      },
      [&](int runs) { EXPECT_EQ(runs, 1); });
}

// E28: closing in every callback; the close callback follows, once.
TEST_P(StreamCallbackTest, a_stream_may_be_closed_inside_every_callback) {
  int closes = 0;
  in_every_callback(
      [&] {
        stream->close();
        stream->close();
      },
      [&](int runs) {
        EXPECT_EQ(runs, 1);
        EXPECT_TRUE(stream->closed());
        stream->set_close_callback([&](absl::Status) { ++closes; });
        idle(3);
        EXPECT_EQ(std::exchange(closes, 0), 1);
      });
}

// E29, IOS-8, row 12: a throwing callback closes its stream with kInternal; the loop and other
// streams go on.
TEST_P(StreamCallbackTest, a_throwing_callback_closes_its_stream_and_nothing_else) {
  in_every_callback([] { throw std::runtime_error("thrown by a callback"); },
                    [&](int runs) {
                      EXPECT_EQ(runs, 1);
                      EXPECT_EQ(hooked, std::vector<std::string>{"thrown by a callback"});
                      hooked.clear();
                      EXPECT_TRUE(stream->closed());
                      StreamPair other = make_stream_pair(GetParam(), loop);
                      ReadRecord read;
                      other.a->write("alive");
                      other.b->read_bytes(5, read.callback());
                      run_until([&] { return read.calls == 1; });
                      EXPECT_TRUE(read.ok());
                    });
}

// Row 12: the cause is kept and the close callback gets it.
TEST_P(StreamCallbackTest, after_a_throw_the_close_callback_gets_kInternal) {
  make();
  StatusRecord closed;
  stream->set_close_callback(closed.callback());
  stream->read_bytes(1, [](absl::StatusOr<Buffer>) { throw std::runtime_error("oops"); });
  peer.send("x");
  run_until([&] { return closed.calls == 1; });
  EXPECT_EQ(closed.code(), Code::kInternal);
  EXPECT_EQ(stream->error().code(), Code::kInternal);
}

// Row 10: what callbacks captured is freed with the stream, later completions included.
TEST_P(StreamCallbackTest, destroying_the_stream_destroys_pending_callbacks_uncalled) {
  make();
  auto held = std::make_shared<int>(1);
  auto never = [held](auto&&...) { FAIL() << "called after its stream died"; };
  stream->read_until("\n", never);
  stream->write(std::string(16 << 20, 'x'), never);
  stream->set_close_callback(never);
  stream->set_watermarks(0, 1, never, never);
  EXPECT_GT(held.use_count(), 2);
  stream.reset();
  idle(10);
  EXPECT_EQ(held.use_count(), 2) << "this test and `never` hold one each";
}

// Row 10: a completion that is queued when the stream dies does not run.
TEST_P(StreamCallbackTest, a_queued_completion_dies_with_the_stream) {
  make();
  int calls = 0;
  stream->read_bytes(0, [&](absl::StatusOr<Buffer>) { ++calls; });
  stream->write("", [&](absl::Status) { ++calls; });
  stream->close();
  stream->set_close_callback([&](absl::Status) { ++calls; });
  stream.reset();
  idle(10);
  EXPECT_EQ(calls, 0);
}

// E27: a callback starts the next operation of its kind.
TEST_P(StreamCallbackTest, operations_may_be_started_inside_callbacks) {
  make();
  std::vector<std::string> lines;
  stream->read_until("\n", [&](absl::StatusOr<Buffer> first) {
    lines.push_back(first->to_string());
    stream->write("answer");
    stream->read_until("\n", [&](absl::StatusOr<Buffer> second) {
      lines.push_back(second->to_string());
      stream->write(" again");
    });
  });
  peer.send("one\ntwo\n");
  run_until([&] { return lines.size() == 2 && !stream->writing(); });
  EXPECT_EQ(lines, (std::vector<std::string>{"one\n", "two\n"}));
  EXPECT_EQ(peer.receive(), "answer again");
}

// Row 11 across streams: a callback of one destroys the other, which has a completion queued.
TEST_P(StreamCallbackTest, a_callback_may_destroy_another_stream_with_work_queued) {
  for (int victim = 0; victim < 2; ++victim) {
    StreamPair one = make_stream_pair(GetParam(), loop), two = make_stream_pair(GetParam(), loop);
    int calls = 0;
    one.b->read_bytes(1, [&](absl::StatusOr<Buffer>) {
      ++calls;
      two.b.reset();
    });
    two.b->read_bytes(1, [&](absl::StatusOr<Buffer>) {
      ++calls;
      one.b.reset();
    });
    one.a->write("x");
    two.a->write("x");
    run_until([&] { return calls > 0; });
    idle(10);
    EXPECT_EQ(calls, 1);
  }
}

// IOS-16: backpressure: the next piece comes only when the piece's callback has returned, and a
// stream that reads slowly does not run ahead of its reader by more than a chunk.
TEST_P(StreamCallbackTest, cancelling_a_streamed_read_inside_its_piece_stops_the_pieces) {
  make();
  int pieces = 0;
  ReadRecord end;
  stream->read_bytes(1000, end.callback(), [&](Buffer) {
    ++pieces;
    stream->cancel_read();
  });
  peer.send("abcd");
  run_until([&] { return end.calls == 1; });
  peer.send("more");
  idle();
  EXPECT_EQ(pieces, 1);
  EXPECT_EQ(end.code(), Code::kCancelled);
  EXPECT_FALSE(stream->closed());
}

}  // namespace
}  // namespace turbo
