#include "framework/rpc/backoff.h"

#include <span>

#include "framework/crypto/random.h"

namespace turbo::rpc {

Backoff::Backoff(const BackoffOptions& options) : options_(options), wait_(options.initial) {
  fill_random({reinterpret_cast<char*>(&state_), sizeof state_});
}

// SplitMix64.
double Backoff::random() {
  uint64_t mixed = state_ += 0x9e3779b97f4a7c15;
  mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
  mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
  return static_cast<double>((mixed ^ (mixed >> 31)) >> 11) * 0x1p-53;
}

Duration Backoff::next() {
  const auto scaled = [this](Duration wait, double factor) {
    const double most = static_cast<double>(options_.max.count());
    const double count = static_cast<double>(wait.count()) * factor;
    return count < most ? Duration(static_cast<Duration::rep>(count)) : options_.max;
  };
  const Duration wait = scaled(wait_, 1 + options_.jitter * (2 * random() - 1));
  wait_ = scaled(wait_, options_.multiplier);
  return wait;
}

}  // namespace turbo::rpc
