// StaticFileHandler: answers GET and HEAD with the files of a directory.
//
//   auto files = web::StaticFiles::open("/srv/www", {.listing = true});
//   app.add_handler<web::StaticFileHandler>("/static/*path", *files);
//
// The pattern ends in "*path". A file is sent with ETag and Last-Modified; conditions, single and
// several ranges are obeyed (file_answer.h). A directory without its slash is redirected to the
// one with it, and shows its index, or what it holds, or 403.
//
// Owner:   the exchange; the files are the route's.
// Threads: the connection's loop.
// Errors:  404 for what is not there, or outside, or hidden; 403 for what may not be read; 503 when
//          descriptors or the pool have run out, and what else the file system says is 500. A file
//          that shrinks while it is sent cuts the connection, so that nobody takes half for whole.
// Limits:  StaticFileOptions.
// Cost:    what is in the loop's cache is answered at once: without a system call for a small file,
//          which is not copied either, with sendfile for others. The rest waits for the pool.
#ifndef TURBO_WEB_STATIC_FILE_HANDLER_H_
#define TURBO_WEB_STATIC_FILE_HANDLER_H_

#include <memory>
#include <string>
#include <string_view>

#include "framework/loop/task.h"
#include "framework/web/file_answer.h"
#include "framework/web/file_cache.h"
#include "framework/web/request_handler.h"
#include "framework/web/static_files.h"
#include "framework/web/stored_file.h"

namespace turbo::web {

class StaticFileHandler : public RequestHandler {
 public:
  // Not a copy: counting would write to memory that all loops share.
  explicit StaticFileHandler(const std::shared_ptr<StaticFiles>& files) : files_(*files) {}

  void get() override;

 private:
  FileCache& cache() { return files_.cache(request().loop()); }

  Task<FileCache::FilePtr> find_or_load(std::string path);
  Task<> answer(std::string path);
  Task<> answer_directory(std::string path);
  Task<> answer_listing(std::string path);
  Task<> answer_missing();
  void answer_status(const absl::Status& status);
  void redirect_to_slash(std::string_view path);

  void answer_file(const StoredFile& file, std::string_view path);
  const Representation& choose(const StoredFile& file);
  void send(const Representation& file, const FileAnswer& answer, std::string_view path);
  void send_parts(const Representation& file, const FileAnswer& answer, std::string_view path);
  void describe_body(const Representation& file);
  void send_range(const Representation& file, std::string_view path, const http::ByteRange& range);
  bool is_large(const Representation& file) const;

  StaticFiles& files_;
};

}  // namespace turbo::web

#endif  // TURBO_WEB_STATIC_FILE_HANDLER_H_
