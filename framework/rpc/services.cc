#include "framework/rpc/services.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "framework/base/check.h"
#include "framework/base/status.h"
#include "framework/rpc/call_head.h"
#include "framework/rpc/grpc_format.h"
#include "framework/rpc/json_format.h"
#include "framework/rpc/json_methods.h"
#include "framework/rpc/server_call.h"
#include "framework/rpc/timeout.h"
#include "framework/rpc/web_format.h"

namespace turbo::rpc {

namespace {

class ServicesDispatcher final : public Dispatcher {
 public:
  // `cors`, `json`: null for none.
  ServicesDispatcher(IOLoop& loop, std::vector<std::shared_ptr<rpc::Service>> services,
                     MethodTable methods, const CORSPolicy* cors, const JSONOptions* json,
                     std::unique_ptr<Dispatcher> http)
      : services_(std::move(services)),
        methods_(std::move(methods)),
        cors_(cors),
        http_(std::move(http)) {
    if (json != nullptr) json_.emplace(methods_, *json);
    for (const auto& service : services_) service->on_start(loop, methods_);
  }

  void on_head(Exchange& exchange) override {
    call_ = nullptr;  // of one that ended at once
    const CallHead head = read_call_head(exchange.head());
    switch (head.kind) {
      case CallKind::kGRPC:
        if (exchange.head().major_version < 2) {
          return exchange.send_error(505, "gRPC wants HTTP/2.");
        }
        return begin_framed<GRPCFormat>(exchange, head);
      case CallKind::kWeb:
        return begin_web(exchange, head, WebCoding::kBinary);
      case CallKind::kWebText:
        return begin_web(exchange, head, WebCoding::kText);
      case CallKind::kOtherCodec:
        return exchange.send_error(415, "Messages are protobuf's here: application/grpc+proto.");
      case CallKind::kNone:
        return begin_other(exchange, head);
    }
  }

  // A call was begun by its head.
  void on_request(Exchange& exchange) override {
    if (std::exchange(call_, nullptr) != &exchange) http_->on_request(exchange);
  }

  void on_refused(Exchange& exchange, int status) override {
    // The type of what is sent may be among the fields that did not fit.
    if (status == 431 && methods_.find(exchange.head().path) != nullptr) {
      return GRPCFormat(exchange, kNoOptions)
          .finish(make_status(absl::StatusCode::kResourceExhausted, "too much metadata"), {});
    }
    if (http_ != nullptr) http_->on_refused(exchange, status);
  }

  void on_drain() override {
    for (const auto& service : services_) service->on_drain();
    if (http_ != nullptr) http_->on_drain();
  }

 private:
  void begin_other(Exchange& exchange, const CallHead& head) {
    if (is_preflight(exchange.head())) return cors_->answer_preflight(exchange);
    if (json_.has_value()) {
      const auto call = json_->find(exchange.head(), head.json);
      if (call.has_value()) return begin_json(exchange, head, *call);
    }
    http_ != nullptr ? http_->on_head(exchange) : exchange.send_error(404);
  }

  bool is_preflight(const http::RequestHead& request) const {
    if (cors_ == nullptr) return false;
    const std::optional<std::string_view> method = CORSPolicy::preflight_of(request);
    if (!method.has_value()) return false;
    if (method == "POST" && methods_.find(request.path) != nullptr) return true;
    return json_.has_value() && json_->find(*method, request.path).has_value();
  }

  void begin_web(Exchange& exchange, const CallHead& head, WebCoding coding) {
    if (cors_ != nullptr) cors_->add_fields(exchange);
    exchange.set_max_body_bytes(kNoLimit);
    exchange.decompress_body();
    if (!exchange.finished()) begin_framed<WebFormat>(exchange, head, coding);
  }

  template <class Format, class... Arguments>
  void begin_framed(Exchange& exchange, const CallHead& head, Arguments... arguments) {
    MethodEntry* const entry = methods_.find(exchange.head().path);
    auto format = std::make_unique<Format>(exchange, entry == nullptr ? kNoOptions : entry->options,
                                           arguments...);
    absl::Status known =
        head.encoding.empty() ? absl::OkStatus() : format->set_encoding(head.encoding);
    if (!known.ok()) return format->finish(known, {});
    exchange.set_max_body_bytes(kNoLimit);  // the format's is for each message
    begin_call(exchange, head, entry, std::move(format));
  }

