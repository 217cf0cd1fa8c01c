#include "framework/server/error_page.h"

#include <string>

#include "framework/http/percent.h"
#include "framework/http/response_head.h"

namespace turbo {

void append_error_page(int status, std::string_view detail, Buffer& out) {
  std::string title = std::to_string(status);
  if (std::string_view reason = http::reason_phrase(status); !reason.empty()) {
    title.append(" ").append(reason);
  }
  out.append("<!doctype html>\n<title>");
  out.append(title);
  out.append("</title>\n<h1>");
  out.append(title);
  out.append("</h1>\n");
  if (detail.empty()) return;
  out.append("<p>");
  out.append(http::html_escape(detail));
  out.append("</p>\n");
}

}  // namespace turbo
