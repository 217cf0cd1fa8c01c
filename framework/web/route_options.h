// RouteOptions: how the requests of one route are received and checked.
//
//   app.post("/upload", upload, {.stream_body = true, .max_body_bytes = 10ull << 30});
//
//   class Upload : public web::RequestHandler {   // a class says it by constants
//    public:
//     static constexpr bool kStreamsBody = true;
//     static constexpr uint64_t kMaxBodyBytes = 10ull << 30;
//     static constexpr bool kChecksXSRF = false;
//     static constexpr bool kHasETag = true;
//
// Owner:   the endpoint of the route.
// Threads: any, once the server listens.
// Errors:  none.
// Limits:  these.
// Cost:    a route with none of them pays nothing.
#ifndef TURBO_WEB_ROUTE_OPTIONS_H_
#define TURBO_WEB_ROUTE_OPTIONS_H_

#include <cstdint>
#include <optional>

namespace turbo::web {

struct RouteOptions {
  // The handler runs when the head has come, and reads the body by Request::read_body() (a class
  // may override data_received()). Otherwise it runs when all of the body is there.
  bool stream_body = false;
  // Instead of the server's max_body_bytes.
  std::optional<uint64_t> max_body_bytes;
  // Instead of ApplicationOptions::check_xsrf: false for what other programs call.
  std::optional<bool> check_xsrf;
  // Instead of ApplicationOptions::etags.
  std::optional<bool> etag;

  // These, and where they say nothing what applications around the route say.
  RouteOptions inside(const RouteOptions& outer) const {
    RouteOptions all = *this;
    if (!all.check_xsrf.has_value()) all.check_xsrf = outer.check_xsrf;
    if (!all.etag.has_value()) all.etag = outer.etag;
    return all;
  }

  bool operator==(const RouteOptions&) const = default;
};

}  // namespace turbo::web

#endif  // TURBO_WEB_ROUTE_OPTIONS_H_
