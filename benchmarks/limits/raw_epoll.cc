// The yardstick: a bare epoll server, close to the least a server on this kernel can do.
//
// A request costs one epoll_wait (shared by all that are ready), one recv and one send. Nothing is
// parsed: a request ends at a blank line, so the server counts blank lines in what it read and
// sends as many copies of one fixed answer, all of a read in one send. It understands only requests
// without a body, never closes first and has no timers: what it costs is the kernel's price, and
// the ratio of a real server to it is the price of that server's own work.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr std::string_view kUsage =
    "usage: raw_epoll --port=N [--body-bytes=N]\n"
    "\n"
    "The yardstick: a bare epoll server on 127.0.0.1 that answers every request the same.\n"
    "\n"
    "  --port=N        the TCP port to listen on\n"
    "  --body-bytes=N  answer N bytes from memory (default: the 13 bytes \"Hello, World!\")\n"
    "  --help          this text\n";

constexpr std::string_view kBlankLine = "\r\n\r\n";
constexpr std::size_t kInputBytes = 64 * 1024;
constexpr std::size_t kOutputBytes = 256 * 1024;
constexpr int kEventsPerWait = 512;
constexpr int kBacklog = 4096;

struct Options {
  std::uint16_t port = 0;
  std::optional<std::size_t> body_bytes;
};

// What an answer looks like on the wire: the bytes apps/hello sends, the date standing still.
std::string make_answer(std::string_view content_type, std::string_view body) {
  std::string answer =
      "HTTP/1.1 200 OK\r\n"
      "Server: turbo\r\n"
      "Date: Mon, 23 Nov 2026 07:00:00 GMT\r\n"
      "Content-Type: ";
  answer += content_type;
  answer += "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n";
  answer += body;
  return answer;
}

std::string make_answer(const Options& options) {
  if (!options.body_bytes) return make_answer("text/plain", "Hello, World!");
  return make_answer("application/octet-stream", std::string(*options.body_bytes, 'x'));
}

[[noreturn]] void die(const char* what) {
  std::perror(what);
  std::exit(EXIT_FAILURE);
}

int check(int result, const char* what) {
  if (result < 0) die(what);
  return result;
}

struct Connection {
  // Bytes of answers asked for and not sent yet.
  std::size_t owed = 0;
  // How many bytes of a blank line the last read ended with, when it was cut within one.
  std::size_t matched = 0;
  // What epoll watches for: input, or room to send while answers are owed.
  std::uint32_t events = EPOLLIN;
};

class RawServer {
 public:
  RawServer(std::uint16_t port, std::string answer);

  // Serves until the process is killed.
  [[noreturn]] void run();

 private:
  void accept_all();
  void serve(int fd);
  std::size_t count_requests(Connection& connection, std::size_t received);
  void send_owed(int fd, Connection& connection);
  std::string_view owed_bytes(const Connection& connection) const;
  void watch(int fd, int operation, std::uint32_t events) const;

  std::size_t answer_bytes_;
  // The answer over and over: pipelined answers leave in one send without being put together.
  std::string answers_;
  int listener_;
  int epoll_;
  std::vector<Connection> connections_;  // By descriptor.
  // Input is received behind room for the part of a blank line that ended the read before.
  std::array<char, kBlankLine.size() + kInputBytes> input_;
};

int listen_on_loopback(std::uint16_t port) {
  const int fd = check(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), "socket");
  const int on = 1;
  check(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on), "SO_REUSEADDR");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  check(bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), "bind");
  check(listen(fd, kBacklog), "listen");
  return fd;
}

std::string repeat(std::string_view text, std::size_t least_bytes) {
  std::string repeated(text);
  while (repeated.size() < least_bytes) repeated += text;
  return repeated;
}

RawServer::RawServer(std::uint16_t port, std::string answer)
    : answer_bytes_(answer.size()),
      answers_(repeat(answer, kOutputBytes)),
      listener_(listen_on_loopback(port)),
      epoll_(check(epoll_create1(EPOLL_CLOEXEC), "epoll_create1")) {
  watch(listener_, EPOLL_CTL_ADD, EPOLLIN);
}

void RawServer::run() {
  std::array<epoll_event, kEventsPerWait> events;
  for (;;) {
    const int ready = epoll_wait(epoll_, events.data(), kEventsPerWait, -1);
    for (int i = 0; i < ready; ++i) {
      const int fd = events[i].data.fd;
      if (fd == listener_) {
        accept_all();
      } else if (connections_[fd].owed > 0) {
        send_owed(fd, connections_[fd]);
      } else {
        serve(fd);
      }
    }
  }
}

