// FieldRules: what RFC 9113 8.2 and 8.3 ask of each field of a message and of their order. What
// they ask of the message as a whole besides is in message_rules.h. Private to the room.
//
// Owner:   the session, for the block it decodes.
// Threads: one.
// Errors:  malformed() (RFC 9113 8.1.1).
// Limits:  none.
// Cost:    classify() a table look-up a byte; note(), for fields that were classified before, some
//          ten instructions.
#ifndef TURBO_HTTP2_FIELD_RULES_H_
#define TURBO_HTTP2_FIELD_RULES_H_

#include <cstdint>
#include <string_view>

#include "framework/http2/field_kind.h"
#include "framework/http2/role.h"

namespace turbo::http2 {

// What a field is, in whatever message `receiver` may get. kNone: malformed in any.
FieldKind classify(std::string_view name, std::string_view value, Role receiver);

class FieldRules {
 public:
  enum class Message : uint8_t { kRequest, kResponse, kTrailers };

  explicit FieldRules(Message message) : banned_(first_banned(message)) {}

  // The next field.
  void note(FieldKind kind) {
    const uint32_t bit = bit_of(kind);
    malformed_ |= (bit & banned_) != 0;
    seen_ |= bit;
    banned_ |= bit & kOnce;
    if (!is_pseudo(kind)) banned_ |= kPseudos;
  }
  bool has(FieldKind kind) const { return (seen_ & bit_of(kind)) != 0; }
  bool malformed() const { return malformed_; }

  // All have come, of a request: pseudo-header fields are those that belong together. A value that
  // was not kept, since the head is too large, is empty here and could be any.
  bool is_whole_request(std::string_view method, std::string_view scheme, std::string_view path,
                        bool connect_protocol) const;

 private:
  static constexpr uint32_t kInvalid = bit_of(FieldKind::kNone);
  static constexpr uint32_t kOfRequests = bit_of(FieldKind::kMethod) | bit_of(FieldKind::kScheme) |
                                          bit_of(FieldKind::kAuthority) | bit_of(FieldKind::kPath) |
                                          bit_of(FieldKind::kProtocol);
  static constexpr uint32_t kPseudos = kOfRequests | bit_of(FieldKind::kStatus);
  static constexpr uint32_t kOnce =
      kPseudos | bit_of(FieldKind::kHost) | bit_of(FieldKind::kContentLength);

  static constexpr uint32_t first_banned(Message message) {
    switch (message) {
      case Message::kRequest:
        return kInvalid | bit_of(FieldKind::kStatus);
      case Message::kResponse:
        return kInvalid | kOfRequests;
      case Message::kTrailers:
        break;
    }
    return kInvalid | kPseudos;
  }

  bool malformed_ = false;
  uint32_t seen_ = 0;
  uint32_t banned_;
};

}  // namespace turbo::http2

#endif  // TURBO_HTTP2_FIELD_RULES_H_
