// FormReader: makes a Form of a body that comes in pieces. read_form() drives it with a request;
// who has the bytes from elsewhere drives it himself.
//
//   absl::StatusOr<std::unique_ptr<FormReader>> reader = FormReader::make(content_type, options);
//   auto feeding = (*reader)->feed(std::move(piece));        absl::Status fed = co_await feeding;
//   auto finishing = (*reader)->finish();                    absl::StatusOr<Form> form = ...
//
// Owner:   the caller. Destroying it, also while a task is suspended, leaves nothing behind.
// Threads: one loop. Without a pool and sinks no task suspends, and none is needed.
// Errors:  see form_error_status(). The first one stays.
// Limits:  FormOptions.
// Cost:    see form.h.
#ifndef TURBO_WEB_FORM_READER_H_
#define TURBO_WEB_FORM_READER_H_

#include <memory>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "framework/buffer/buffer.h"
#include "framework/loop/task.h"
#include "framework/web/form.h"

namespace turbo::web {

class FormReader {
 public:
  // kUnimplemented if the type is not that of a form; kInvalidArgument without a good boundary.
  static absl::StatusOr<std::unique_ptr<FormReader>> make(std::string_view content_type,
                                                          const FormOptions& options,
                                                          PartRouter router = nullptr);
  virtual ~FormReader() = default;

  // One at a time.
  virtual Task<absl::Status> feed(Buffer piece) = 0;
  // The body has ended. Once, and last.
  virtual Task<absl::StatusOr<Form>> finish() = 0;
};

}  // namespace turbo::web

#endif  // TURBO_WEB_FORM_READER_H_