void RawServer::watch(int fd, int operation, std::uint32_t events) const {
  epoll_event event{};
  event.events = events;
  event.data.fd = fd;
  check(epoll_ctl(epoll_, operation, fd, &event), "epoll_ctl");
}

void RawServer::accept_all() {
  for (;;) {
    const int fd = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0 && errno == EAGAIN) return;
    if (fd < 0 && (errno == ECONNABORTED || errno == EINTR)) continue;
    check(fd, "accept4");
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connections_.size() <= static_cast<std::size_t>(fd)) connections_.resize(fd + 1);
    connections_[fd] = {};
    watch(fd, EPOLL_CTL_ADD, EPOLLIN);
  }
}

void RawServer::serve(int fd) {
  const ssize_t received = recv(fd, input_.data() + kBlankLine.size(), kInputBytes, 0);
  if (received < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (received <= 0) {
    close(fd);
    return;
  }
  Connection& connection = connections_[fd];
  connection.owed = answer_bytes_ * count_requests(connection, received);
  if (connection.owed > 0) send_owed(fd, connection);
}

// How many bytes at the end of `input` may be the beginning of a blank line.
std::size_t partial_match(std::string_view input) {
  for (std::size_t n = std::min(input.size(), kBlankLine.size() - 1); n > 0; --n) {
    if (input.ends_with(kBlankLine.substr(0, n))) return n;
  }
  return 0;
}

std::size_t RawServer::count_requests(Connection& connection, std::size_t received) {
  char* const begin = input_.data() + kBlankLine.size() - connection.matched;
  std::memcpy(begin, kBlankLine.data(), connection.matched);
  const std::string_view input(begin, connection.matched + received);

  std::size_t requests = 0;
  std::size_t position = 0;
  for (std::size_t found; (found = input.find(kBlankLine, position)) != input.npos; ++requests) {
    position = found + kBlankLine.size();
  }
  connection.matched = partial_match(input.substr(position));
  return requests;
}

// What is owed ends with the end of an answer, so its length says where in an answer it begins.
std::string_view RawServer::owed_bytes(const Connection& connection) const {
  const std::size_t of_begun_answer = connection.owed % answer_bytes_;
  const std::size_t begin = of_begun_answer == 0 ? 0 : answer_bytes_ - of_begun_answer;
  return std::string_view(answers_).substr(begin, connection.owed);
}

void RawServer::send_owed(int fd, Connection& connection) {
  bool socket_is_full = false;
  while (connection.owed > 0 && !socket_is_full) {
    const std::string_view bytes = owed_bytes(connection);
    const ssize_t sent = send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN && errno != EINTR) {
      close(fd);
      return;
    }
    if (sent > 0) connection.owed -= sent;
    socket_is_full = sent < static_cast<ssize_t>(bytes.size());
  }
  const std::uint32_t wanted = connection.owed > 0 ? EPOLLOUT : EPOLLIN;
  if (connection.events != wanted) watch(fd, EPOLL_CTL_MOD, wanted);
  connection.events = wanted;
}

// The number after `name`, when `argument` is that option and its value is a number.
template <typename Number>
bool read_option(std::string_view argument, std::string_view name, Number& value) {
  if (!argument.starts_with(name)) return false;
  const char* const end = argument.data() + argument.size();
  const auto [stop, error] = std::from_chars(argument.data() + name.size(), end, value);
  return error == std::errc() && stop == end;
}

std::optional<Options> parse(int count, char** arguments) {
  Options options;
  for (int i = 1; i < count; ++i) {
    const std::string_view argument(arguments[i]);
    std::size_t bytes = 0;
    if (read_option(argument, "--body-bytes=", bytes)) {
      options.body_bytes = bytes;
    } else if (!read_option(argument, "--port=", options.port)) {
      return std::nullopt;
    }
  }
  if (options.port == 0) return std::nullopt;
  return options;
}

}  // namespace

int main(int count, char** arguments) {
  if (count == 2 && std::string_view(arguments[1]) == "--help") {
    std::cout << kUsage;
    return EXIT_SUCCESS;
  }
  const std::optional<Options> options = parse(count, arguments);
  if (!options) {
    std::cerr << kUsage;
    return EXIT_FAILURE;
  }
  RawServer(options->port, make_answer(*options)).run();
}
