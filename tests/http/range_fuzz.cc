// Ranges, dates, entity tags and preconditions on any bytes: ranges lie inside and apart, what is
// read is written back the same, views stay inside.

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "framework/base/check.h"
#include "framework/http/byte_range.h"
#include "framework/http/conditional.h"
#include "framework/http/date.h"

namespace turbo::http {
namespace {

void check_ranges(std::string_view field, uint64_t size) {
  const RequestedRanges wanted = resolve_ranges(field, size);
  TURBO_CHECK(wanted.ranges.empty() == (wanted.outcome != RangeOutcome::kPartial),
              "ranges and outcome disagree");
  TURBO_CHECK(wanted.ranges.size() <= kDefaultMaxRanges, "too many ranges");
  for (const ByteRange& range : wanted.ranges) {
    TURBO_CHECK(range.first <= range.last && range.last < size, "a range outside");
    for (const ByteRange& other : wanted.ranges) {
      const bool apart = range.last < other.first || other.last < range.first;
      TURBO_CHECK(&range == &other || apart, "ranges overlap");
    }
  }
}

void check_date(std::string_view text) {
  const std::chrono::sys_seconds now(std::chrono::seconds(784111777));
  const auto date = parse_date(text, now);
  if (!date.has_value()) return;
  const auto again = format_date(*date);
  TURBO_CHECK(parse_date({again.data(), again.size()}) == date, "a date came back differently");
}

void check_tags(std::string_view text) {
  EntityTagReader reader(text);
  while (const auto tag = reader.next()) {
    TURBO_CHECK(tag->opaque.data() > text.data() &&
                    tag->opaque.data() + tag->opaque.size() < text.data() + text.size(),
                "a view outside the field");
    TURBO_CHECK(tag->opaque.find('"') == std::string_view::npos, "a quote inside a tag");
    const std::string written = (tag->weak ? "W/\"" : "\"") + std::string(tag->opaque) + "\"";
    const auto again = parse_entity_tag(written);
    TURBO_CHECK(again && again->weak == tag->weak && again->opaque == tag->opaque,
                "a tag came back differently");
  }
}

void check_preconditions(std::string_view text) {
  const Validators current{R"("now")", std::chrono::sys_seconds(std::chrono::seconds(784111777))};
  for (const std::string_view name :
       {"If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since", "If-Range"}) {
    const std::vector<Field> fields = {{name, text}};
    RequestHead head;
    head.method = Method::kGet;
    head.fields = fields;
    const Precondition first = evaluate_preconditions(head, current);
    TURBO_CHECK(evaluate_preconditions(head, current) == first, "two answers to one question");
    range_applies(head, current);
  }
}

}  // namespace
}  // namespace turbo::http

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const uint64_t bytes : {uint64_t{0}, uint64_t{1}, uint64_t{1000}, ~uint64_t{0}}) {
    turbo::http::check_ranges(text, bytes);
    turbo::http::check_ranges("bytes=" + std::string(text), bytes);
  }
  turbo::http::check_date(text);
  turbo::http::check_tags(text);
  turbo::http::check_preconditions(text);
  return 0;
}
