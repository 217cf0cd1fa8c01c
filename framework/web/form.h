// Form: what a browser's form brought, fields and files; and read_form(), which reads it from a
// request's body, piece by piece.
//
//   Task<> upload(web::Request& request, web::Response& response) {
//     web::FormOptions options;
//     options.pool = &pool;
//     auto reading = web::read_form(request, options);
//     absl::StatusOr<web::Form> form = co_await reading;
//     if (!form.ok()) co_return response.send_error(web::form_error_status(form.status()));
//     for (web::FormFile& photo : form->files) {
//       auto saving = web::save_file(pool, std::move(photo), "/srv/photos/" + next_id());
//       ...
//
// Both kinds of bodies are read: application/x-www-form-urlencoded and multipart/form-data. Forms
// are UTF-8: names, values and file names that are not are refused, as are parts that say another
// charset; files are any bytes. A file part whose file name is empty (nothing was chosen) is a
// field.
//
// A body with a Content-Encoding is read if the server takes that off, else refused.
//
// Files stay in memory while all of a form together are small; what passes FormOptions::
// memory_bytes goes to one temporary file without a name (see spool_file.h), written by the pool.
// Who wants the bytes elsewhere gives a PartRouter, which sees each part's head and answers a
// PartSink, or none. The body is read no faster than the disk or the sink takes it.
//
// Owner:   the handler. Files on disk vanish with the last FormFile that refers to them.
// Threads: the connection's loop.
// Errors:  see form_error_status(). After one nothing of the form remains.
// Limits:  FormOptions, and the server's for the body.
// Cost:    fields and files in memory are copied once; others are moved to the disk or sink.
#ifndef TURBO_WEB_FORM_H_
#define TURBO_WEB_FORM_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "framework/base/fd.h"
#include "framework/buffer/buffer.h"
#include "framework/http/parameters.h"
#include "framework/http/request_head.h"
#include "framework/loop/task.h"
#include "framework/shard/blocking_pool.h"

namespace turbo::web {

class Request;

struct FormOptions {
  size_t max_fields = 1000;                 // Those of people have dozens; generated ones hundreds.
  size_t max_name_bytes = 1024;             // Of one name; programs choose them.
  size_t max_field_bytes = 1 << 20;         // Of one value: the longest text somebody pastes.
  size_t max_fields_bytes = 2 << 20;        // Of all names and values: they stay in memory.
  size_t max_parts = 100;                   // Fields and files of a multipart form.
  size_t max_part_header_bytes = 10 << 10;  // Of one part.
  size_t max_part_header_count = 16;        // Of one part; browsers send two.
  uint64_t max_file_bytes = 128 << 20;      // Of one file, sinks included.
  uint64_t max_total_bytes = 128 << 20;     // Of the body. The server's limit counts, too.
  // Of all files that are kept in memory; the file that passes it goes to the disk.
  size_t memory_bytes = 1 << 20;
  // Writes files to the disk, and outlives the form's reading. Null: a form whose files pass
  // memory_bytes is refused with 413.
  BlockingPool* pool = nullptr;
  std::string spool_directory;  // empty: $TMPDIR or /tmp
};

struct FormFile {
  std::string name;  // of the field
  // As the client calls it, without directories; never "." or "..", perhaps empty. Still a
  // stranger's text: not what to call it on this side.
  std::string filename;
  std::string content_type;  // as sent, perhaps empty; a stranger's word, too
  uint64_t size = 0;

  // The file is either here ...
  Buffer content;
  // ... or the `size` bytes from `offset` on of this descriptor, which the form's files share.
  std::shared_ptr<const UniqueFd> descriptor;
  uint64_t offset = 0;

  bool in_memory() const { return descriptor == nullptr; }
};

struct Form {
  http::Parameters fields;
  std::vector<FormFile> files;  // in the order sent

  // The first of that name, or null.
  const FormFile* file(std::string_view name) const;
};

// A part of a multipart form before its data.
struct PartHead {
  std::string name;
  bool is_file = false;
  std::string filename;  // as in FormFile
  std::string content_type;
  std::span<const http::Field> fields;  // all of it; valid during the call of the router
};

// Where the data of one part goes. Destroyed when the part has ended, or earlier if the form fails
// or the client goes away: what was not finished is to be thrown away then.
class PartSink {
 public:
  virtual ~PartSink() = default;
  // Nothing more is read before the task has ended. An error ends the form with it.
  virtual Task<absl::Status> write(Buffer piece) = 0;
  // The part is whole.
  virtual Task<absl::Status> finish() = 0;
};

// Null: the part becomes a field or file of the Form. An error refuses the form with it.
using PartRouter =
    absl::AnyInvocable<absl::StatusOr<std::unique_ptr<PartSink>>(const PartHead& head)>;

// Reads the body of `request` to its end. Parts with a sink are not in the Form.
Task<absl::StatusOr<Form>> read_form(Request& request, FormOptions options,
                                     PartRouter router = nullptr);

// Writes what came as `file` to a new file at `path`, for which it is no error if it is on another
// file system than the temporary one. kInternal if there is a file already; on an error, or if the
// task is destroyed before it has ended, there is none. The pool does the work.
Task<absl::Status> save_file(BlockingPool& pool, FormFile file, std::string path);

// What to answer: kInvalidArgument 400 (malformed), kOutOfRange 413 (a limit), kUnimplemented 415
// (no form, or one in another charset or encoding), kUnavailable 503 (the pool is overloaded),
// kResourceExhausted 507 (the disk is full), others 500.
int form_error_status(const absl::Status& error);

}  // namespace turbo::web

#endif  // TURBO_WEB_FORM_H_
