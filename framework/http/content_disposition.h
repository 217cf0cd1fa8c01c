// Content-Disposition: of a part of a form, read (RFC 7578 4.2), and of an answer that a browser
// shall save, written (RFC 6266).
//
//   auto part = parse_content_disposition("form-data; name=\"photo\"; filename=\"cat.jpg\"");
//   head.set("Content-Disposition", content_disposition(Disposition::kAttachment,
//   "Übersicht.pdf"));
//
// How names are read: browsers write '"', CR and LF in them as %22, %0D and %0A and nothing else
// (HTML, 4.10.21.8). These are left as they are, for a file may be called that. filename* (RFC
// 8187) goes before filename if it is well-formed UTF-8 without control bytes; in another charset
// it is passed over.
//
// Owner:   values.
// Threads: any.
// Errors:  nullopt for what is malformed, and for a parameter that comes twice.
// Limits:  the parser's for header bytes.
// Cost:    linear.
#ifndef TURBO_HTTP_CONTENT_DISPOSITION_H_
#define TURBO_HTTP_CONTENT_DISPOSITION_H_

#include <optional>
#include <string>
#include <string_view>

namespace turbo::http {

struct ContentDisposition {
  std::string type;  // in lower case
  std::optional<std::string> name;
  // As sent, which may be a path: "..\\..\\a", "/etc/passwd". Empty when a browser's user has
  // chosen no file.
  std::optional<std::string> filename;
};

std::optional<ContentDisposition> parse_content_disposition(std::string_view value);

enum class Disposition : bool { kInline, kAttachment };

// A field's value whatever the name holds. Slashes, backslashes and control bytes become '_'. A
// name that is not plain ASCII comes twice, as filename with '_' and as filename* in UTF-8.
std::string content_disposition(Disposition disposition, std::string_view filename);

}  // namespace turbo::http

#endif  // TURBO_HTTP_CONTENT_DISPOSITION_H_
