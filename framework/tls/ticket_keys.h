// TicketKeys: what session tickets are encrypted with. The newest key encrypts; older ones still
// open what they have encrypted.
//
// By itself it makes a key at random and a new one every `rotation`, so that a key that leaks opens
// the sessions of that time only (RFC 5077 5.5; TLS 1.3 resumes with fresh ECDHE besides). Machines
// that should resume each other's sessions share a file of keys, which somebody else rotates (umask
// 077). The new key goes to all machines as the second before any of them encrypts with it:
//
//   (head -c 80 keys; head -c 80 /dev/urandom; tail -c +81 keys | head -c 160) > new && mv new keys
//   ... later, everywhere, the first two change places
//
// Owner:   shared_ptr: contexts.
// Threads: any.
// Errors:  from_file(), reload(): kInvalidArgument with the file and the reason; the old keys stay.
// Limits:  kMaxKeys keys; a file has 80 bytes for each (name 16, HMAC key 32, AES-256 key 32, as
//          nginx has it), the one that encrypts first.
// Cost:    a lock for a moment per handshake with tickets.
#ifndef TURBO_TLS_TICKET_KEYS_H_
#define TURBO_TLS_TICKET_KEYS_H_

#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "framework/base/clock.h"

namespace turbo::tls {

class TicketKeys {
 public:
  static constexpr size_t kMaxKeys = 4;

  // Every copy is wiped when it goes.
  struct Key {
    std::array<unsigned char, 16> name{};
    std::array<unsigned char, 32> hmac{};
    std::array<unsigned char, 32> aes{};

    ~Key();
  };

  // Random keys. A ticket opens for one to two `rotation`s: the key before the newest is kept.
  // Requires: `rotation` is positive; `clock` outlives the keys.
  static std::shared_ptr<TicketKeys> random(std::chrono::seconds rotation = std::chrono::hours(12),
                                            const Clock& clock = Clock::steady());
  static absl::StatusOr<std::shared_ptr<TicketKeys>> from_file(std::string path);
  TicketKeys(const TicketKeys&) = delete;
  TicketKeys& operator=(const TicketKeys&) = delete;

  // Puts a new random key before the newest and drops the others. Requires: not from a file.
  void rotate();
  // Reads the file again; nothing for random keys.
  absl::Status reload();

  // Rotates when it is time.
  Key encryption_key();
  struct Found {
    Key key;
    bool newest;  // otherwise the client should get a new ticket
  };
  std::optional<Found> find(std::span<const unsigned char, 16> name);

  // Where they come from; empty for random keys.
  const std::string& path() const { return path_; }

 private:
  TicketKeys(std::string path, Duration rotation, const Clock& clock);

  // With the lock held.
  void rotate_if_due();
  void add_random_key();

  const std::string path_;
  const Duration rotation_;  // not for a file
  const Clock& clock_;

  std::mutex mutex_;
  std::vector<Key> keys_;   // guarded by mutex_; the newest first
  TimePoint newest_since_;  // guarded by mutex_
};

}  // namespace turbo::tls

#endif  // TURBO_TLS_TICKET_KEYS_H_
