// ExchangeStock: exchanges that wait for re-use, with the memory they have grown.
//
// Owner:   the ServerShard.
// Threads: its loop's.
// Errors:  none.
// Limits:  at most kSpares wait; the rest is destroyed.
// Cost:    a pointer in and out of an array.
#ifndef TURBO_SERVER_EXCHANGE_STOCK_H_
#define TURBO_SERVER_EXCHANGE_STOCK_H_

#include <array>
#include <cstddef>
#include <memory>
#include <utility>

#include "framework/server/http_server_options.h"

namespace turbo {

template <class T>
class ExchangeStock {
 public:
  explicit ExchangeStock(const HTTPServerOptions& options) : options_(options) {}

  std::unique_ptr<T> take() {
    if (count_ == 0) [[unlikely]]
      add();
    return std::move(spares_[--count_]);
  }

  // Flat: every request comes by, and all of this is a few writes.
  [[gnu::flatten]] void put(std::unique_ptr<T>&& exchange) {
    exchange->recycle();
    if (count_ == kSpares) return exchange.reset();
    spares_[count_++] = std::move(exchange);
  }

 private:
  static constexpr size_t kSpares = 256;

  [[gnu::noinline]] void add() { spares_[count_++] = std::make_unique<T>(options_); }

  const HTTPServerOptions& options_;
  std::array<std::unique_ptr<T>, kSpares> spares_;
  size_t count_ = 0;
};

}  // namespace turbo

#endif  // TURBO_SERVER_EXCHANGE_STOCK_H_
