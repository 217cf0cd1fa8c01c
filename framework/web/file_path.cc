#include "framework/web/file_path.h"

#include <algorithm>

#include "framework/http/percent.h"

namespace turbo::web {

bool is_file_name(std::string_view name, DotFiles dot_files) {
  using namespace std::string_view_literals;
  if (name.empty() || name == "." || name == "..") return false;
  if (name.find_first_of("/\0"sv) != std::string_view::npos) return false;
  return name[0] != '.' || dot_files == DotFiles::kServe || name == ".well-known";
}

std::optional<std::string> file_path(std::string_view encoded, DotFiles dot_files) {
  std::string path;
  path.reserve(encoded.size());
  while (!encoded.empty()) {
    const size_t slash = std::min(encoded.find('/'), encoded.size());
    const std::optional<std::string> segment = http::percent_decode(encoded.substr(0, slash));
    if (!segment.has_value() || !is_file_name(*segment, dot_files)) return std::nullopt;
    path += *segment;
    if (slash == encoded.size()) break;
    path += '/';
    encoded.remove_prefix(slash + 1);
  }
  return path;
}

}  // namespace turbo::web
