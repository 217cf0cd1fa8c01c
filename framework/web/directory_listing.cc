#include "framework/web/directory_listing.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <memory>
#include <string_view>
#include <vector>

#include "framework/base/status.h"
#include "framework/http/percent.h"

namespace turbo::web {
namespace {

struct DirectoryCloser {
  void operator()(DIR* directory) const { ::closedir(directory); }
};
using Directory = std::unique_ptr<DIR, DirectoryCloser>;

struct Item {
  std::string name;
  FileFacts facts;

  bool operator<(const Item& other) const {
    if (facts.directory != other.facts.directory) return facts.directory;
    return name < other.name;
  }
};

struct Items {
  std::vector<Item> items;
  bool more = false;
};

// Names and facts. open_file() decides of what may be shown, so that nothing is told of what lies
// behind a link that leads out.
Items read_items(const FileRoot& root, const std::string& path, DIR* directory,
                 const ListingOptions& options) {
  Items found;
  const std::string prefix = path.empty() || path.ends_with('/') ? path : path + "/";
  size_t looked_at = 0;
  while (const dirent* entry = ::readdir(directory)) {
    const std::string_view name = entry->d_name;
    if (!is_file_name(name, options.dot_files)) continue;
    if (looked_at++ == options.max_entries) {
      found.more = true;
      break;
    }
    const absl::StatusOr<OpenFile> file = root.open_file(prefix + std::string(name));
    if (file.ok()) found.items.push_back({std::string(name), file->facts});
  }
  std::sort(found.items.begin(), found.items.end());
  return found;
}

// "1994-11-06 08:49", in UTC: the reader's zone is not known.
std::string format_time(int64_t ns) {
  const auto minutes = std::chrono::floor<std::chrono::minutes>(
      std::chrono::sys_time<std::chrono::nanoseconds>(std::chrono::nanoseconds(ns)));
  const auto day = std::chrono::floor<std::chrono::days>(minutes);
  const std::chrono::year_month_day date(day);
  const auto minute = static_cast<int>((minutes - day).count());
  std::array<char, 40> text;
  const int size = std::snprintf(text.data(), text.size(), "%04d-%02u-%02u %02d:%02d",
                                 static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                                 static_cast<unsigned>(date.day()), minute / 60, minute % 60);
  return {text.data(), static_cast<size_t>(size)};
}

void append_row(const Item& item, std::string& page) {
  const std::string name = item.name + (item.facts.directory ? "/" : "");
  // "./" keeps a name with a colon from being read as a scheme.
  page += "<tr><td><a href=\"./";
  page += http::html_escape(http::percent_encode(name, http::URLPart::kPath));
  page += "\">" + http::html_escape(name) + "</a><td align=\"right\">";
  if (!item.facts.directory) page += std::to_string(item.facts.size);
  page += "<td>" + format_time(item.facts.modified_ns) + "\n";
}

std::string make_page(const Items& found, const std::string& path, const ListingOptions& options) {
  const std::string title = http::html_escape(options.title);
  std::string page = "<!doctype html>\n<meta charset=\"utf-8\">\n<title>" + title +
                     "</title>\n<h1>" + title +
                     "</h1>\n<table cellpadding=\"4\">\n"
                     "<tr><th align=\"left\">Name<th align=\"right\">Bytes<th align=\"left\">"
                     "Changed (UTC)\n";
  if (!path.empty()) page += "<tr><td><a href=\"../\">../</a><td><td>\n";
  for (const Item& item : found.items) append_row(item, page);
  page += "</table>\n";
  if (found.more) {
    page += "<p>There are more than these " + std::to_string(options.max_entries) + ".\n";
  }
  return page;
}

}  // namespace

absl::StatusOr<std::string> directory_listing(const FileRoot& root, const std::string& path,
                                              const ListingOptions& options) {
  absl::StatusOr<OpenFile> opened = root.open_file(path);
  if (!opened.ok()) return opened.status();
  if (!opened->facts.directory) {
    return make_status(absl::StatusCode::kNotFound, "there is no such directory");
  }
  const Directory directory(::fdopendir(opened->fd.get()));
  if (directory == nullptr) return errno_status(errno, "cannot read a directory");
  static_cast<void>(opened->fd.release());  // the Directory's from here
  return make_page(read_items(root, path, directory.get(), options), path, options);
}

}  // namespace turbo::web
