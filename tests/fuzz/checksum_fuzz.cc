// The fuzzer that corpus_main_test runs: prints one checksum over all it was fed, so that two runs
// can be compared, and dies on the input "crash" as a real one does on a fault.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace {

uint64_t checksum = 0;

void print_checksum() {
  std::printf("checksum: %016llx\n", static_cast<unsigned long long>(checksum));
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) { return std::atexit(print_checksum); }

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  if (input == "crash") std::abort();
  for (const char byte : input) {
    checksum = (checksum ^ static_cast<uint8_t>(byte)) * 0x100000001b3;
  }
  checksum += size + 1;
  return 0;
}