  void begin_json(Exchange& exchange, const CallHead& head, const JSONMethods::Match& call) {
    if (cors_ != nullptr) cors_->add_fields(exchange);
    if (exchange.head().has_body() && call.binding->has_body() && !head.json) {
      return exchange.send_error(415, "The body is JSON here: application/json.");
    }
    auto format = std::make_unique<JSONFormat>(exchange, json_->call(call));
    if (client_streams(call.entry->method.kind)) {
      return format->finish(make_status(absl::StatusCode::kUnimplemented,
                                        "a method of many messages, which JSON has not"),
                            {});
    }
    exchange.set_max_body_bytes(kNoLimit);  // the format's is for the message
    exchange.decompress_body();
    if (!exchange.finished()) begin_call(exchange, head, call.entry, std::move(format));
  }

  void begin_call(Exchange& exchange, const CallHead& head, MethodEntry* entry,
                  std::unique_ptr<CallFormat> format) {
    std::optional<Duration> timeout;
    if (absl::Status admitted = admit(head, entry, timeout); !admitted.ok()) {
      return format->finish(admitted, {});
    }
    exchange.stream_body();
    exchange.keep_own_time();
    std::unique_ptr<ServerCall> made = entry->make_call(exchange, std::move(format));
    ServerCall& call = *made;
    exchange.attach(std::move(made));
    call_ = &exchange;
    call.start(timeout);
  }

  // `entry`: null for a method nobody has added.
  static absl::Status admit(const CallHead& head, const MethodEntry* entry,
                            std::optional<Duration>& timeout) {
    if (entry == nullptr) return make_status(absl::StatusCode::kUnimplemented, "unknown method");
    if (entry->open_calls >= entry->options.max_concurrent_calls) {
      return make_status(absl::StatusCode::kResourceExhausted, "too many calls of the method");
    }
    if (!head.timeout.empty()) {
      timeout = parse_timeout(head.timeout);
      if (!timeout.has_value()) {
        return make_status(absl::StatusCode::kInternal, "a malformed grpc-timeout");
      }
      timeout = std::min(*timeout, entry->options.max_timeout);
    } else if (entry->options.default_timeout > Duration::zero()) {
      timeout = entry->options.default_timeout;
    }
    return absl::OkStatus();
  }

  static inline const MethodOptions kNoOptions;
  static constexpr uint64_t kNoLimit = std::numeric_limits<uint64_t>::max();

  const std::vector<std::shared_ptr<rpc::Service>> services_;
  const MethodTable methods_;  // refers to the services
  const CORSPolicy* const cors_;
  std::optional<JSONMethods> json_;  // refers to the methods
  const std::unique_ptr<Dispatcher> http_;
  Exchange* call_ = nullptr;  // on_request() follows for it, and is of no interest
};

}  // namespace

Services& Services::add(rpc::Service& shared) {
  const std::shared_ptr<void> nobody;
  makers_.emplace_back([=, &shared] { return std::shared_ptr<rpc::Service>(nobody, &shared); });
  return *this;
}

Services& Services::set_options(std::string_view name, MethodOptions options) {
  options_.emplace_back(name, options);
  return *this;
}

Services& Services::use(Interceptor interceptor) {
  interceptors_.push_back(std::move(interceptor));
  return *this;
}

Services& Services::set_cors(CORSOptions options) {
  cors_.emplace(std::move(options));
  return *this;
}

Services& Services::serve_json(JSONOptions options) {
  json_ = options;
  return *this;
}

Services& Services::set_http(turbo::Service& http) {
  http_ = &http;
  return *this;
}

std::unique_ptr<Dispatcher> Services::make_dispatcher(IOLoop& loop) {
  std::vector<std::shared_ptr<rpc::Service>> services;
  MethodTable methods;
  for (const Make& make : makers_) {
    services.push_back(make());
    services.back()->add_methods(methods);
  }
  check_names(methods);
  methods.for_each([this](MethodEntry& entry) {
    entry.options = options_of(entry);
    entry.interceptors = interceptors_;
  });
  return std::make_unique<ServicesDispatcher>(
      loop, std::move(services), std::move(methods), cors_.has_value() ? &*cors_ : nullptr,
      json_.has_value() ? &*json_ : nullptr,
      http_ == nullptr ? nullptr : http_->make_dispatcher(loop));
}

MethodOptions Services::options_of(const MethodEntry& entry) const {
  const Method& method = entry.method;
  const MethodOptions* found = entry.has_own_options ? &entry.options : &defaults_;
  for (const auto& [name, options] : options_) {
    if (name == method.path) return options;
    if (name == method.service()) found = &options;
  }
  return *found;
}

void Services::check_names(const MethodTable& methods) const {
  for (const auto& [name, options] : options_) {
    bool known = false;
    methods.for_each([&known, &name = name](const MethodEntry& entry) {
      known |= name == entry.method.path || name == entry.method.service();
    });
    TURBO_CHECK(known, "options were set for a method or service that was not added");
  }
}

}  // namespace turbo::rpc
