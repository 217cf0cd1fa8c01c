// A client's session that has asked for four things and is fed with any bytes, cut anywhere: events
// come in order, what it says is whole frames in order, and where the bytes were cut changes
// nothing.
//
// The first byte chooses what the client is like, the second how many bytes that follow are sizes
// of pieces.

#include "tests/http2/fuzzed_client.h"

namespace turbo::http2 {
namespace {

void run(const FuzzInput& input) {
  Client cut(input.choice);
  const bool along = (input.choice & (kClientSendsAlong | kClientAsksAgain)) != 0;
  input.pieces([&](std::string_view piece) {
    cut.receive(piece);
    if ((input.choice & kClientSendsAlong) != 0) cut.send(50);
  });
  cut.end();
  if (along) return;
  Client whole(input.choice);
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
