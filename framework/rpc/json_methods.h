// JSONMethods: the methods of a loop as HTTP requests with JSON call them.
//
// Owner:   the dispatcher; refers to its methods and to the options.
// Threads: the loop's.
// Errors:  an HTTP annotation that is malformed, or of requests that are another's: logged, and
//          TURBO_CHECK.
// Limits:  none.
// Cost:    a look-up in the method table, then transcoding.h's.
#ifndef TURBO_RPC_JSON_METHODS_H_
#define TURBO_RPC_JSON_METHODS_H_

#include <optional>
#include <string_view>
#include <vector>

#include "framework/http/request_head.h"
#include "framework/rpc/json_format.h"
#include "framework/rpc/method_table.h"
#include "framework/rpc/transcoding.h"

namespace turbo::rpc {

class JSONMethods {
 public:
  struct Match {
    MethodEntry* entry;
    const HTTPBinding* binding;
    std::string_view path;  // without its verb
  };

  JSONMethods(const MethodTable& methods, const JSONOptions& options);

  // `json`: the request's Content-Type says so.
  std::optional<Match> find(const http::RequestHead& request, bool json) const;
  // By an annotation alone.
  std::optional<Match> find(std::string_view http_method, std::string_view path) const;

  JSONCall call(const Match& match) const {
    return {match.entry->options, options_, *match.binding, match.path, match.entry->method.kind};
  }

 private:
  const MethodTable& methods_;
  const JSONOptions& options_;
  const HTTPBinding whole_;
  std::vector<MethodEntry*> annotated_;  // by the numbers of transcoding_
  Transcoding transcoding_;
};

}  // namespace turbo::rpc

#endif  // TURBO_RPC_JSON_METHODS_H_
