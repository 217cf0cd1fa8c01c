#include "framework/rpc/json_methods.h"

#include <google/protobuf/descriptor.h>

#include <string>

#include "framework/base/check.h"
#include "framework/base/log.h"
#include "framework/base/views.h"

namespace turbo::rpc {

JSONMethods::JSONMethods(const MethodTable& methods, const JSONOptions& options)
    : methods_(methods), options_(options) {
  const auto* const pool = google::protobuf::DescriptorPool::generated_pool();
  methods.for_each([&](MethodEntry& entry) {
    const Method& method = entry.method;
    const auto* const descriptor =
        pool->FindMethodByName(std::string(method.service()).append(".").append(method.name()));
    if (descriptor == nullptr) return;  // written by hand
    const absl::Status added =
        transcoding_.add(*descriptor, static_cast<uint32_t>(annotated_.size()));
    if (!added.ok()) log(LogLevel::kError, to_std(added.message()));
    TURBO_CHECK(added.ok(), "an HTTP annotation is wrong; the log says which");
    annotated_.push_back(&entry);
  });
}

std::optional<JSONMethods::Match> JSONMethods::find(const http::RequestHead& request,
                                                    bool json) const {
  if (json && request.method == http::Method::kPost) {
    MethodEntry* const entry = methods_.find(request.path);
    if (entry != nullptr) return Match{entry, &whole_, request.path};
  }
  return find(request.method_token, request.path);
}

std::optional<JSONMethods::Match> JSONMethods::find(std::string_view http_method,
                                                    std::string_view path) const {
  const std::optional<Transcoding::Match> match = transcoding_.find(http_method, path);
  if (!match.has_value()) return std::nullopt;
  return Match{annotated_[match->method], match->binding, match->path};
}

}  // namespace turbo::rpc
