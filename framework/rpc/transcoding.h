// Transcoding: which HTTP requests the google.api.http annotations of methods make calls of.
//
//   absl::Status added = transcoding.add(*method, 7);
//   std::optional<Transcoding::Match> match = transcoding.find("GET", "/v1/shelves/1");
//
// Of templates that match the more particular one counts, as routes do (http/router.h); one with
// the path's verb before one that takes it for a part of the last segment; a rule for the HTTP
// method before one for any.
//
// Owner:   a loop's dispatcher.
// Threads: find() from any, once building is over.
// Errors:  add(): kInvalidArgument for a rule that is malformed or does not fit the method's
//          messages, kAlreadyExists for one whose requests are a call already.
// Limits:  http::Router's.
// Cost:    find(): a step for each pair of an HTTP method and a verb, and the router's.
// Source:  google/api/http.proto.
#ifndef TURBO_RPC_TRANSCODING_H_
#define TURBO_RPC_TRANSCODING_H_

#include <google/protobuf/descriptor.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "framework/http/router.h"
#include "framework/rpc/http_binding.h"
#include "framework/rpc/http_rule.h"

namespace turbo::rpc {

class Transcoding {
 public:
  struct Match {
    uint32_t method = 0;  // as add() was told
    const HTTPBinding* binding = nullptr;
    std::string_view path;  // without its verb
  };

  // All rules of a method; `number` is the caller's.
  [[nodiscard]] absl::Status add(const google::protobuf::MethodDescriptor& method, uint32_t number);

  std::optional<Match> find(std::string_view http_method, std::string_view path) const;

 private:
  struct Route {
    uint32_t method;
    HTTPBinding binding;
  };
  // The templates of one HTTP method with one verb.
  struct Table {
    std::string method;
    std::string verb;
    http::Router router;
    http::Router without_rest;  // PathTemplate::pattern_without_rest
  };

  absl::Status add_rule(const google::protobuf::MethodDescriptor& method, const HTTPRule& rule,
                        uint32_t number);
  Table& table_of(std::string_view method, std::string_view verb);
  std::optional<Match> find_in(std::string_view method, std::string_view verb,
                               std::string_view path) const;

  std::vector<Table> tables_;
  std::vector<std::unique_ptr<Route>> routes_;  // by the routers' numbers
};

}  // namespace turbo::rpc

#endif  // TURBO_RPC_TRANSCODING_H_
