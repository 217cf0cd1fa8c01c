// ETag of answers by their bytes, and 304 to who has them. Private to the room.
//
// Only whole answers of 200 to GET and HEAD are touched; a handler's own ETag is kept and compared
// all the same. A HEAD that was answered without a body has nothing to make a tag of.
//
// Owner:   the exchange.
// Threads: its loop's.
// Errors:  none.
// Limits:  none.
// Cost:    SHA-256 over the body: some two milliseconds for a MiB without the CPU's help, a third
//          of one with it.
#ifndef TURBO_WEB_ETAG_FILTER_H_
#define TURBO_WEB_ETAG_FILTER_H_

#include <memory>

#include "framework/server/output_filter.h"

namespace turbo::web {

std::unique_ptr<OutputFilter> make_etag_filter();

}  // namespace turbo::web

#endif  // TURBO_WEB_ETAG_FILTER_H_
