// Fields as fuzzers are given them: a line for each, "name:value".
#ifndef TURBO_TESTS_RPC_FIELD_LINES_H_
#define TURBO_TESTS_RPC_FIELD_LINES_H_

#include <string_view>
#include <vector>

#include "framework/http/request_head.h"

namespace turbo::rpc {

// Views into `lines`.
inline std::vector<http::Field> fields_of(std::string_view lines) {
  std::vector<http::Field> fields;
  while (!lines.empty()) {
    const std::string_view line = lines.substr(0, lines.find('\n'));
    lines.remove_prefix(line.size() < lines.size() ? line.size() + 1 : line.size());
    const std::string_view name = line.substr(0, line.find(':'));
    const size_t behind = name.size() < line.size() ? name.size() + 1 : line.size();
    fields.push_back({name, line.substr(behind)});
  }
  return fields;
}

}  // namespace turbo::rpc

#endif  // TURBO_TESTS_RPC_FIELD_LINES_H_
