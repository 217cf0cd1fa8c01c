#include "framework/web/compression.h"

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "framework/compress/compressor.h"
#include "framework/http/accept_encoding.h"
#include "framework/http/media_type.h"
#include "framework/http/request_head.h"
#include "framework/http/response_head.h"
#include "framework/server/output_filter.h"

namespace turbo::web {
namespace {

// Whether a list of tokens holds `token`, which has no comma.
bool lists(std::string_view list, std::string_view token) {
  while (!list.empty()) {
    const size_t comma = list.find(',');
    std::string_view element = list.substr(0, comma);
    list = comma == std::string_view::npos ? std::string_view() : list.substr(comma + 1);
    while (!element.empty() && element.front() == ' ') element.remove_prefix(1);
    while (!element.empty() && element.back() == ' ') element.remove_suffix(1);
    if (http::equals_ignore_case(element, token)) return true;
  }
  return false;
}

// Several fields of a name are one list (RFC 9110 5.3).
bool field_lists(const http::ResponseHead& head, std::string_view name, std::string_view token) {
  for (size_t i = 0; const std::optional<std::string_view> field = head.find(name, i); ++i) {
    if (lists(*field, token)) return true;
  }
  return false;
}

// Whether the answer's fields allow that its bytes are changed, and its type makes that worthwhile.
bool may_change(const http::ResponseHead& head) {
  const std::optional<std::string_view> type = head.find("Content-Type");
  return type && http::is_compressible(*type) && !head.find("Content-Encoding") &&
         !field_lists(head, "Cache-Control", "no-transform");
}

// False if there is no room for it.
bool add_vary(http::ResponseHead& head) {
  if (field_lists(head, "Vary", "*") || field_lists(head, "Vary", "Accept-Encoding")) return true;
  return head.add("Vary", "Accept-Encoding").ok();
}

void weaken_entity_tag(http::ResponseHead& head) {
  const std::optional<std::string_view> tag = head.find("ETag");
  if (!tag || tag->empty() || tag->front() != '"') return;
  const std::string weak = "W/" + std::string(*tag);
  if (!head.set("ETag", weak).ok()) head.remove("ETag");
}

std::optional<CompressionFormat> choose_format(const http::RequestHead& request, bool streamed) {
  using Format = CompressionFormat;
  static constexpr std::array kForWhole = {Format::kBrotli, Format::kGzip};
  static constexpr std::array kForStream = {Format::kGzip, Format::kBrotli};
  const auto& formats = streamed ? kForStream : kForWhole;
  const std::array offered = {coding_name(formats[0]), coding_name(formats[1])};
  http::AcceptEncoding accepted;
  for (const http::Field& field : request.fields) {
    if (http::equals_ignore_case(field.name, "Accept-Encoding")) accepted.add(field.value);
  }
  const std::optional<size_t> choice = accepted.choose(offered);
  if (!choice) return std::nullopt;
  return formats[*choice];
}

class CompressionFilter final : public OutputFilter {
 public:
  CompressionFilter(const CompressionOptions& options, size_t& streams)
      : options_(options), streams_(streams) {}
  ~CompressionFilter() override { end(); }

  void on_head(Exchange& exchange, const Buffer& body, bool last) override {
    http::ResponseHead& head = exchange.response();
    if (head.status() == 304) return match_whole_answer(exchange, body.size());
    if (!pays(exchange, body.size(), last) || !add_vary(head)) return;
    const auto format = choose_format(exchange.head(), !last);
    if (!format || (!last && streams_ >= options_.max_streams)) return;
    if (!head.set("Content-Encoding", coding_name(*format)).ok()) return;
    weaken_entity_tag(head);
    head.remove("Accept-Ranges");  // ranges would be of the plain bytes
    begin(*format, last ? body.size() : options_.stream_window_bytes);
    if (last) return;
    counted_ = true;
    ++streams_;
  }

  Buffer on_body(Buffer piece, bool last) override {
    if (compressor_ == nullptr) return piece;
    Buffer out;
    compressor_->add(piece, out);
    if (!last) {
      compressor_->flush(out);
      return out;
    }
    compressor_->finish(out);
    end();
    return out;
  }

 private:
  bool pays(Exchange& exchange, size_t bytes, bool whole) const {
    const int status = exchange.response().status();
    if (status < 200 || status == 204 || status == 206) return false;
    if ((whole && bytes < options_.min_bytes) || bytes > options_.max_bytes) return false;
    return !exchange.content_length() && may_change(exchange.response());
  }

  // 304 says of the entity tag and of Vary what 200 would have said (RFC 9110 15.4.5): it bears the
  // fields of that one and its body, or its length, which do not leave. With neither, the fields
  // alone decide.
  void match_whole_answer(Exchange& exchange, size_t body_bytes) const {
    http::ResponseHead& head = exchange.response();
    const size_t bytes = body_bytes > 0 ? body_bytes : options_.min_bytes;
    if (!pays(exchange, bytes, true) || !add_vary(head)) return;
    if (!choose_format(exchange.head(), false)) return;
    weaken_entity_tag(head);
    head.remove("Accept-Ranges");
  }

  void begin(CompressionFormat format, size_t window_bytes) {
    CompressorOptions options;
    options.quality =
        format == CompressionFormat::kBrotli ? options_.brotli_quality : options_.gzip_quality;
    options.window_bytes = std::min(options.window_bytes, window_bytes);
    compressor_ = Compressor::make(format, options);
  }

  // At the last byte, or when the client goes away: the exchange may be kept for longer.
  void end() {
    compressor_.reset();
    if (std::exchange(counted_, false)) --streams_;
  }

  const CompressionOptions& options_;
  size_t& streams_;
  std::unique_ptr<Compressor> compressor_;
  bool counted_ = false;  // in streams_
};

}  // namespace

void Compression::apply(Exchange& exchange) {
  if (!options_.enabled) return;
  exchange.add_output_filter(std::make_unique<CompressionFilter>(options_, streams_));
}

}  // namespace turbo::web
