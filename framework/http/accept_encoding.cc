#include "framework/http/accept_encoding.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "framework/base/views.h"
#include "framework/http/scan.h"

namespace turbo::http {
namespace {

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

bool equal(std::string_view a, std::string_view b) {
  return absl::EqualsIgnoreCase(to_absl(a), to_absl(b));
}

// Cuts off what stands before the first `separator`, or all.
std::string_view take_until(std::string_view& text, char separator) {
  const size_t end = text.find(separator);
  const std::string_view taken = text.substr(0, end);
  text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  return taken;
}

// RFC 9110 12.4.2: "0" or "1" and up to three digits behind a point, those of "1" zeros.
std::optional<int> parse_weight(std::string_view text) {
  if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1')) return std::nullopt;
  if (text.size() > 1 && text[1] != '.') return std::nullopt;
  int weight = text[0] - '0';
  for (size_t i = 2; i < 5; ++i) {
    const char digit = i < text.size() ? text[i] : '0';
    if (digit < '0' || digit > '9') return std::nullopt;
    weight = 10 * weight + (digit - '0');
  }
  if (weight > AcceptEncoding::kFullWeight) return std::nullopt;
  return weight;
}

}  // namespace

void AcceptEncoding::add(std::string_view field_value) {
  while (!field_value.empty() && count_ < kMaxElements) add_element(take_until(field_value, ','));
}

// coding OWS ";" OWS "q=" weight
void AcceptEncoding::add_element(std::string_view element) {
  const std::string_view coding = trim(take_until(element, ';'));
  if (!is_token(coding)) return;
  int weight = kFullWeight;
  if (const std::string_view parameter = trim(element); !parameter.empty()) {
    if (!absl::StartsWithIgnoreCase(to_absl(parameter), "q=")) return;
    const std::optional<int> parsed = parse_weight(parameter.substr(2));
    if (!parsed) return;
    weight = *parsed;
  }
  elements_[count_++] = {coding, weight};
}

const AcceptEncoding::Element* AcceptEncoding::find(std::string_view coding) const {
  for (const Element& element : std::span(elements_).first(count_)) {
    if (equal(element.coding, coding)) return &element;
  }
  return nullptr;
}

int AcceptEncoding::weight(std::string_view coding) const {
  const Element* element = find(coding);
  if (element == nullptr && equal(coding, "gzip")) element = find("x-gzip");
  if (element == nullptr) element = find("*");
  return element == nullptr ? 0 : element->weight;
}

bool AcceptEncoding::takes_identity() const {
  const Element* element = find("identity");
  if (element == nullptr) element = find("*");
  return element == nullptr || element->weight > 0;
}

std::optional<size_t> AcceptEncoding::choose(std::span<const std::string_view> offered) const {
  // Plain bytes that are not mentioned are the last resort, whatever "*" says.
  const Element* const identity = find("identity");
  int best = identity == nullptr ? 1 : std::max(identity->weight, 1);
  std::optional<size_t> choice;
  for (size_t i = 0; i < offered.size(); ++i) {
    const int each = weight(offered[i]);
    if (each < best || (choice && each == best)) continue;
    best = each;
    choice = i;
  }
  return choice;
}

}  // namespace turbo::http
