// A server's session fed with any bytes, cut anywhere: events come in order, what it says is whole
// frames in order, and where the bytes were cut changes nothing.
//
// The first byte chooses what the server is like, the second how many bytes that follow are sizes
// of pieces. The last byte of a path chooses what the handler does, see Served.

#include "tests/http2/fuzzed_server.h"

namespace turbo::http2 {
namespace {

void run(const FuzzInput& input) {
  Server cut(input.choice);
  const bool sends_along = (input.choice & kSendsAlong) != 0;
  input.pieces([&](std::string_view piece) {
    cut.receive(piece);
    if (sends_along) cut.send(50);
  });
  cut.end();
  if (sends_along) return;
  Server whole(input.choice);
  whole.receive(input.bytes);
  whole.end();
  TURBO_CHECK(cut.log() == whole.log(), "a cut changed what happened");
}

}  // namespace
}  // namespace turbo::http2

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  turbo::http2::run(turbo::http2::FuzzInput(data, size));
  return 0;
}
