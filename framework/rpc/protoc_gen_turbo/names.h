// Names: what the services of a .proto file, their methods and messages are called in C++.
//
// Owner:   values.
// Threads: any.
// Errors:  names that C++ cannot have, or that two methods would share, end in a sentence for the
//          author of the .proto.
// Limits:  none.
// Cost:    runs in protoc, once a file.
#ifndef TURBO_RPC_PROTOC_GEN_TURBO_NAMES_H_
#define TURBO_RPC_PROTOC_GEN_TURBO_NAMES_H_

#include <google/protobuf/descriptor.h>

#include <string>
#include <string_view>
#include <vector>

namespace turbo::rpc {

struct MethodNames {
  const google::protobuf::MethodDescriptor* descriptor;
  std::string constant;  // kSayHello
  std::string function;  // say_hello
  std::string start;     // start_say_hello
  std::string request;   // HelloRequest, as it is written inside of the file's namespace
  std::string reply;
};

struct ServiceNames {
  const google::protobuf::ServiceDescriptor* descriptor;
  std::string class_name;
  std::vector<MethodNames> methods;
};

struct FileNames {
  const google::protobuf::FileDescriptor* descriptor;
  std::string stem;            // apps/greeter/greeter
  std::string namespace_name;  // foo::bar; empty without a package
  std::string guard;           // of the header
  std::vector<ServiceNames> services;
};

// False, with the reason in `error`, when there is no such code.
bool name_file(const google::protobuf::FileDescriptor& file, FileNames& names, std::string& error);

// "GetHTTP2Info" and "getHTTP2_info" are get_http2_info.
std::string snake_case(std::string_view name);

// "say_hello" and "sayHello" are SayHello; capitals stay.
std::string camel_case(std::string_view name);

}  // namespace turbo::rpc

#endif  // TURBO_RPC_PROTOC_GEN_TURBO_NAMES_H_
