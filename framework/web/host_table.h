// HostTable: numbers by the name of a host, as a request's Host field has it. Private to the room.
//
//   "api.example.com"   this host
//   "*.example.com"     any below it, at any depth, but not itself
//
// The exact name wins, then the longest wildcard. Case, a port and a final dot do not count.
//
// Owner:   an Application.
// Threads: find() from any, once adding is over.
// Errors:  add() says what is wrong with a name (kInvalidArgument).
// Limits:  names of 253 bytes (RFC 1035 2.3.4); a longer Host is in no table.
// Cost:    find() is a look into a hash table, and one for each dot; nothing is allocated.
#ifndef TURBO_WEB_HOST_TABLE_H_
#define TURBO_WEB_HOST_TABLE_H_

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "framework/http/text_table.h"

namespace turbo::web {

class HostTable {
 public:
  static constexpr size_t kMaxBytes = 253;

  // The number of the pattern, if it has been added.
  std::optional<uint32_t> find_pattern(std::string_view pattern) const;
  // Requires: it has not.
  [[nodiscard]] absl::Status add(std::string_view pattern, uint32_t number);

  std::optional<uint32_t> find(std::string_view host) const;

 private:
  struct Names {
    std::optional<uint32_t> find(std::string_view name) const {
      const uint32_t number = table.find(name);
      if (number == http::TextTable::kNone) return std::nullopt;
      return numbers[number];
    }
    http::TextTable table;
    std::vector<uint32_t> numbers;
  };

  Names exact_;
  Names below_;  // what stands behind "*."
};

}  // namespace turbo::web

#endif  // TURBO_WEB_HOST_TABLE_H_
