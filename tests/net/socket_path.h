// Where tests put Unix sockets: a path is at most 107 bytes, and Bazel's folders are longer.
#ifndef TURBO_TESTS_NET_SOCKET_PATH_H_
#define TURBO_TESTS_NET_SOCKET_PATH_H_

#include <unistd.h>

#include <string>
#include <string_view>

namespace turbo {

inline std::string socket_path(std::string_view name) {
  return "/tmp/turbo_" + std::to_string(::getpid()) + "_" + std::string(name) + ".sock";
}

}  // namespace turbo

#endif  // TURBO_TESTS_NET_SOCKET_PATH_H_
