// HTTPRule: one google.api.http annotation of a method: the HTTP requests that call it.
//
//   rpc GetBook(GetBookRequest) returns (Book) {
//     option (google.api.http) = { get: "/v1/{name=shelves/*/books/*}" };
//   }
//
// Annotations are read from the method's descriptor, so the program needs no code generated of
// google/api/annotations.proto.
//
// Owner:   values.
// Threads: any.
// Errors:  none: what cannot be read is no annotation; what a rule says is checked by who uses it.
// Limits:  none.
// Cost:    for building only.
// Source:  google/api/http.proto.
#ifndef TURBO_RPC_HTTP_RULE_H_
#define TURBO_RPC_HTTP_RULE_H_

#include <google/protobuf/descriptor.h>

#include <string>
#include <vector>

namespace turbo::rpc {

struct HTTPRule {
  std::string method;         // "GET"; a custom kind as it stands, "*" is any method
  std::string path;           // a template, see path_template.h
  std::string body;           // the field that is the body; "*": all; empty: there is none
  std::string response_body;  // the field that is the answer's body; empty: all
};

// A method's rule and, behind it, its additional bindings.
std::vector<HTTPRule> http_rules_of(const google::protobuf::MethodDescriptor& method);

}  // namespace turbo::rpc

#endif  // TURBO_RPC_HTTP_RULE_H_
