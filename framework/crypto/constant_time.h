// Comparing a secret with what a stranger sent: the time taken says nothing about where they
// differ.
//
// Owner:   none.
// Threads: any.
// Errors:  none.
// Limits:  the sizes are no secret: unequal ones are told apart at once.
// Cost:    every byte is looked at.
#ifndef TURBO_CRYPTO_CONSTANT_TIME_H_
#define TURBO_CRYPTO_CONSTANT_TIME_H_

#include <string_view>

namespace turbo {

bool equal_in_constant_time(std::string_view a, std::string_view b);

}  // namespace turbo

#endif  // TURBO_CRYPTO_CONSTANT_TIME_H_
