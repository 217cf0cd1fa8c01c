#include "framework/http/conditional.h"

#include <algorithm>

#include "framework/http/date.h"

namespace turbo::http {
namespace {

// RFC 9110 8.8.3: visible bytes but the quote, and those from 0x80 on.
bool is_tag_byte(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte > 0x20 && byte != '"' && byte != 0x7f;
}

// One tag from the front of `rest`, which is left as it is when none stands there.
std::optional<EntityTag> take_tag(std::string_view& rest) {
  EntityTag tag;
  std::string_view text = rest;
  if (text.starts_with("W/")) {  // case-sensitive
    tag.weak = true;
    text.remove_prefix(2);
  }
  if (!text.starts_with('"')) return std::nullopt;
  const auto* const end = std::find_if_not(text.begin() + 1, text.end(), is_tag_byte);
  if (end == text.end() || *end != '"') return std::nullopt;
  tag.opaque = {text.data() + 1, static_cast<size_t>(end - text.begin()) - 1};
  rest = {end + 1, static_cast<size_t>(text.end() - end) - 1};
  return tag;
}

enum class Comparison : bool { kWeak, kStrong };

bool matches(const EntityTag& a, const EntityTag& b, Comparison comparison) {
  return comparison == Comparison::kStrong ? strong_match(a, b) : weak_match(a, b);
}

// Whether one of the fields of that name holds the tag. "*" stands for any representation.
bool lists_tag(const RequestHead& head, std::string_view name, std::string_view etag,
               Comparison comparison) {
  const std::optional<EntityTag> ours = parse_entity_tag(etag);
  for (const Field& field : head.fields) {
    if (!equals_ignore_case(field.name, name)) continue;
    if (field.value == "*") return true;
    EntityTagReader reader(field.value);
    while (const std::optional<EntityTag> theirs = reader.next()) {
      if (ours.has_value() && matches(*theirs, *ours, comparison)) return true;
    }
  }
  return false;
}

// What is asked of the date: nullopt when there is nothing to compare.
std::optional<bool> modified_after(const std::optional<std::string_view>& field,
                                   const Validators& current) {
  if (!field.has_value() || !current.last_modified.has_value()) return std::nullopt;
  const std::optional<std::chrono::sys_seconds> date = parse_date(*field);
  if (!date.has_value()) return std::nullopt;
  return *current.last_modified > *date;
}

// All conditions but If-Range, and nothing else usual, begin so.
bool has_conditions(const RequestHead& head) {
  return std::any_of(head.fields.begin(), head.fields.end(), [](const Field& field) {
    return field.name.size() >= 8 && field.name[2] == '-' &&
           equals_ignore_case(field.name.substr(0, 3), "if-");
  });
}

Precondition evaluate_found(const RequestHead& head, const Validators& current) {
  const bool reads = head.method == Method::kGet || head.method == Method::kHead;
  if (head.find("If-Match").has_value()) {
    if (!lists_tag(head, "If-Match", current.etag, Comparison::kStrong)) {
      return Precondition::kFailed;
    }
  } else if (modified_after(head.find("If-Unmodified-Since"), current).value_or(false)) {
    return Precondition::kFailed;
  }
  if (head.find("If-None-Match").has_value()) {
    if (!lists_tag(head, "If-None-Match", current.etag, Comparison::kWeak)) {
      return Precondition::kProceed;
    }
    return reads ? Precondition::kNotModified : Precondition::kFailed;
  }
  if (reads && !modified_after(head.find("If-Modified-Since"), current).value_or(true)) {
    return Precondition::kNotModified;
  }
  return Precondition::kProceed;
}

}  // namespace

std::optional<EntityTag> parse_entity_tag(std::string_view text) {
  const std::optional<EntityTag> tag = take_tag(text);
  return text.empty() ? tag : std::nullopt;
}

std::optional<EntityTag> EntityTagReader::next() {
  const size_t begin = rest_.find_first_not_of(", \t");
  if (begin == std::string_view::npos) return std::nullopt;
  rest_.remove_prefix(begin);
  const std::optional<EntityTag> tag = take_tag(rest_);
  const size_t after = rest_.find_first_not_of(" \t");
  if (!tag.has_value() || (after != std::string_view::npos && rest_[after] != ',')) {
    rest_ = {};
    return std::nullopt;
  }
  return tag;
}

Precondition evaluate_preconditions(const RequestHead& head, const Validators& current) {
  if (!has_conditions(head)) [[likely]]
    return Precondition::kProceed;
  return evaluate_found(head, current);
}

bool range_applies(const RequestHead& head, const Validators& current) {
  const std::optional<std::string_view> field = head.find("If-Range");
  if (!field.has_value()) return true;
  if (const std::optional<EntityTag> theirs = parse_entity_tag(*field)) {
    const std::optional<EntityTag> ours = parse_entity_tag(current.etag);
    return ours.has_value() && strong_match(*theirs, *ours);
  }
  return current.last_modified.has_value() && parse_date(*field) == current.last_modified;
}

}  // namespace turbo::http
