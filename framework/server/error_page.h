// The short page that tells a person about an error status.
//
// Owner:   none.
// Threads: any.
// Errors:  none; details are escaped, so they cannot inject markup.
// Limits:  none; the page is a few hundred bytes and the detail.
// Cost:    off the ordinary path: a few small copies.
#ifndef TURBO_SERVER_ERROR_PAGE_H_
#define TURBO_SERVER_ERROR_PAGE_H_

#include <string_view>

#include "framework/buffer/buffer.h"

namespace turbo {

// Appends an HTML page: "404 Not Found" as title and heading, and the detail, if any, below.
void append_error_page(int status, std::string_view detail, Buffer& out);

}  // namespace turbo

#endif  // TURBO_SERVER_ERROR_PAGE_H_
