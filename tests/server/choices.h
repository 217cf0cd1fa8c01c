// Choices: the bytes of a fuzzer's input as decisions. The client takes its own from the front, the
// handlers theirs from the back, so that a change to what one does leaves the other's course alone.
// When both have met there are only zeros, which everybody takes for "end in good order".
#ifndef TURBO_TESTS_SERVER_CHOICES_H_
#define TURBO_TESTS_SERVER_CHOICES_H_

#include <cstdint>
#include <string_view>

namespace turbo {

class Choices {
 public:
  explicit Choices(std::string_view bytes) : bytes_(bytes) {}

  bool empty() const { return bytes_.empty(); }

  uint8_t front() {
    if (bytes_.empty()) return 0;
    const auto byte = static_cast<uint8_t>(bytes_.front());
    bytes_.remove_prefix(1);
    return byte;
  }

  uint8_t back() {
    if (bytes_.empty()) return 0;
    const auto byte = static_cast<uint8_t>(bytes_.back());
    bytes_.remove_suffix(1);
    return byte;
  }

 private:
  std::string_view bytes_;
};

}  // namespace turbo

#endif  // TURBO_TESTS_SERVER_CHOICES_H_
