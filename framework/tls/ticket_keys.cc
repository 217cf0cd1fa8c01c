#include "framework/tls/ticket_keys.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <algorithm>
#include <cstring>
#include <string_view>
#include <utility>

#include "framework/base/check.h"
#include "framework/base/status.h"
#include "framework/tls/file.h"

namespace turbo::tls {
namespace {

constexpr size_t kKeyBytes = 80;
// Of the random ones: the newest and the one before.
constexpr size_t kRandomKeys = 2;

template <size_t kSize>
void take(std::string_view& text, std::array<unsigned char, kSize>& part) {
  std::memcpy(part.data(), text.data(), kSize);
  text.remove_prefix(kSize);
}

template <size_t kSize>
void fill(std::array<unsigned char, kSize>& part) {
  // A machine without randomness must not serve with keys that can be guessed.
  TURBO_CHECK(RAND_priv_bytes(part.data(), kSize) == 1, "OpenSSL has no random bytes to give");
}

absl::StatusOr<std::vector<TicketKeys::Key>> read_keys(const std::string& path) {
  absl::StatusOr<Secret> file = read_file(path);
  if (!file.ok()) return file.status();
  std::string_view text = file->view();
  const size_t count = text.size() / kKeyBytes;
  if (text.size() % kKeyBytes != 0 || count > TicketKeys::kMaxKeys) {
    return make_status(absl::StatusCode::kInvalidArgument,
                       path + ": ticket keys are 1 to 4 times 80 bytes, this file has " +
                           std::to_string(text.size()));
  }
  std::vector<TicketKeys::Key> keys(count);
  for (TicketKeys::Key& key : keys) {
    take(text, key.name);
    take(text, key.hmac);
    take(text, key.aes);
  }
  return keys;
}

}  // namespace

TicketKeys::Key::~Key() {
  OPENSSL_cleanse(hmac.data(), hmac.size());
  OPENSSL_cleanse(aes.data(), aes.size());
}

TicketKeys::TicketKeys(std::string path, Duration rotation, const Clock& clock)
    : path_(std::move(path)), rotation_(rotation), clock_(clock), newest_since_(clock.now()) {
  // A vector that grew would leave its old memory behind, wiped but for nothing.
  keys_.reserve(kMaxKeys);
}

std::shared_ptr<TicketKeys> TicketKeys::random(std::chrono::seconds rotation, const Clock& clock) {
  TURBO_CHECK(rotation.count() > 0, "ticket keys want a positive time of rotation");
  std::shared_ptr<TicketKeys> keys(new TicketKeys(std::string(), rotation, clock));
  keys->add_random_key();
  return keys;
}

absl::StatusOr<std::shared_ptr<TicketKeys>> TicketKeys::from_file(std::string path) {
  std::shared_ptr<TicketKeys> keys(
      new TicketKeys(std::move(path), Duration::zero(), Clock::steady()));
  if (absl::Status status = keys->reload(); !status.ok()) return status;
  return keys;
}

void TicketKeys::rotate() {
  TURBO_CHECK(path_.empty(), "ticket keys from a file are rotated by whoever writes the file");
  const std::lock_guard lock(mutex_);
  newest_since_ = clock_.now();
  add_random_key();
}

absl::Status TicketKeys::reload() {
  if (path_.empty()) return absl::OkStatus();
  absl::StatusOr<std::vector<Key>> keys = read_keys(path_);
  if (!keys.ok()) return keys.status();
  const std::lock_guard lock(mutex_);
  keys_.swap(*keys);
  return absl::OkStatus();
}

TicketKeys::Key TicketKeys::encryption_key() {
  const std::lock_guard lock(mutex_);
  rotate_if_due();
  return keys_.front();
}

std::optional<TicketKeys::Found> TicketKeys::find(std::span<const unsigned char, 16> name) {
  const std::lock_guard lock(mutex_);
  rotate_if_due();
  for (const Key& key : keys_) {
    if (std::equal(name.begin(), name.end(), key.name.begin())) {
      return Found{key, &key == &keys_.front()};
    }
  }
  return std::nullopt;
}

void TicketKeys::rotate_if_due() {
  if (!path_.empty()) return;
  const auto periods = (clock_.now() - newest_since_) / rotation_;
  if (periods < 1) return;
  // Nobody came for so long that even the newest has had its time as the one before.
  if (periods > 1) keys_.clear();
  // Counted from when it was due, not from when somebody came: the old key's time is over then.
  newest_since_ += periods * rotation_;
  add_random_key();
}

void TicketKeys::add_random_key() {
  Key key;
  fill(key.name);
  fill(key.hmac);
  fill(key.aes);
  keys_.insert(keys_.begin(), key);
  if (keys_.size() > kRandomKeys) keys_.resize(kRandomKeys);
}

}  // namespace turbo::tls
