// The one place where Abseil's view types meet the standard's.
//
// Debian's Abseil has string_view and Span classes of its own; upstream's are aliases of the
// standard ones. These functions compile, and cost nothing, with both. Our signatures take the
// standard types.
//
// Owner:   none: views never own.
// Threads: any.
// Errors:  none.
// Limits:  none.
// Cost:    none.
#ifndef TURBO_BASE_VIEWS_H_
#define TURBO_BASE_VIEWS_H_

#include <string_view>

#include "absl/strings/string_view.h"

namespace turbo {

inline absl::string_view to_absl(std::string_view view) { return {view.data(), view.size()}; }

// Takes the pieces, so that it is not an overload of to_absl() where both types are one.
inline std::string_view to_std(absl::string_view view) { return {view.data(), view.size()}; }

}  // namespace turbo

#endif  // TURBO_BASE_VIEWS_H_
