#include "framework/web/etag_filter.h"

#include <string>
#include <string_view>
#include <vector>

#include "framework/base/views.h"
#include "framework/crypto/digest.h"
#include "framework/crypto/text_codec.h"
#include "framework/http/conditional.h"
#include "framework/server/exchange.h"

namespace turbo::web {
namespace {

// 128 bits: an ETag tells versions of a page apart, it proves nothing.
constexpr size_t kTagBytes = 16;

std::string etag_of(const Buffer& body) {
  const std::vector<std::string_view> pieces(body.begin(), body.end());
  const SHA256Digest digest = sha256(pieces);
  return '"' + base64url_encode(view_of(digest).substr(0, kTagBytes)) + '"';
}

bool is_get_or_head(const Exchange& exchange) {
  const http::Method method = exchange.head().method;
  return method == http::Method::kGet || method == http::Method::kHead;
}

class ETagFilter final : public OutputFilter {
 public:
  void on_head(Exchange& exchange, const Buffer& body, bool last) override {
    http::ResponseHead& head = exchange.response();
    if (head.status() != 200 || !last || !is_get_or_head(exchange)) return;
    if (exchange.content_length().has_value()) return;  // a length that was promised has to be kept
    std::string etag(head.find("ETag").value_or(""));
    if (etag.empty()) {
      // Nothing says that GET would have no body either.
      if (exchange.head().method == http::Method::kHead && body.empty()) return;
      etag = etag_of(body);
      if (!head.set("ETag", etag).ok()) return;  // no room for it: the answer is good without
    }
    http::Validators current;
    current.etag = etag;
    switch (http::evaluate_preconditions(exchange.head(), current)) {
      case http::Precondition::kProceed:
        return;
      case http::Precondition::kNotModified:
        return head.set_status(304);
      case http::Precondition::kFailed:
        return fail(head);
    }
  }

  // That of a 304 stays: it never leaves, and compression asks how long it is.
  Buffer on_body(Buffer piece, bool) override {
    if (dropped_) piece.clear();
    return piece;
  }

 private:
  void fail(http::ResponseHead& head) {
    dropped_ = true;
    head.set_status(412);
    for (std::string_view name : {"Content-Type", "Content-Encoding", "Content-Language"}) {
      head.remove(name);
    }
  }

  bool dropped_ = false;
};

}  // namespace

std::unique_ptr<OutputFilter> make_etag_filter() { return std::make_unique<ETagFilter>(); }

}  // namespace turbo::web
