#include "framework/http2/field_kind.h"

namespace turbo::http2 {
namespace {

FieldKind pseudo_kind_of(std::string_view name) {
  if (name == ":path") return FieldKind::kPath;
  if (name == ":method") return FieldKind::kMethod;
  if (name == ":scheme") return FieldKind::kScheme;
  if (name == ":authority") return FieldKind::kAuthority;
  if (name == ":status") return FieldKind::kStatus;
  if (name == ":protocol") return FieldKind::kProtocol;
  return FieldKind::kNone;
}

}  // namespace

FieldKind kind_of(std::string_view name) {
  if (name.starts_with(':')) return pseudo_kind_of(name);
  switch (name.size()) {
    case 4:
      return name == "host" ? FieldKind::kHost : FieldKind::kOther;
    case 6:
      return name == "cookie" ? FieldKind::kCookie : FieldKind::kOther;
    case 8:
      return name == "priority" ? FieldKind::kPriority : FieldKind::kOther;
    case 14:
      return name == "content-length" ? FieldKind::kContentLength : FieldKind::kOther;
    default:
      return FieldKind::kOther;
  }
}

}  // namespace turbo::http2
