#include "framework/http/content_disposition.h"

#include <algorithm>
#include <utility>

#include "framework/base/utf8.h"
#include "framework/http/field_parameters.h"
#include "framework/http/percent.h"
#include "framework/http/request_head.h"
#include "framework/http/scan.h"

namespace turbo::http {
namespace {

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

// charset'language'percent-encoded (RFC 8187 3.2.1)
std::optional<std::string> decode_extended(std::string_view value) {
  const size_t charset_end = value.find('\'');
  if (charset_end == std::string_view::npos) return std::nullopt;
  const size_t language_end = value.find('\'', charset_end + 1);
  if (language_end == std::string_view::npos) return std::nullopt;
  if (!equals_ignore_case(value.substr(0, charset_end), "utf-8")) return std::nullopt;
  std::optional<std::string> text = percent_decode(value.substr(language_end + 1));
  if (!text || !is_utf8(*text) || std::any_of(text->begin(), text->end(), is_control)) {
    return std::nullopt;
  }
  return text;
}

// Reads the parameters, each of those it knows at most once.
class Reader {
 public:
  bool read(std::string_view parameters) {
    FieldParameters reader(parameters, FieldParameters::Backslash::kQuotesFew);
    while (true) {
      switch (reader.next()) {
        case FieldParameters::Step::kEnd:
          return true;
        case FieldParameters::Step::kError:
          return false;
        case FieldParameters::Step::kParameter:
          if (!note(reader.name(), reader.value())) return false;
      }
    }
  }

  void take_into(ContentDisposition& to) {
    to.name = std::move(name_);
    if (extended_) to.filename = decode_extended(*extended_);
    if (!to.filename) to.filename = std::move(filename_);
  }

 private:
  bool note(const std::string& name, const std::string& value) {
    std::optional<std::string>* const known = name == "name"        ? &name_
                                              : name == "filename"  ? &filename_
                                              : name == "filename*" ? &extended_
                                                                    : nullptr;
    if (known == nullptr) return true;
    if (known->has_value()) return false;
    *known = value;
    return true;
  }

  std::optional<std::string> name_;
  std::optional<std::string> filename_;
  std::optional<std::string> extended_;
};

// Bytes that some browser or shell gives a meaning, in a quoted string or in a name: '%' because
// some decode it.
bool is_plain(char c) {
  return c >= 0x20 && c < 0x7f && c != '"' && c != '\\' && c != '/' && c != '%';
}

}  // namespace

std::optional<ContentDisposition> parse_content_disposition(std::string_view value) {
  const char* const end = scan_token(value.data(), value.data() + value.size());
  const auto size = static_cast<size_t>(end - value.data());
  Reader reader;
  if (size == 0 || !reader.read(value.substr(size))) return std::nullopt;
  ContentDisposition disposition{to_lower(value.substr(0, size)), {}, {}};
  reader.take_into(disposition);
  return disposition;
}

std::string content_disposition(Disposition disposition, std::string_view filename) {
  std::string safe(filename);
  for (char& c : safe) {
    if (is_control(c) || c == '/' || c == '\\') c = '_';
  }
  std::string plain = safe;
  for (char& c : plain) {
    if (!is_plain(c)) c = '_';
  }
  std::string value = disposition == Disposition::kInline ? "inline" : "attachment";
  value.append("; filename=\"").append(plain).append("\"");
  if (plain != safe && is_utf8(safe)) {
    value.append("; filename*=UTF-8''");
    value.append(percent_encode(safe, URLPart::kQueryComponent));
  }
  return value;
}

}  // namespace turbo::http
