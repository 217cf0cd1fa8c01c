// A load client for TLS handshakes: as many connections one after another as a server takes.
//
// wrk keeps its connections, so it cannot show what one costs. Here each connects, shakes hands,
// asks for one page, reads the answer and closes. The page makes sure that what a server does after
// its handshake is done when the client leaves: with TLS 1.3 the session ticket comes then. A
// blocking thread makes each of the connections open at a time; all threads are meant to share one
// CPU, which the caller pins this program to.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::string_view kUsage =
    "usage: tls_handshakes --port=N [--seconds=N] [--count=N] [--connections=N] [--path=/PATH]\n"
    "                      [--resume]\n"
    "\n"
    "Opens TLS 1.3 connections to 127.0.0.1, asks for one page on each and closes it. Ends after\n"
    "--seconds or --count connections, whichever comes first, and prints a line of JSON:\n"
    "\"requests\" are the connections that went well, \"resumed\" those of them that resumed a\n"
    "session, \"p99_ms\" is the time from connecting to the answer; the rest counts failures.\n"
    "\n"
    "  --port=N         the TCP port of the server\n"
    "  --seconds=N      how long to go on (default: 1, at most 600)\n"
    "  --count=N        how many connections to open (default: as many as the time allows)\n"
    "  --connections=N  how many at a time (default: 16, at most 1000)\n"
    "  --path=/PATH     the page to ask for (default: /plaintext)\n"
    "  --resume         offer the session of the connection before, where there is one\n"
    "  --help           this text\n";

constexpr char kGroups[] = "X25519:P-256:P-384";
constexpr int kTimeoutSeconds = 5;

struct Options {
  std::uint16_t port = 0;
  unsigned seconds = 1;
  std::int64_t count = std::numeric_limits<std::int64_t>::max();
  unsigned connections = 16;
  std::string path = "/plaintext";
  bool resume = false;
};

// What went how often; failures by the step that failed.
struct Counts {
  std::uint64_t requests = 0;
  std::uint64_t resumed = 0;
  std::uint64_t not_resumed = 0;  // though a session was offered
  std::uint64_t not_2xx = 0;
  std::uint64_t connect = 0;
  std::uint64_t handshake = 0;
  std::uint64_t read = 0;
  std::uint64_t write = 0;

  Counts& operator+=(const Counts& other);
};

Counts& Counts::operator+=(const Counts& other) {
  requests += other.requests;
  resumed += other.resumed;
  not_resumed += other.not_resumed;
  not_2xx += other.not_2xx;
  connect += other.connect;
  handshake += other.handshake;
  read += other.read;
  write += other.write;
  return *this;
}

template <auto kFree>
struct Free {
  template <typename T>
  void operator()(T* pointer) const {
    kFree(pointer);
  }
};

using ContextPtr = std::unique_ptr<SSL_CTX, Free<SSL_CTX_free>>;
using SslPtr = std::unique_ptr<SSL, Free<SSL_free>>;
using SessionPtr = std::unique_ptr<SSL_SESSION, Free<SSL_SESSION_free>>;

class Socket {
 public:
  explicit Socket(int fd) : fd_(fd) {}
  Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Socket& operator=(Socket&&) = delete;
  ~Socket() {
    if (fd_ >= 0) close(fd_);
  }

  int fd() const { return fd_; }
  bool is_open() const { return fd_ >= 0; }

 private:
  int fd_;
};

[[noreturn]] void fail(const std::string& what) {
  std::cerr << "tls_handshakes: " << what << '\n';
  std::exit(EXIT_FAILURE);
}

std::string openssl_error() {
  const unsigned long code = ERR_peek_last_error();
  return code == 0 ? std::string("the connection ended or timed out")
                   : std::string(ERR_reason_error_string(code));
}

