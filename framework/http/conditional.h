// Conditional requests (RFC 9110 13): entity tags, and whether a request is to be answered at all.
//
//   Validators current{.etag = "\"33a-1f\"", .last_modified = modified};
//   switch (evaluate_preconditions(head, current)) {
//     case Precondition::kProceed: ...      // the method; obey Range if range_applies()
//     case Precondition::kNotModified: ...  // 304
//     case Precondition::kFailed: ...       // 412
//   }
//
// Owner:   values and views.
// Threads: any.
// Errors:  what is malformed counts as absent: dates as RFC 9110 wants it, tags because a list of
//          them ends where it stops being one.
// Limits:  the parser's, which bound the fields.
// Cost:    one look at the names of the fields; without a condition that is all.
#ifndef TURBO_HTTP_CONDITIONAL_H_
#define TURBO_HTTP_CONDITIONAL_H_

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "framework/http/request_head.h"

namespace turbo::http {

// RFC 9110 8.8.3: W/"xyzzy". `opaque` is without the quotes.
struct EntityTag {
  std::string_view opaque;
  bool weak = false;
};

// nullopt unless `text` is one entity tag and nothing else.
std::optional<EntityTag> parse_entity_tag(std::string_view text);

// RFC 9110 8.8.3.2. Strong: byte for byte the same. Weak: as good as the same.
inline bool strong_match(const EntityTag& a, const EntityTag& b) {
  return !a.weak && !b.weak && a.opaque == b.opaque;
}
inline bool weak_match(const EntityTag& a, const EntityTag& b) { return a.opaque == b.opaque; }

// Goes through "\"a\", W/\"b\"", the commas inside of tags being theirs.
class EntityTagReader {
 public:
  explicit EntityTagReader(std::string_view field_value) : rest_(field_value) {}
  // nullopt at the end, and at what is no tag.
  std::optional<EntityTag> next();

 private:
  std::string_view rest_;
};

// What the server has. `etag` as it is sent, empty: none.
struct Validators {
  std::string_view etag;
  std::optional<std::chrono::sys_seconds> last_modified;
};

enum class Precondition : uint8_t { kProceed, kNotModified, kFailed };

// If-Match, If-Unmodified-Since, If-None-Match, If-Modified-Since, in the order of RFC 9110 13.2.2.
// For a representation that exists.
Precondition evaluate_preconditions(const RequestHead& head, const Validators& current);

// If-Range (RFC 9110 13.1.5): whether Range is to be obeyed. True without the field. A date must be
// the very Last-Modified, a tag the same and strong.
bool range_applies(const RequestHead& head, const Validators& current);

}  // namespace turbo::http

#endif  // TURBO_HTTP_CONDITIONAL_H_
