// What IOStream costs beyond the system calls: an exchange over a socket pair through a stream,
// beside the same exchange with bare calls; and throughput of a bulk transfer.
#include <benchmark/benchmark.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <memory>
#include <string>
#include <utility>

#include "framework/net/io_stream.h"
#include "framework/net/socket_transport.h"

namespace turbo {
namespace {

constexpr std::string_view kRequest = "GET /plaintext HTTP/1.1\r\nHost: x\r\n\r\n";
constexpr size_t kAnswerBytes = 140;

struct FdPair {
  FdPair() {
    int fds[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) != 0)
      std::abort();
    a.reset(fds[0]);
    b.reset(fds[1]);
  }
  UniqueFd a;
  UniqueFd b;
};

std::unique_ptr<IOStream> stream_over(UniqueFd socket, IOLoop& loop) {
  return std::make_unique<IOStream>(std::make_unique<SocketTransport>(std::move(socket)), &loop);
}

void answer_forever(IOStream& stream, const std::string& answer) {
  stream.read_some([&stream, &answer](absl::StatusOr<Buffer> request) {
    if (!request.ok()) return;
    stream.write(std::string_view(answer));
    answer_forever(stream, answer);
  });
}

void BM_exchange_stream(benchmark::State& state) {
  FdPair pair;
  IOLoop loop;
  auto stream = stream_over(std::move(pair.a), loop);
  const std::string answer(kAnswerBytes, 'a');
  answer_forever(*stream, answer);
  char room[4096];
  for (auto _ : state) {
    ::send(pair.b.get(), kRequest.data(), kRequest.size(), 0);
    loop.run_once();
    if (::recv(pair.b.get(), room, sizeof(room), 0) != static_cast<ssize_t>(kAnswerBytes)) {
      state.SkipWithError("the answer did not come");
      break;
    }
  }
}
BENCHMARK(BM_exchange_stream);

// The limit: epoll_wait, recv and send.
void BM_exchange_bare_epoll(benchmark::State& state) {
  FdPair pair;
  UniqueFd poller(::epoll_create1(EPOLL_CLOEXEC));
  epoll_event event{.events = EPOLLIN | EPOLLRDHUP, .data = {.fd = pair.a.get()}};
  ::epoll_ctl(poller.get(), EPOLL_CTL_ADD, pair.a.get(), &event);
  const std::string answer(kAnswerBytes, 'a');
  char room[4096];
  for (auto _ : state) {
    ::send(pair.b.get(), kRequest.data(), kRequest.size(), 0);
    ::epoll_wait(poller.get(), &event, 1, 0);
    benchmark::DoNotOptimize(::recv(pair.a.get(), room, sizeof(room), 0));
    ::send(pair.a.get(), answer.data(), answer.size(), MSG_NOSIGNAL);
    benchmark::DoNotOptimize(::recv(pair.b.get(), room, sizeof(room), 0));
  }
}
BENCHMARK(BM_exchange_bare_epoll);

// Lines that arrive many at a time: no system call but for every chunk.
void BM_read_lines(benchmark::State& state) {
  FdPair pair;
  IOLoop loop;
  auto writer = stream_over(std::move(pair.a), loop);
  auto reader = stream_over(std::move(pair.b), loop);
  std::string lines;
  for (int i = 0; i < 1000; ++i) lines += "a line of an ordinary protocol, forty bytes\n";
  int left = 0;
  absl::AnyInvocable<void()> read = [&] {
    reader->read_until("\n", [&](absl::StatusOr<Buffer> line) {
      if (line.ok() && --left > 0) read();
    });
  };
  for (auto _ : state) {
    left = 1000;
    writer->write(std::string_view(lines));
    read();
    while (left > 0) loop.run_once();
  }
  state.SetItemsProcessed(state.iterations() * 1000);
}
BENCHMARK(BM_read_lines);

// One stream writes a megabyte that is shared, not copied; another takes it as it comes.
void BM_bulk(benchmark::State& state) {
  FdPair pair;
  IOLoop loop;
  IOStreamOptions options;
  options.read_chunk_size = static_cast<size_t>(state.range(0));
  auto writer = stream_over(std::move(pair.a), loop);
  IOStream reader(std::make_unique<SocketTransport>(std::move(pair.b)), &loop, options);
  constexpr size_t kBytes = 1 << 20;
  const Buffer body = Buffer::from_string(std::string(kBytes, 'x'));
  size_t received = 0;
  reader.read_until_close(nullptr, [&](Buffer piece) { received += piece.size(); });
  for (auto _ : state) {
    received = 0;
    writer->write(body.share());
    while (received < kBytes) loop.run_once();
  }
  state.SetBytesProcessed(state.iterations() * kBytes);
}
BENCHMARK(BM_bulk)->Arg(4096)->Arg(16384)->Arg(65536);

}  // namespace
}  // namespace turbo
