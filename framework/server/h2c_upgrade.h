// h2c_settings(): whether an HTTP/1.1 request asks to go on in HTTP/2 over the same plain
// connection (RFC 7540 3.2), and the settings that came with it.
//
// Owner:   a value.
// Threads: any.
// Errors:  a request whose wish is malformed has none.
// Limits:  settings of 1 KiB.
// Cost:    asked of requests with "Connection: upgrade" only.
#ifndef TURBO_SERVER_H2C_UPGRADE_H_
#define TURBO_SERVER_H2C_UPGRADE_H_

#include <optional>
#include <string>

#include "framework/http/request_head.h"

namespace turbo {

// The payload of a SETTINGS frame.
std::optional<std::string> h2c_settings(const http::RequestHead& request);

}  // namespace turbo

#endif  // TURBO_SERVER_H2C_UPGRADE_H_