// A connected socket, or a closed one with errno set. It gives up after kTimeoutSeconds.
Socket connect_to(std::uint16_t port) {
  Socket socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket.is_open()) return socket;
  const int on = 1;
  const timeval timeout{kTimeoutSeconds, 0};
  setsockopt(socket.fd(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  setsockopt(socket.fd(), SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
  setsockopt(socket.fd(), SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool connected =
      connect(socket.fd(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  return connected ? std::move(socket) : Socket(-1);
}

// Certificates are not verified: the server's is self-signed, and what it costs here is no matter.
ContextPtr new_context() {
  ContextPtr context(SSL_CTX_new(TLS_client_method()));
  if (context == nullptr || SSL_CTX_set_min_proto_version(context.get(), TLS1_3_VERSION) != 1 ||
      SSL_CTX_set1_groups_list(context.get(), kGroups) != 1) {
    fail("OpenSSL cannot do TLS 1.3: " + openssl_error());
  }
  return context;
}

std::optional<std::size_t> content_length(std::string_view head) {
  for (const std::string_view name : {"\r\nContent-Length: ", "\r\ncontent-length: "}) {
    const std::size_t found = head.find(name);
    if (found == head.npos) continue;
    std::size_t length = 0;
    const char* const value = head.data() + found + name.size();
    if (std::from_chars(value, head.data() + head.size(), length).ec == std::errc()) return length;
  }
  return std::nullopt;
}

// Whether `answer` is whole, by its Content-Length.
bool is_whole(std::string_view answer) {
  const std::size_t end = answer.find("\r\n\r\n");
  if (end == answer.npos) return false;
  return answer.size() >= end + 4 + content_length(answer.substr(0, end)).value_or(0);
}

std::optional<std::string> read_answer(SSL* ssl) {
  std::string answer;
  char chunk[16 * 1024];
  while (!is_whole(answer)) {
    const int received = SSL_read(ssl, chunk, sizeof chunk);
    if (received <= 0) return std::nullopt;
    answer.append(chunk, received);
  }
  return answer;
}

// One connection after another, of one thread.
class Worker {
 public:
  // `session`, unless null, is offered by the first connection.
  Worker(const Options& options, SSL_CTX* context, const SSL_SESSION* session)
      : options_(options),
        context_(context),
        request_("GET " + options.path + " HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"),
        session_(session == nullptr ? nullptr : SSL_SESSION_dup(session)) {}

  // Makes connections until the time is up or `left` is used up.
  void run(Clock::time_point end, std::atomic<std::int64_t>& left);
  void connect_once();

  const SSL_SESSION* session() const { return session_.get(); }
  const Counts& counts() const { return counts_; }
  const std::vector<double>& milliseconds() const { return milliseconds_; }

 private:
  bool shake_hands_and_ask(SSL* ssl);
  void count_resumption(const SSL* ssl);

  const Options& options_;
  SSL_CTX* context_;
  std::string request_;
  SessionPtr session_;  // of the connection before, when it is to be resumed
  Counts counts_;
  std::vector<double> milliseconds_;
};

void Worker::run(Clock::time_point end, std::atomic<std::int64_t>& left) {
  while (Clock::now() < end && left.fetch_sub(1) > 0) connect_once();
}

void Worker::connect_once() {
  ERR_clear_error();
  const Clock::time_point begin = Clock::now();
  const Socket socket = connect_to(options_.port);
  if (!socket.is_open()) {
    ++counts_.connect;
    return;
  }
  const SslPtr ssl(SSL_new(context_));
  if (ssl == nullptr || SSL_set_fd(ssl.get(), socket.fd()) != 1) fail(openssl_error());
  if (!shake_hands_and_ask(ssl.get())) {
    session_.reset();
    return;
  }
  ++counts_.requests;
  count_resumption(ssl.get());
  milliseconds_.push_back(std::chrono::duration<double, std::milli>(Clock::now() - begin).count());
  // The ticket came with the answer, so this session is the one to resume.
  if (options_.resume) session_.reset(SSL_get1_session(ssl.get()));
  SSL_shutdown(ssl.get());
}

// False when something failed, which is then counted.
bool Worker::shake_hands_and_ask(SSL* ssl) {
  if (session_ != nullptr) SSL_set_session(ssl, session_.get());
  if (SSL_connect(ssl) != 1) {
    ++counts_.handshake;
    return false;
  }
  if (SSL_write(ssl, request_.data(), static_cast<int>(request_.size())) <= 0) {
    ++counts_.write;
    return false;
  }
  const std::optional<std::string> answer = read_answer(ssl);
  if (!answer) {
    ++counts_.read;
    return false;
  }
  if (!answer->starts_with("HTTP/1.1 2")) ++counts_.not_2xx;
  return true;
}

void Worker::count_resumption(const SSL* ssl) {
  if (SSL_session_reused(ssl) == 1) {
    ++counts_.resumed;
  } else if (session_ != nullptr) {
    ++counts_.not_resumed;
  }
}

// The first connection, alone: ends the program with a reason when the server cannot be measured.
// Whatever follows may offer its session, so that hardly anything but resumptions is measured then.
std::unique_ptr<Worker> connect_first(const Options& options, SSL_CTX* context) {
  auto worker = std::make_unique<Worker>(options, context, nullptr);
  worker->connect_once();
  if (worker->counts().requests == 1) return worker;
  const std::string server = "127.0.0.1:" + std::to_string(options.port);
  if (worker->counts().connect > 0) {
    fail("cannot connect to " + server + ": " + std::strerror(errno) +
         "; start a server there, or name another --port");
  }
  if (worker->counts().handshake > 0) {
    fail("no TLS 1.3 handshake with " + server + ": " + openssl_error() +
         "; give the server a certificate and let it speak TLS 1.3");
  }
  fail("no answer to GET " + options.path + " from " + server + ": " + openssl_error() +
       "; is there an HTTP/1.1 server behind TLS?");
}

double percentile_99(std::vector<double> values) {
  if (values.empty()) return 0;
  const auto place = values.begin() + static_cast<std::ptrdiff_t>(values.size() * 99 / 100);
  std::nth_element(values.begin(), place, values.end());
  return *place;
}

void print(const Counts& counts, double seconds, double p99_ms) {
  std::printf(
      "summary {\"requests\": %ju, \"seconds\": %.6f, \"p99_ms\": %.3f, \"resumed\": %ju, "
      "\"not_resumed\": %ju, \"not_2xx\": %ju, \"connect\": %ju, \"handshake\": %ju, "
      "\"read\": %ju, \"write\": %ju}\n",
      counts.requests, seconds, p99_ms, counts.resumed, counts.not_resumed, counts.not_2xx,
      counts.connect, counts.handshake, counts.read, counts.write);
}

std::vector<std::unique_ptr<Worker>> connect_until_end(const Options& options) {
  const ContextPtr context = new_context();
  const Clock::time_point end = Clock::now() + std::chrono::seconds(options.seconds);
  std::atomic<std::int64_t> left = options.count - 1;

  std::vector<std::unique_ptr<Worker>> workers;
  workers.push_back(connect_first(options, context.get()));
  const SSL_SESSION* const session = workers.front()->session();
  while (workers.size() < options.connections) {
    workers.push_back(std::make_unique<Worker>(options, context.get(), session));
  }
  std::vector<std::thread> threads;
  for (const auto& worker : workers) threads.emplace_back([&] { worker->run(end, left); });
  for (std::thread& thread : threads) thread.join();
  return workers;
}

void run(const Options& options) {
  const Clock::time_point begin = Clock::now();
  const std::vector<std::unique_ptr<Worker>> workers = connect_until_end(options);
  const std::chrono::duration<double> spent = Clock::now() - begin;

  Counts counts;
  std::vector<double> milliseconds;
  for (const auto& worker : workers) {
    counts += worker->counts();
    milliseconds.insert(milliseconds.end(), worker->milliseconds().begin(),
                        worker->milliseconds().end());
  }
  print(counts, spent.count(), percentile_99(std::move(milliseconds)));
}

// The number after `name`, when `argument` is that option and its value is a number.
template <typename Number>
bool read_option(std::string_view argument, std::string_view name, Number& value) {
  if (!argument.starts_with(name)) return false;
  const char* const end = argument.data() + argument.size();
  const auto [stop, error] = std::from_chars(argument.data() + name.size(), end, value);
  return error == std::errc() && stop == end;
}

bool read_path(std::string_view argument, std::string& path) {
  constexpr std::string_view kName = "--path=";
  if (!argument.starts_with("--path=/")) return false;
  path = argument.substr(kName.size());
  return true;
}

std::optional<Options> parse(int count, char** arguments) {
  Options options;
  for (int i = 1; i < count; ++i) {
    const std::string_view argument(arguments[i]);
    const bool known = read_option(argument, "--port=", options.port) ||
                       read_option(argument, "--seconds=", options.seconds) ||
                       read_option(argument, "--count=", options.count) ||
                       read_option(argument, "--connections=", options.connections) ||
                       read_path(argument, options.path) ||
                       (argument == "--resume" && (options.resume = true));
    if (!known) return std::nullopt;
  }
  const bool bounded = options.seconds >= 1 && options.seconds <= 600 && options.connections >= 1 &&
                       options.connections <= 1000;
  if (options.port == 0 || !bounded) return std::nullopt;
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
  std::signal(SIGPIPE, SIG_IGN);  // A server that closes early is counted.
  run(*options);
}
