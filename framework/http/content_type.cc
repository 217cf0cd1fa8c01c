#include "framework/http/content_type.h"

#include "framework/http/field_parameters.h"
#include "framework/http/scan.h"

namespace turbo::http {
namespace {

// Nobody needs more, and comparing them in pairs stays cheap.
constexpr size_t kMaxParameters = 16;

// The bytes of "type/subtype" at the front; 0 if there are none.
size_t media_type_size(std::string_view value) {
  const char* const end = value.data() + value.size();
  const char* const slash = scan_token(value.data(), end);
  if (slash == value.data() || slash == end || *slash != '/') return 0;
  const char* const stop = scan_token(slash + 1, end);
  return stop == slash + 1 ? 0 : static_cast<size_t>(stop - value.data());
}

}  // namespace

std::optional<std::string_view> ContentType::parameter(std::string_view lower_case) const {
  for (const auto& [name, value] : parameters) {
    if (name == lower_case) return value;
  }
  return std::nullopt;
}

std::optional<ContentType> parse_content_type(std::string_view value) {
  const size_t size = media_type_size(value);
  if (size == 0) return std::nullopt;
  ContentType type{to_lower(value.substr(0, size)), {}};
  FieldParameters reader(value.substr(size), FieldParameters::Backslash::kQuotesAny);
  while (true) {
    switch (reader.next()) {
      case FieldParameters::Step::kEnd:
        return type;
      case FieldParameters::Step::kError:
        return std::nullopt;
      case FieldParameters::Step::kParameter:
        if (type.parameter(reader.name()) || type.parameters.size() == kMaxParameters) {
          return std::nullopt;
        }
        type.parameters.emplace_back(reader.name(), reader.value());
    }
  }
}

}  // namespace turbo::http
