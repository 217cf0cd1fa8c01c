#include "framework/web/static_file_handler.h"

#include <optional>
#include <utility>

#include "framework/base/views.h"
#include "framework/http/accept_encoding.h"
#include "framework/http/percent.h"
#include "framework/web/directory_listing.h"
#include "framework/web/file_path.h"

namespace turbo::web {
namespace {

using FilePtr = FileCache::FilePtr;

constexpr std::string_view kPathParameter = "path";

bool names_directory(std::string_view path) { return path.empty() || path.back() == '/'; }

int status_of(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kNotFound:
      return 404;
    case absl::StatusCode::kPermissionDenied:
      return 403;
    case absl::StatusCode::kResourceExhausted:
      return 503;
    default:
      return 500;
  }
}

}  // namespace

void StaticFileHandler::get() {
  const std::string_view encoded = request().raw_path_parameter(kPathParameter);
  // What the cache knows by this very name has been through file_path() before, with the same
  // result: a name without '%' stands for itself.
  if (encoded.find('%') == std::string_view::npos) {
    const FilePtr& file = cache().find(encoded);
    if (file != nullptr && file->status.ok() && !file->is_directory()) {
      return answer_file(*file, encoded);
    }
  }
  std::optional<std::string> path = file_path(encoded, files_.options().dot_files);
  run(path.has_value() ? answer(*std::move(path)) : answer_missing());
}

// ---- finding ----

Task<FilePtr> StaticFileHandler::find_or_load(std::string path) {
  if (const FilePtr& known = cache().find(path)) co_return known;
  auto load = cache().load(std::move(path));
  absl::StatusOr<FilePtr> loaded = co_await load;
  if (loaded.ok()) co_return *std::move(loaded);
  auto failed = std::make_shared<StoredFile>();
  failed->status = loaded.status();
  co_return failed;
}

Task<> StaticFileHandler::answer(std::string path) {
  auto find = find_or_load(path);
  const FilePtr file = co_await find;
  if (file->is_directory()) {
    if (!names_directory(path)) co_return redirect_to_slash(path);
    auto directory = answer_directory(std::move(path));
    co_return co_await directory;
  }
  if (file->status.ok()) co_return answer_file(*file, path);
  if (!absl::IsNotFound(file->status)) co_return answer_status(file->status);
  auto missing = answer_missing();
  co_await missing;
}

Task<> StaticFileHandler::answer_directory(std::string path) {
  const StaticFileOptions& options = files_.options();
  if (!options.index.empty()) {
    const std::string index_path = path + options.index;
    auto find = find_or_load(index_path);
    const FilePtr index = co_await find;
    if (index->status.ok() && !index->is_directory()) co_return answer_file(*index, index_path);
    if (!index->status.ok() && !absl::IsNotFound(index->status)) {
      co_return answer_status(index->status);
    }
  }
  if (!options.listing) co_return response().send_error(403);
  auto listing = answer_listing(std::move(path));
  co_await listing;
}

Task<> StaticFileHandler::answer_listing(std::string path) {
  ListingOptions options;
  options.title = http::percent_decode(request().path()).value_or("");
  options.max_entries = files_.options().max_listing_entries;
  options.dot_files = files_.options().dot_files;
  auto list = files_.pool().run(
      [&root = files_.root(), path = std::move(path), options = std::move(options)] {
        return directory_listing(root, path, options);
      });
  absl::StatusOr<std::string> page = co_await list;
  if (!page.ok()) co_return answer_status(page.status());
  set_header("Content-Type", "text/html; charset=utf-8");
  set_header("Content-Security-Policy", listing_policy());
  set_header("X-Content-Type-Options", "nosniff");
  set_header("Cache-Control", "no-cache");
  write(Buffer::from_string(*std::move(page)));
}

// The page is the same for every path, so it takes neither conditions nor ranges.
Task<> StaticFileHandler::answer_missing() {
  if (files_.options().not_found.empty()) co_return response().send_error(404);
  auto find = find_or_load(files_.options().not_found);
  const FilePtr page = co_await find;
  if (!page->status.ok() || page->is_directory()) co_return response().send_error(404);
  set_status(404);
  set_header("Content-Type", files_.media_type(files_.options().not_found));
  const uint64_t bytes = page->plain().file.facts.size;
  if (bytes > 0) send_range(page->plain(), files_.options().not_found, {0, bytes - 1});
}

