#include "framework/rpc/channel.h"

#include <array>
#include <atomic>
#include <utility>

#include "framework/base/check.h"
#include "framework/rpc/channel_config.h"
#include "framework/rpc/channel_part.h"

namespace turbo::rpc {
namespace {

// The parts a thread used lately, so that no call takes the lock.
struct KnownPart {
  uint64_t channel = 0;
  IOLoop* loop = nullptr;
  ChannelPart* part = nullptr;
};
constexpr size_t kKnownParts = 16;
thread_local std::array<KnownPart, kKnownParts> known_parts;

uint64_t next_serial() {
  static std::atomic<uint64_t> last{0};
  return ++last;
}

}  // namespace

Channel::Channel(std::string_view target, ChannelOptions options)
    : config_(make_channel_config(target, std::move(options))), serial_(next_serial()) {}

Channel::~Channel() {
  for (std::unique_ptr<ChannelPart>& part : parts_) {
    IOLoop& loop = part->loop();
    if (&loop == IOLoop::current()) continue;
    loop.add_callback([part = std::move(part)] {});
  }
}

const absl::Status& Channel::status() const { return config_->status; }

ChannelPart& Channel::part() {
  IOLoop* const loop = IOLoop::current();
  TURBO_CHECK(loop != nullptr, "a call needs a loop on its thread");
  KnownPart& known = known_parts[serial_ % kKnownParts];
  if (known.channel != serial_ || known.loop != loop) [[unlikely]] {
    known = {.channel = serial_, .loop = loop, .part = &find_part(*loop)};
  }
  return *known.part;
}

ChannelPart& Channel::find_part(IOLoop& loop) {
  const std::lock_guard<std::mutex> lock(mutex_);
  for (const std::unique_ptr<ChannelPart>& part : parts_) {
    if (&part->loop() == &loop) return *part;
  }
  return *parts_.emplace_back(std::make_unique<ChannelPart>(config_, loop));
}

}  // namespace turbo::rpc
