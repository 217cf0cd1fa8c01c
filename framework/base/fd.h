// UniqueFd: the one owner of a file descriptor.
//
// Owner:   whoever holds the object; the descriptor closes with it.
// Threads: movable between threads, not shared.
// Errors:  close() errors are ignored: on Linux the descriptor is gone whatever close() says.
// Limits:  none.
// Cost:    four bytes.
#ifndef TURBO_BASE_FD_H_
#define TURBO_BASE_FD_H_

#include <unistd.h>

#include <utility>

namespace turbo {

class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    reset(std::exchange(other.fd_, -1));
    return *this;
  }
  ~UniqueFd() { reset(); }

  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }

  // Gives the descriptor away; the caller closes it.
  [[nodiscard]] int release() { return std::exchange(fd_, -1); }

  // Closes the descriptor held, if any, and holds `fd` instead.
  void reset(int fd = -1) {
    if (fd_ >= 0) ::close(fd_);
    fd_ = fd;
  }

 private:
  int fd_ = -1;
};

}  // namespace turbo

#endif  // TURBO_BASE_FD_H_
