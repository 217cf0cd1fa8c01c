#include "framework/base/check.h"

#include <cstdio>
#include <cstdlib>

namespace turbo {

void check_failed(const char* file, int line, const char* condition, const char* message) {
  // Straight to stderr: the logger's thread would not get to it before the abort.
  std::fprintf(stderr, "%s:%d: check failed: %s: %s\n", file, line, condition, message);
  std::fflush(stderr);
  std::abort();
}

}  // namespace turbo
