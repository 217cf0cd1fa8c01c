// A method with HTTP annotations that a test makes up, in a pool where nobody knows the option.
#ifndef TURBO_TESTS_RPC_ANNOTATED_METHOD_H_
#define TURBO_TESTS_RPC_ANNOTATED_METHOD_H_

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/rpc/annotations.pb.h"
#include "tests/rpc/library.pb.h"

namespace turbo::rpc {

class AnnotatedMethod {
 public:
  // From Everything to Everything.
  explicit AnnotatedMethod(const google::api::HttpRule& rule)
      : pool_(google::protobuf::DescriptorPool::generated_pool()) {
    google::protobuf::FileDescriptorProto file;
    file.set_name("annotated.proto");
    file.set_syntax("proto3");
    file.set_package("annotated");
    const auto* const type = test::Everything::descriptor();
    file.add_dependency(type->file()->name());
    auto* const service = file.add_service();
    service->set_name("Service");
    auto* const method = service->add_method();
    method->set_name("Method");
    method->set_input_type("." + type->full_name());
    method->set_output_type("." + type->full_name());
    // As a field that is not known.
    auto& unknown = *method->mutable_options()->GetReflection()->MutableUnknownFields(
        method->mutable_options());
    unknown.AddLengthDelimited(72295728)->assign(rule.SerializeAsString());
    method_ = pool_.BuildFile(file)->service(0)->method(0);
  }

  const google::protobuf::MethodDescriptor& get() const { return *method_; }

 private:
  google::protobuf::DescriptorPool pool_;
  const google::protobuf::MethodDescriptor* method_;
};

}  // namespace turbo::rpc

#endif  // TURBO_TESTS_RPC_ANNOTATED_METHOD_H_