void StaticFileHandler::answer_status(const absl::Status& status) {
  response().send_error(status_of(status));
}

// Relative to the request's path and made of the last name alone, encoded: it cannot lead to
// another host, whatever the path looks like.
void StaticFileHandler::redirect_to_slash(std::string_view path) {
  const std::string_view name = path.substr(path.rfind('/') + 1);
  std::string location = "./" + http::percent_encode(name, http::URLPart::kPathSegment) + "/";
  if (!request().query_string().empty()) location.append("?").append(request().query_string());
  set_status(301);
  set_header("Location", location);
}

// ---- answering ----

const Representation& StaticFileHandler::choose(const StoredFile& file) {
  if (!file.varies) return file.plain();
  http::AcceptEncoding accepted;
  for (const http::Field& field : request().headers()) {
    if (http::equals_ignore_case(field.name, "Accept-Encoding")) accepted.add(field.value);
  }
  const Representation* best = &file.plain();
  int weight = 0;
  for (const FileCoding coding : {FileCoding::kBrotli, FileCoding::kGzip}) {
    const Representation& each = file.representation(coding);
    const int taken = each.exists() ? accepted.weight(to_string(coding)) : 0;
    if (taken <= weight) continue;
    best = &each;
    weight = taken;
  }
  return *best;
}

void StaticFileHandler::answer_file(const StoredFile& file, std::string_view path) {
  const Representation& chosen = choose(file);
  const FileAnswer answer =
      decide_file_answer(request().head(), {chosen.etag, chosen.last_modified},
                         chosen.file.facts.size, files_.options().max_ranges);
  if (answer.status == 412) return response().send_error(412);
  if (answer.status != 200) set_status(answer.status);
  if (answer.status == 416) {
    return set_header("Content-Range", http::unsatisfied_range(chosen.file.facts.size));
  }
  response().add_headers(chosen.fields);
  if (answer.status == 304) return describe_body(chosen);
  send(chosen, answer, path);
}

void StaticFileHandler::send(const Representation& file, const FileAnswer& answer,
                             std::string_view path) {
  const uint64_t size = file.file.facts.size;
  if (answer.ranges.size() > 1) return send_parts(file, answer, path);
  if (answer.ranges.size() == 1) {
    set_header("Content-Range", http::content_range(answer.ranges[0], size));
    return send_range(file, path, answer.ranges[0]);
  }
  if (size > 0) send_range(file, path, {0, size - 1});
}

// The body of a 304 does not leave. Compression asks for it, or for the length that is declared for
// what it leaves alone, so that Vary and the tag are those of the 200.
void StaticFileHandler::describe_body(const Representation& file) {
  const uint64_t size = file.file.facts.size;
  if (size > 0 && file.in_memory()) return write(file.content.share(0, size));
  response().set_content_length(size);
}

void StaticFileHandler::send_range(const Representation& file, std::string_view path,
                                   const http::ByteRange& range) {
  if (file.in_memory() && !(is_large(file) && response().sends_files())) {
    return write(file.content.share(range.first, range.size()));
  }
  response().set_content_length(range.size());
  response().write_file(file.file.fd.get(), static_cast<off_t>(range.first), range.size());
  if (!response().sends_files()) cache().note_copied(path);
}

// It is in memory for the sake of connections that copy it.
bool StaticFileHandler::is_large(const Representation& file) const {
  return file.file.facts.size > files_.options().cache.file.max_content_bytes;
}

void StaticFileHandler::send_parts(const Representation& file, const FileAnswer& answer,
                                   std::string_view path) {
  const MultipartRanges parts(answer, file.file.facts.size, files_.media_type(path));
  set_header("Content-Type", parts.content_type());
  response().set_content_length(parts.body_bytes());
  for (size_t i = 0; i < answer.ranges.size(); ++i) {
    const http::ByteRange& range = answer.ranges[i];
    write(parts.before(i));
    if (file.in_memory()) {
      write(file.content.share(range.first, range.size()));
    } else {
      response().write_file(file.file.fd.get(), static_cast<off_t>(range.first), range.size());
    }
  }
  write(parts.end());
}

}  // namespace turbo::web
