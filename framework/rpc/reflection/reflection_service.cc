#include "framework/rpc/reflection/reflection_service.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>

#include <vector>

#include "framework/rpc/reflection/reflection_v1alpha.turbo.h"

namespace turbo::rpc {

using google::protobuf::Descriptor;
using google::protobuf::DescriptorPool;
using google::protobuf::FieldDescriptor;
using google::protobuf::FileDescriptor;
using google::protobuf::FileDescriptorProto;
using grpc::reflection::v1::ExtensionRequest;
using grpc::reflection::v1::ServerReflectionRequest;
using grpc::reflection::v1::ServerReflectionResponse;

namespace {

// What one stream was asked, and what it knows already.
class Answers {
 public:
  explicit Answers(const std::set<std::string>& services) : services_(services) {}

  void answer(const ServerReflectionRequest& request, ServerReflectionResponse& response) {
    response.Clear();
    response.set_valid_host(request.host());
    *response.mutable_original_request() = request;
    switch (request.message_request_case()) {
      case ServerReflectionRequest::kFileByFilename:
        return add_file(pool_.FindFileByName(request.file_by_filename()), response);
      case ServerReflectionRequest::kFileContainingSymbol:
        return add_file(pool_.FindFileContainingSymbol(request.file_containing_symbol()), response);
      case ServerReflectionRequest::kFileContainingExtension:
        return add_file(file_of(request.file_containing_extension()), response);
      case ServerReflectionRequest::kAllExtensionNumbersOfType:
        return add_extensions(request.all_extension_numbers_of_type(), response);
      case ServerReflectionRequest::kListServices:
        return add_services(response);
      case ServerReflectionRequest::MESSAGE_REQUEST_NOT_SET:
        return set_error(absl::StatusCode::kInvalidArgument, "an unknown question", response);
    }
  }

 private:
  static void set_error(absl::StatusCode code, const char* why,
                        ServerReflectionResponse& response) {
    response.mutable_error_response()->set_error_code(static_cast<int>(code));
    response.mutable_error_response()->set_error_message(why);
  }

  const FileDescriptor* file_of(const ExtensionRequest& request) const {
    const Descriptor* type = pool_.FindMessageTypeByName(request.containing_type());
    if (type == nullptr) return nullptr;
    const FieldDescriptor* extension =
        pool_.FindExtensionByNumber(type, request.extension_number());
    return extension == nullptr ? nullptr : extension->file();
  }

  // With what it imports, as tools need that to make sense of it.
  void add_file(const FileDescriptor* file, ServerReflectionResponse& response) {
    if (file == nullptr) {
      return set_error(absl::StatusCode::kNotFound, "no such file, symbol or extension", response);
    }
    std::vector<const FileDescriptor*> to_send = {file};
    sent_.insert(file);
    while (!to_send.empty()) {
      const FileDescriptor* next = to_send.back();
      to_send.pop_back();
      FileDescriptorProto described;
      next->CopyTo(&described);
      response.mutable_file_descriptor_response()->add_file_descriptor_proto(
          described.SerializeAsString());
      for (int i = 0; i < next->dependency_count(); ++i) {
        if (sent_.insert(next->dependency(i)).second) to_send.push_back(next->dependency(i));
      }
    }
  }

  void add_extensions(const std::string& name, ServerReflectionResponse& response) const {
    const Descriptor* type = pool_.FindMessageTypeByName(name);
    if (type == nullptr) {
      return set_error(absl::StatusCode::kNotFound, "no such message type", response);
    }
    auto& answer = *response.mutable_all_extension_numbers_response();
    answer.set_base_type_name(name);
    std::vector<const FieldDescriptor*> extensions;
    pool_.FindAllExtensions(type, &extensions);
    for (const FieldDescriptor* extension : extensions) {
      answer.add_extension_number(extension->number());
    }
  }

  void add_services(ServerReflectionResponse& response) const {
    auto& answer = *response.mutable_list_services_response();
    for (const std::string& service : services_) answer.add_service()->set_name(service);
  }

  const DescriptorPool& pool_ = *DescriptorPool::generated_pool();
  const std::set<std::string>& services_;
  std::set<const FileDescriptor*> sent_;
};

}  // namespace

void ReflectionService::add_methods(MethodTable& methods) {
  Service::add_methods(methods);
  methods.add(grpc::reflection::v1alpha::ServerReflection::kServerReflectionInfo,
              static_cast<Service&>(*this), &Service::start_server_reflection_info);
}

void ReflectionService::on_start(IOLoop&, const MethodTable& methods) {
  methods.for_each(
      [this](const MethodEntry& entry) { services_.insert(std::string(entry.method.service())); });
}

Task<absl::Status> ReflectionService::server_reflection_info(
    ServerContext&, ServerStream<ServerReflectionRequest, ServerReflectionResponse>& stream) {
  Answers answers(services_);
  ServerReflectionRequest request;
  ServerReflectionResponse response;
  for (;;) {
    auto read = stream.read(request);
    if (!co_await read) break;
    answers.answer(request, response);
    auto write = stream.write(response);
    co_await write;
  }
  co_return absl::OkStatus();
}

}  // namespace turbo::rpc
