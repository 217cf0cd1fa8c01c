// Shows that this workspace really has the other Abseil, and takes in every public header.
#include <string_view>
#include <type_traits>

#include "absl/strings/string_view.h"
#include "framework/turbo.h"

#ifndef STD_ABSEIL
#error "Turbo uses another Abseil than the one this workspace has defined"
#endif
static_assert(std::is_same_v<absl::string_view, std::string_view>);
