#include "framework/web/request_id.h"

#include <algorithm>
#include <array>
#include <memory>
#include <stdexcept>
#include <utility>

#include "framework/crypto/random.h"
#include "framework/http/response_head.h"

namespace turbo::web {

namespace {

constexpr size_t kMaxBytes = 128;
constexpr size_t kRandomBytes = 16;

struct RequestId {
  std::array<char, kMaxBytes> bytes;
  size_t size = 0;
};

bool is_id(std::string_view text) {
  return !text.empty() && text.size() <= kMaxBytes &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                  std::string_view("-_.:+/=@").find(c) != std::string_view::npos;
         });
}

void take_over(std::string_view text, RequestId& id) {
  std::copy(text.begin(), text.end(), id.bytes.begin());
  id.size = text.size();
}

// In hex, in place.
void make(RequestId& id) {
  std::array<char, kRandomBytes> random;
  fill_random(random);
  constexpr std::string_view kDigits = "0123456789abcdef";
  for (const char byte : random) {
    id.bytes[id.size++] = kDigits[static_cast<unsigned char>(byte) >> 4];
    id.bytes[id.size++] = kDigits[static_cast<unsigned char>(byte) & 15];
  }
}

}  // namespace

Middleware request_id(RequestIdOptions options) {
  if (http::ResponseHead probe; !probe.set(options.header, "x").ok()) {
    throw std::invalid_argument("no header for a request id: " + options.header);
  }
  auto shared = std::make_shared<const RequestIdOptions>(std::move(options));
  Middleware middleware;
  middleware.before = [shared](Request& request, Response&) {
    RequestId& id = request.attributes().emplace<RequestId>();
    const std::string_view sent = request.header(shared->header).value_or("");
    shared->from_client&& is_id(sent) ? take_over(sent, id) : make(id);
  };
  middleware.after = [shared](Request& request, Response& response) {
    const std::string_view id = request_id_of(request);
    if (!id.empty()) response.set_header(shared->header, id);
  };
  return middleware;
}

std::string_view request_id_of(const Request& request) {
  const RequestId* const id = request.attributes().find<RequestId>();
  if (id == nullptr) return {};
  return {id->bytes.data(), id->size};
}

}  // namespace turbo::web
