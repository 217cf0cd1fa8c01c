// Host names: which texts are one, and what the hosts file says about them.
//
// Owner:   values.
// Threads: any.
// Errors:  lines that make no sense are skipped, as every resolver does.
// Limits:  a name 253 bytes, a label 63; a file 1 MiB, the rest is not read.
// Cost:    parse_hosts() is linear in the text.
#ifndef TURBO_DNS_HOSTS_FILE_H_
#define TURBO_DNS_HOSTS_FILE_H_

#include <sys/stat.h>

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "framework/base/address.h"

namespace turbo {

inline constexpr size_t kMaxHostName = 253;
inline constexpr size_t kMaxLabel = 63;
inline constexpr size_t kMaxHostsFile = size_t{1} << 20;

// True for a name that may be looked up: labels of letters, digits, '-' and '_', none of them
// empty, the last one not a number (such a text is a broken address, not a name). One dot may end
// it.
bool is_host_name(std::string_view name);

// True for "localhost" and names that end in ".localhost", in any case.
bool is_localhost(std::string_view name);

// Lower case, without the dot at the end.
std::string canonical_name(std::string_view name);

// Addresses by canonical name, in the order of the file, port 0.
using Hosts = std::map<std::string, std::vector<Address>, std::less<>>;
Hosts parse_hosts(std::string_view text);

// A hosts file, read again when it has changed.
class HostsFile {
 public:
  explicit HostsFile(std::string path) : path_(std::move(path)) {}

  // The addresses of a canonical name; empty if the file has none.
  std::vector<Address> find(std::string_view name);

 private:
  void refresh();

  const std::string path_;
  struct stat seen_ {};
  Hosts hosts_;
};

}  // namespace turbo

#endif  // TURBO_DNS_HOSTS_FILE_H_
