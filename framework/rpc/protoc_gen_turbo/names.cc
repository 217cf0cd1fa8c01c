#include "framework/rpc/protoc_gen_turbo/names.h"

#include <google/protobuf/compiler/code_generator.h>
#include <google/protobuf/compiler/cpp/names.h>
#include <google/protobuf/descriptor.pb.h>

#include <algorithm>
#include <array>
#include <map>

namespace turbo::rpc {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FileDescriptor;
using google::protobuf::MethodDescriptor;
using google::protobuf::ServiceDescriptor;

// Keywords of C++20, and macros that every implementation has.
constexpr std::array kKeywords = std::to_array<std::string_view>({
    "alignas",    "alignof",       "and",         "and_eq",    "asm",          "assert",
    "auto",       "bitand",        "bitor",       "bool",      "break",        "case",
    "catch",      "char",          "char16_t",    "char32_t",  "char8_t",      "class",
    "co_await",   "co_return",     "co_yield",    "compl",     "concept",      "const",
    "const_cast", "consteval",     "constexpr",   "constinit", "continue",     "decltype",
    "default",    "delete",        "do",          "double",    "dynamic_cast", "else",
    "enum",       "errno",         "explicit",    "export",    "extern",       "false",
    "float",      "for",           "friend",      "goto",      "if",           "inline",
    "int",        "long",          "mutable",     "namespace", "new",          "noexcept",
    "not",        "not_eq",        "nullptr",     "offsetof",  "operator",     "or",
    "or_eq",      "private",       "protected",   "public",    "register",     "reinterpret_cast",
    "requires",   "return",        "setjmp",      "short",     "signed",       "sizeof",
    "static",     "static_assert", "static_cast", "stderr",    "stdin",        "stdout",
    "struct",     "switch",        "template",    "this",      "thread_local", "throw",
    "true",       "try",           "typedef",     "typeid",    "typename",     "union",
    "unsigned",   "using",         "va_arg",      "va_copy",   "va_end",       "va_start",
    "virtual",    "void",          "volatile",    "wchar_t",   "while",        "xor",
    "xor_eq",
});
static_assert(std::is_sorted(kKeywords.begin(), kKeywords.end()));

bool is_keyword(std::string_view name) {
  return std::binary_search(kKeywords.begin(), kKeywords.end(), name);
}

// C++ has no more than ASCII in the names that protoc lets through.
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
char to_lower(char c) { return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c; }
char to_upper(char c) { return is_lower(c) ? static_cast<char>(c - 'a' + 'A') : c; }

std::string escape(std::string name, bool is_taken) {
  if (is_taken) name += '_';
  return name;
}

// "foo.bar" as {"foo", "bar"}.
std::vector<std::string> package_parts(const std::string& package) {
  std::vector<std::string> parts;
  for (size_t begin = 0; begin < package.size();) {
    const size_t end = std::min(package.find('.', begin), package.size());
    parts.push_back(package.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

// Protobuf's own code has the packages as they are, so a keyword cannot be helped here.
bool name_namespace(const FileDescriptor& file, std::string& name, std::string& error) {
  for (const std::string& part : package_parts(file.package())) {
    if (is_keyword(part)) {
      error = "package " + file.package() + ": \"" + part + "\" cannot be a namespace in C++";
      return false;
    }
    name += (name.empty() ? "" : "::") + part;
  }
  return true;
}

// The way of protobuf's own guards: unlike underscores for everything, it keeps a/b.proto and
// a_b.proto apart.
std::string guard_of(const std::string& proto_name) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string guard = "TURBO_INCLUDED_";
  for (const char c : proto_name) {
    if (is_upper(c) || is_lower(c) || is_digit(c)) {
      guard += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      guard += {'_', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return guard;
}

// Without its namespace where that is the same and nothing in a generated class has the name: the
// members of those are in lower case or begin with a k.
std::string type_name(const Descriptor& message, const FileDescriptor& user) {
  using google::protobuf::compiler::cpp::ClassName;
  using google::protobuf::compiler::cpp::QualifiedClassName;
  std::string name = ClassName(&message);
  const bool is_clear = is_upper(name.front()) && name != "Service" && name != "Stub";
  return is_clear && message.file()->package() == user.package() ? name
                                                                 : QualifiedClassName(&message);
}

// What the classes of a service have already.
bool is_of_service(std::string_view name) {
  return name == "add_methods" || name == "on_start" || name == "on_drain" || name == "channel_";
}

MethodNames name_method(const MethodDescriptor& method) {
  MethodNames names;
  names.descriptor = &method;
  const std::string snake = snake_case(method.name());
  names.function = escape(snake, is_keyword(snake) || is_of_service(snake));
  names.start = "start_" + snake;
  names.constant = "k" + camel_case(method.name());
  names.constant = escape(names.constant, names.constant == "kName");
  names.request = type_name(*method.input_type(), *method.service()->file());
  names.reply = type_name(*method.output_type(), *method.service()->file());
  return names;
}

// Overloads would do for some of these, but a pointer to the member would be ambiguous.
bool are_distinct(const ServiceNames& service, std::string& error) {
  std::map<std::string, std::string> owners;
  for (const MethodNames& method : service.methods) {
    for (const std::string& name : {method.function, method.start, method.constant}) {
      const auto [owner, is_new] = owners.emplace(name, method.descriptor->name());
      if (is_new) continue;
      error = "service " + service.descriptor->full_name() + ": methods " + owner->second +
              " and " + method.descriptor->name() + " would both be " + name + " in C++";
      return false;
    }
  }
  return true;
}

bool name_service(const ServiceDescriptor& service, ServiceNames& names, std::string& error) {
  names.descriptor = &service;
  // A class cannot have a member class of its own name.
  names.class_name =
      escape(service.name(),
             is_keyword(service.name()) || service.name() == "Service" || service.name() == "Stub");
  for (int i = 0; i < service.method_count(); ++i) {
    names.methods.push_back(name_method(*service.method(i)));
  }
  return are_distinct(names, error);
}

}  // namespace

bool name_file(const FileDescriptor& file, FileNames& names, std::string& error) {
  names.descriptor = &file;
  names.stem = google::protobuf::compiler::StripProto(file.name());
  names.guard = guard_of(names.stem + ".turbo.h");
  if (!name_namespace(file, names.namespace_name, error)) return false;
  if (file.service_count() > 0 && file.options().cc_generic_services()) {
    error = "cc_generic_services makes classes of the services' names too; take the option out";
    return false;
  }
  for (int i = 0; i < file.service_count(); ++i) {
    if (!name_service(*file.service(i), names.services.emplace_back(), error)) return false;
  }
  return true;
}

std::string snake_case(std::string_view name) {
  std::string snake;
  for (size_t i = 0; i < name.size(); ++i) {
    const char before = i == 0 ? '_' : name[i - 1];
    const char after = i + 1 < name.size() ? name[i + 1] : '_';
    // An acronym ends before the capital that begins the next word.
    const bool begins_word =
        is_upper(name[i]) && (is_lower(before) || is_digit(before) || is_lower(after));
    const bool is_double = !snake.empty() && snake.back() == '_' && name[i] == '_';
    if (begins_word && !snake.empty() && snake.back() != '_') snake += '_';
    // Two underscores are the compiler's own.
    if (!is_double) snake += to_lower(name[i]);
  }
  return snake;
}

std::string camel_case(std::string_view name) {
  std::string camel;
  bool begins_word = true;
  for (const char c : name) {
    if (c == '_') {
      begins_word = true;
      continue;
    }
    camel += begins_word ? to_upper(c) : c;
    begins_word = false;
  }
  return camel;
}

}  // namespace turbo::rpc
