// Targets, percent-encoding and form-urlencoded text on any bytes: round trips hold, the cuts
// change nothing, views stay inside.
//
// The first byte chooses limits, the second where the text is cut.

#include <cstdint>
#include <string>
#include <string_view>

#include "framework/base/check.h"
#include "framework/http/form_urlencoded.h"
#include "framework/http/percent.h"
#include "framework/http/request_parser.h"

namespace turbo::http {
namespace {

void check_percent(std::string_view text) {
  for (const URLPart part : {URLPart::kQueryComponent, URLPart::kPathSegment, URLPart::kPath}) {
    const std::string encoded = percent_encode(text, part);
    TURBO_CHECK(percent_decode(encoded) == text, "what was encoded came back differently");
    TURBO_CHECK(encoded.find_first_of("?#%\r\n \"<>", 0) == encoded.find('%'),
                "a byte that ends the part was left");
    TURBO_CHECK(part == URLPart::kPath || encoded.find('/') == std::string::npos,
                "a slash in a segment");
  }
}

std::string shown(URLEncodedParser& parser) {
  const std::optional<Parameters> parameters = parser.finish();
  if (!parameters) return std::string(parser.error().reason);
  std::string text;
  for (const Parameter& each : *parameters) {
    TURBO_CHECK(parameters->first(each.name).has_value(), "a parameter that is not found");
    text.append(percent_encode(each.name, URLPart::kQueryComponent)).append("=");
    text.append(percent_encode(each.value, URLPart::kQueryComponent)).append("&");
  }
  return text;
}

void check_parameters(std::string_view text, const URLEncodedLimits& limits, size_t cut) {
  URLEncodedParser whole(limits);
  whole.feed(text);
  const std::string wanted = shown(whole);
  URLEncodedParser halves(limits);
  if (halves.feed(text.substr(0, cut))) halves.feed(text.substr(cut));
  TURBO_CHECK(shown(halves) == wanted, "the cut changed what the parser says");
  URLEncodedParser bytewise(limits);
  for (size_t i = 0; i < text.size() && bytewise.feed(text.substr(i, 1)); ++i) {
  }
  TURBO_CHECK(shown(bytewise) == wanted, "byte by byte the parser says something else");
  URLEncodedParser again(limits);
  again.feed(wanted);
  TURBO_CHECK(!wanted.ends_with("&") || shown(again) == wanted, "a round trip changed a parameter");
}

void check_target(std::string_view text) {
  const std::string request = "GET " + std::string(text) + " HTTP/1.1\r\nHost: a\r\n\r\n";
  Buffer input = Buffer::copy_of(request);
  const RequestParserLimits limits;
  RequestParser parser(limits);
  if (parser.next(input) != RequestParser::Event::kHead) return;
  const RequestHead& head = parser.head();
  TURBO_CHECK(!head.path.empty(), "a GET without a path");
  if (head.target[0] != '/') return;
  std::string joined(head.path);
  if (joined.size() < head.target.size()) joined.append("?").append(head.query);
  TURBO_CHECK(joined == head.target, "path and query are not the target");
  TURBO_CHECK(head.path.find_first_of("?#") == std::string_view::npos, "a path that goes too far");
}

}  // namespace
}  // namespace turbo::http

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  turbo::http::URLEncodedLimits limits;
  if ((data[0] & 1) != 0) limits.max_parameters = 3;
  if ((data[0] & 2) != 0) limits.max_name_bytes = 4;
  if ((data[0] & 4) != 0) limits.max_value_bytes = 5;
  if ((data[0] & 8) != 0) limits.max_total_bytes = 20;
  const std::string_view text(reinterpret_cast<const char*>(data + 2), size - 2);
  turbo::http::check_percent(text);
  turbo::http::check_parameters(text, limits, text.empty() ? 0 : data[1] % text.size());
  turbo::http::check_target(text);
  return 0;
}
