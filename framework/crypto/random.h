// Random bytes that nobody can guess: for keys, tokens and session ids.
//
// Owner:   values.
// Threads: any; each has a generator of its own, seeded by the kernel's and again after fork().
// Errors:  a machine that has no random bytes to give ends the program with a message: to go on
//          would mean secrets that can be guessed.
// Limits:  none.
// Cost:    no system call but for seeding. benchmarks/micro/crypto_benchmark.
#ifndef TURBO_CRYPTO_RANDOM_H_
#define TURBO_CRYPTO_RANDOM_H_

#include <cstddef>
#include <span>
#include <string>

namespace turbo {

void fill_random(std::span<char> bytes);

std::string random_bytes(size_t count);

}  // namespace turbo

#endif  // TURBO_CRYPTO_RANDOM_H_
