// PathTemplate: the paths of an HTTP annotation, and which part of them is whose value.
//
//   "/v1/shelves/{shelf}"                   one segment
//   "/v1/{book.name=shelves/*/books/*}"     several, for a field of a message in the request
//   "/v1/files/{path=**}"                   the rest, which may be empty
//   "/v1/{name=shelves/*}:publish"          with a verb
//
// Matching is the router's, so the more particular template wins.
//
// Owner:   a value.
// Threads: any.
// Errors:  parse(): kInvalidArgument, which says what is wrong. value(): nothing for a malformed
//          '%'.
// Limits:  those of http::Router.
// Cost:    value(): one string.
// Source:  google/api/http.proto, "Path template syntax".
#ifndef TURBO_RPC_PATH_TEMPLATE_H_
#define TURBO_RPC_PATH_TEMPLATE_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace turbo::rpc {

struct PathTemplate {
  // Segments of the path, which are a field's value.
  struct Variable {
    std::string field_path;
    size_t first = 0;
    size_t count = 0;
    bool to_end = false;  // and all behind them

    // Of a path that matches, without its verb. Decoded; but a "%2F" stays where '/' has a meaning.
    std::optional<std::string> value(std::string_view path) const;
  };

  static absl::StatusOr<PathTemplate> parse(std::string_view text);

  std::string pattern;  // as http::Router has it
  // "**" stands for no segment too: the pattern of these paths. Empty: there is none.
  std::string pattern_without_rest;
  std::string verb;  // behind the ':' of the last segment; empty: none
  std::vector<Variable> variables;
};

// Cuts the verb off the path's last segment; empty: it has no ':'.
std::string_view cut_verb(std::string_view& path);

}  // namespace turbo::rpc

#endif  // TURBO_RPC_PATH_TEMPLATE_H_
