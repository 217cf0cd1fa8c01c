// What fuzzers whose handlers do anything have in common: the server's options by choice, the file
// that handlers send, and what must be so in the end.
#ifndef TURBO_TESTS_SERVER_FUZZED_SERVER_H_
#define TURBO_TESTS_SERVER_FUZZED_SERVER_H_

#include <dirent.h>
#include <sys/mman.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>

#include "framework/base/check.h"
#include "framework/loop/io_loop.h"
#include "framework/server/http_server_options.h"
#include "tests/server/fuzzed_handler.h"
#include "tests/server/fuzzed_request.h"
#include "tests/server/response_reader.h"

namespace turbo {

// Of an input's first byte; kFuzzerOwn is each fuzzer's own.
inline constexpr uint8_t kFuzzerOwn = 1;
inline constexpr uint8_t kLittleOutputHigh = 2;
inline constexpr uint8_t kLittleOutput = 4;
inline constexpr uint8_t kLittleLinger = 8;
inline constexpr uint8_t kFewRequests = 16;
inline constexpr uint8_t kShortAge = 32;
inline constexpr uint8_t kNeverReads = 64;

inline HTTPServerOptions server_options(uint8_t choice, uint8_t sizes) {
  static constexpr size_t kChunks[] = {16384, 256, 7, 1};
  static constexpr uint32_t kPipelines[] = {64, 3, 2, 1};
  HTTPServerOptions options;
  options.read_chunk_bytes = kChunks[sizes % 4];
  options.max_pipelined_requests = kPipelines[sizes / 4 % 4];
  options.handler_timeout = std::chrono::seconds(5 + sizes / 16);
  if ((choice & kLittleOutputHigh) != 0) options.output_high_bytes = 1000;
  if ((choice & kLittleOutput) != 0) options.max_output_bytes = 20000;
  if ((choice & kLittleLinger) != 0) options.linger_bytes = 1000;
  if ((choice & kFewRequests) != 0) options.max_requests_per_connection = 1 + sizes / 16;
  if ((choice & kShortAge) != 0) options.max_connection_age = std::chrono::milliseconds(50);
  return options;
}

inline int pattern_file() {
  static const int file = [] {
    const int made = ::memfd_create("pattern", MFD_CLOEXEC);
    const std::string bytes = pattern('a', 0, FuzzedStage::kFileBytes);
    TURBO_CHECK(::write(made, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()),
                "no file");
    return made;
  }();
  return file;
}

inline size_t open_descriptors() {
  size_t count = 0;
  DIR* folder = ::opendir("/proc/self/fd");
  while (::readdir(folder) != nullptr) ++count;
  ::closedir(folder);
  return count;
}

// ---- what the client saw ----

inline void check_number(const FuzzedRequest& request, const SeenResponse& seen) {
  TURBO_CHECK(request.dispatched, "an answer before its request");
  TURBO_CHECK(*seen.find("x-number") == std::to_string(request.number), "answers out of order");
  TURBO_CHECK(seen.status == request.status, "another status");
}

// What is left when the filters' marks are taken away is what the handler gave.
inline void check_body(const FuzzedRequest& request, const SeenResponse& seen, bool whole) {
  std::string body = seen.body;
  std::erase(body, MarkingFilter::kPiece);
  const auto ends = std::erase(body, MarkingFilter::kEnd);
  TURBO_CHECK(request.given.starts_with(body), "bytes lost, twice or changed");
  if (!whole) return;
  TURBO_CHECK(body.size() == request.given.size(), "half an answer looks whole");
  const int marks = request.declared.has_value() ? 0 : request.filters;
  TURBO_CHECK(static_cast<int>(ends) == marks, "a filter did not see the end");
}

// Until nothing happens any more but that time passes. `turn` is one turn of the loop; `received`
// tells how many bytes the client has.
template <class Turn, class Received>
void settle(const IOLoop& loop, Turn turn, Received received) {
  uint64_t before = 0;
  int turns = 0;
  for (int quiet = 0; quiet < 10; ++quiet) {
    TURBO_CHECK(++turns < 1'000'000, "a loop that never rests");
    turn();
    const IOLoopCounters& now = loop.counters();
    const uint64_t done = now.wakeups + now.completions + now.posts + now.timers_fired;
    if (std::exchange(before, done + received()) != before) quiet = 0;
  }
}

}  // namespace turbo

#endif  // TURBO_TESTS_SERVER_FUZZED_SERVER_H_
