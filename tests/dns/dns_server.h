// A name server on loopback that runs on the test's own loop and answers by the first label of the
// name.
#ifndef TURBO_TESTS_DNS_DNS_SERVER_H_
#define TURBO_TESTS_DNS_DNS_SERVER_H_

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "framework/base/address.h"
#include "framework/base/fd.h"
#include "framework/loop/io_loop.h"

namespace turbo {

struct DnsQuery {
  std::string packet;  // as received
  std::string name;    // lower case, dots between the labels
  uint16_t type = 0;   // 1: A, 28: AAAA
  sockaddr_storage from{};
  socklen_t from_size = 0;
  bool over_tcp = false;
};

class DnsServer {
 public:
  // Returns the datagram to send back; empty: silence.
  using Responder = std::function<std::string(const DnsQuery&)>;

  DnsServer(IOLoop& loop, Responder responder) : loop_(loop), responder_(std::move(responder)) {
    // The kernel picks a port free for UDP; whether TCP has it too is luck, so ask until it has.
    constexpr int kPorts = 1000;
    for (int port = 0; port < kPorts && !listen_on_a_port(); ++port) continue;
    if (!tcp_.valid()) {
      ADD_FAILURE() << "no port in " << kPorts << " is free for both UDP and TCP";
      return;
    }
    EXPECT_TRUE(loop_.add_handler(fd_.get(), kReadable, [this](int, uint32_t) { serve(); }).ok());
    EXPECT_TRUE(loop_.add_handler(tcp_.get(), kReadable, [this](int, uint32_t) { accept(); }).ok());
  }
  ~DnsServer() {
    if (!tcp_.valid()) return;
    loop_.remove_handler(fd_.get());
    loop_.remove_handler(tcp_.get());
    for (const UniqueFd& connection : connections_) loop_.remove_handler(connection.get());
  }

  Address address() const {
    sockaddr_storage bound{};
    socklen_t size = sizeof bound;
    getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&bound), &size);
    return Address::from_sockaddr(reinterpret_cast<sockaddr*>(&bound), size);
  }
  int queries() const { return queries_; }
  void send(const DnsQuery& query, const std::string& packet) {
    EXPECT_EQ(sendto(fd_.get(), packet.data(), packet.size(), 0,
                     reinterpret_cast<const sockaddr*>(&query.from), query.from_size),
              static_cast<ssize_t>(packet.size()));
  }

 private:
  bool listen_on_a_port() {
    fd_.reset(socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    const Address any = Address::loopback_ipv4(0);
    if (bind(fd_.get(), any.data(), any.size()) != 0) return false;
    UniqueFd tcp(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    const Address same = address();
    if (bind(tcp.get(), same.data(), same.size()) != 0 || listen(tcp.get(), 8) != 0) return false;
    tcp_ = std::move(tcp);
    return true;
  }

  void serve() {
    char bytes[2048];
    DnsQuery query;
    query.from_size = sizeof query.from;
    const ssize_t got = recvfrom(fd_.get(), bytes, sizeof bytes, 0,
                                 reinterpret_cast<sockaddr*>(&query.from), &query.from_size);
    if (got < 12) return;
    query.packet.assign(bytes, static_cast<size_t>(got));
    read_question(query);
    const std::string answer = responder_(query);
    if (!answer.empty()) send(query, answer);
  }

  void accept() {
    connections_.emplace_back(accept4(tcp_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    const int fd = connections_.back().get();
    EXPECT_TRUE(
        loop_.add_handler(fd, kReadable, [this](int ready, uint32_t) { serve(ready); }).ok());
  }

  // Small queries on loopback come whole; each message has its length before it.
  void serve(int fd) {
    char bytes[2048];
    const ssize_t got = recv(fd, bytes, sizeof bytes, 0);
    if (got <= 0) return loop_.remove_handler(fd);
    std::string input(bytes, static_cast<size_t>(got));
    while (input.size() > 14) {
      const size_t length = static_cast<uint8_t>(input[0]) << 8 | static_cast<uint8_t>(input[1]);
      DnsQuery query;
      query.over_tcp = true;
      query.packet = input.substr(2, length);
      input.erase(0, length + 2);
      read_question(query);
      std::string answer = responder_(query);
      answer.insert(0, {static_cast<char>(answer.size() >> 8), static_cast<char>(answer.size())});
      EXPECT_EQ(::send(fd, answer.data(), answer.size(), MSG_NOSIGNAL),
                static_cast<ssize_t>(answer.size()));
    }
  }

  void read_question(DnsQuery& query) {
    ++queries_;
    size_t at = 12;
    while (at < query.packet.size() && query.packet[at] != 0) {
      const auto length = static_cast<uint8_t>(query.packet[at]);
      if (!query.name.empty()) query.name += '.';
      query.name += query.packet.substr(at + 1, length);
      at += length + 1u;
    }
    query.type = static_cast<uint8_t>(query.packet[at + 2]);
  }

  IOLoop& loop_;
  Responder responder_;
  UniqueFd fd_;
  UniqueFd tcp_;
  std::vector<UniqueFd> connections_;
  int queries_ = 0;
};

// The head and the question of an answer to `query`.
inline std::string dns_head(const DnsQuery& query, int rcode, int answers, bool truncated = false) {
  std::string packet = query.packet.substr(0, 12);
  packet[2] = static_cast<char>(0x81 | (truncated ? 0x02 : 0));
  packet[3] = static_cast<char>(0x80 | rcode);
  packet[6] = 0;
  packet[7] = static_cast<char>(answers);
  packet[8] = packet[9] = packet[10] = packet[11] = 0;
  const size_t end = query.packet.find('\0', 12) + 5;
  return packet + query.packet.substr(12, end - 12);
}

// One address record with the name of the question.
inline std::string dns_record(const DnsQuery& query, const char* ip) {
  const bool v6 = query.type == 28;
  char raw[16];
  EXPECT_EQ(inet_pton(v6 ? AF_INET6 : AF_INET, ip, raw), 1);
  std::string record("\xc0\x0c\0", 3);
  record += static_cast<char>(query.type);
  record += std::string("\0\1\0\0\0\x3c\0", 7);
  record += static_cast<char>(v6 ? 16 : 4);
  return record + std::string(raw, v6 ? 16 : 4);
}

}  // namespace turbo

#endif  // TURBO_TESTS_DNS_DNS_SERVER_H_
