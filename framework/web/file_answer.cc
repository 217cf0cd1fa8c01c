#include "framework/web/file_answer.h"

#include <optional>
#include <utility>

#include "framework/crypto/random.h"
#include "framework/crypto/text_codec.h"

namespace turbo::web {

FileAnswer decide_file_answer(const http::RequestHead& head, const http::Validators& current,
                              uint64_t size, size_t max_ranges) {
  FileAnswer answer;
  switch (http::evaluate_preconditions(head, current)) {
    case http::Precondition::kNotModified:
      answer.status = 304;
      return answer;
    case http::Precondition::kFailed:
      answer.status = 412;
      return answer;
    case http::Precondition::kProceed:
      break;
  }
  if (head.method != http::Method::kGet) return answer;  // RFC 9110 14.2
  const std::optional<std::string_view> range = head.find("Range");
  if (!range.has_value() || !http::range_applies(head, current)) return answer;
  http::RequestedRanges wanted = http::resolve_ranges(*range, size, max_ranges);
  if (wanted.outcome == http::RangeOutcome::kUnsatisfiable) answer.status = 416;
  if (wanted.outcome == http::RangeOutcome::kPartial) answer.status = 206;
  answer.ranges = std::move(wanted.ranges);
  return answer;
}

MultipartRanges::MultipartRanges(const FileAnswer& answer, uint64_t size,
                                 std::string_view content_type)
    : answer_(answer),
      size_(size),
      content_type_(content_type),
      boundary_(hex_encode(random_bytes(16))) {}

uint64_t MultipartRanges::body_bytes() const {
  uint64_t bytes = end().size();
  for (size_t i = 0; i < answer_.ranges.size(); ++i) {
    bytes += before(i).size() + answer_.ranges[i].size();
  }
  return bytes;
}

std::string MultipartRanges::before(size_t index) const {
  std::string head = index == 0 ? "--" : "\r\n--";
  head += boundary_;
  head.append("\r\nContent-Type: ").append(content_type_);
  head.append("\r\nContent-Range: ").append(http::content_range(answer_.ranges[index], size_));
  return head += "\r\n\r\n";
}

}  // namespace turbo::web
