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
#include "framework/base/utf8.h"
#include "framework/crypto/digest.h"
#include "framework/crypto/text_codec.h"
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

// Names and facts. look_beneath() decides of what may be shown, so that nothing is told of what
// lies behind a link that leads out.
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
    const absl::StatusOr<FileFacts> facts = root.look_beneath(prefix + std::string(name));
    if (facts.ok()) found.items.push_back({std::string(name), *facts});
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

// Light or dark as the reader's system is. A name is shown with all its spaces, and cannot turn
// around the writing of what stands beside it.
constexpr std::string_view kStyle = R"(
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.25rem; overflow-wrap: anywhere }
table { width: 100%; border-collapse: collapse }
th, td { padding: .2rem .5rem; text-align: left; vertical-align: top }
th { font-weight: normal; opacity: .6 }
td { border-top: 1px solid #8884; white-space: nowrap; font-variant-numeric: tabular-nums }
td:first-child { width: 100%; white-space: pre-wrap; overflow-wrap: anywhere }
th:nth-child(2), td:nth-child(2) { text-align: right }
tr:hover td { background: #8882 }
a { text-decoration: none; unicode-bidi: isolate }
a:hover { text-decoration: underline }
)";

// What is no UTF-8 is shown as its link has it.
std::string shown(std::string_view name) {
  return http::html_escape(is_utf8(name) ? std::string(name)
                                         : http::percent_encode(name, http::URLPart::kPath));
}

void append_row(const Item& item, std::string& page) {
  const std::string name = item.name + (item.facts.directory ? "/" : "");
  // "./" keeps a name with a colon from being read as a scheme.
  page += "<tr><td><a href=\"./";
  page += http::html_escape(http::percent_encode(name, http::URLPart::kPath));
  page += "\">" + shown(name) + "</a><td>";
  if (!item.facts.directory) page += std::to_string(item.facts.size);
  page += "<td>" + format_time(item.facts.modified_ns) + "\n";
}

std::string make_page(const Items& found, const std::string& path, const ListingOptions& options) {
  const std::string title = shown(options.title);
  std::string page =
      "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width\">\n<title>";
  page.append(title).append("</title>\n<style>").append(kStyle).append("</style>\n<h1>");
  page.append(title).append("</h1>\n");
  if (found.more) {
    page += "<p>Only " + std::to_string(options.max_entries) + " of the entries are shown.\n";
  }
  page += "<table>\n<thead><tr><th>Name<th>Bytes<th>Changed (UTC)\n<tbody>\n";
  if (!path.empty()) page += "<tr><td><a href=\"../\">../</a><td><td>\n";
  for (const Item& item : found.items) append_row(item, page);
  return page + "</table>\n";
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

const std::string& listing_policy() {
  static const std::string policy = "default-src 'none'; style-src 'sha256-" +
                                    base64_encode(view_of(sha256(kStyle))) +
                                    "'; frame-ancestors 'none'";
  return policy;
}

}  // namespace turbo::web
