#include "framework/web/form.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <utility>

#include "framework/web/file_calls.h"
#include "framework/web/form_reader.h"
#include "framework/web/request.h"

namespace turbo::web {
namespace {

// A name in the file system that goes again unless somebody keeps it.
class NewFile {
 public:
  NewFile() = default;
  explicit NewFile(std::string path) : path_(std::move(path)) {}
  NewFile(NewFile&& other) noexcept : path_(std::exchange(other.path_, std::string())) {}
  NewFile& operator=(NewFile&& other) noexcept {
    std::swap(path_, other.path_);
    return *this;
  }
  ~NewFile() {
    if (!path_.empty()) ::unlink(path_.c_str());
  }
  void keep() { path_.clear(); }

 private:
  std::string path_;
};

struct SaveResult {
  int error = 0;  // an errno value
  NewFile file;
};

// Blocks. Expired `caller`: nobody waits for the file any more.
SaveResult save_to(const FormFile& file, const std::string& path,
                   const std::weak_ptr<void>& caller) {
  if (caller.expired()) return {ECANCELED, {}};
  UniqueFd saved(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  if (!saved.valid()) return {errno, {}};
  NewFile made(path);
  int error = file.in_memory()
                  ? write_all(saved.get(), file.content, 0)
                  : copy_range(file.descriptor->get(), file.offset, file.size, saved.get());
  // NFS and quotas say here what could not be written.
  if (::close(saved.release()) != 0 && error == 0) error = errno;
  if (error == 0 && caller.expired()) error = ECANCELED;
  if (error != 0) return {error, {}};
  return {0, std::move(made)};
}

}  // namespace

const FormFile* Form::file(std::string_view name) const {
  for (const FormFile& each : files) {
    if (each.name == name) return &each;
  }
  return nullptr;
}

Task<absl::StatusOr<Form>> read_form(Request& request, FormOptions options, PartRouter router) {
  const std::string_view encoding = request.header("Content-Encoding").value_or("identity");
  if (!http::equals_ignore_case(encoding, "identity") && !request.body_is_decompressed()) {
    co_return absl::UnimplementedError("a form with a Content-Encoding");
  }
  absl::StatusOr<std::unique_ptr<FormReader>> reader =
      FormReader::make(request.header("Content-Type").value_or(""), options, std::move(router));
  if (!reader.ok()) co_return reader.status();
  while (true) {
    auto reading = request.read_body();
    absl::StatusOr<Buffer> piece = co_await reading;
    if (!piece.ok()) co_return piece.status();
    if (piece->empty()) break;
    Task<absl::Status> feeding = (*reader)->feed(std::move(*piece));
    const absl::Status fed = co_await feeding;
    if (!fed.ok()) co_return fed;
  }
  Task<absl::StatusOr<Form>> finishing = (*reader)->finish();
  co_return co_await finishing;
}

Task<absl::Status> save_file(BlockingPool& pool, FormFile file, std::string path) {
  // The call owns all it touches: the caller may be gone before it has run. Its result, which
  // nobody hears then, takes the file with it; seldom on the loop, since the call looks itself.
  const std::shared_ptr<void> here = std::make_shared<char>();
  auto call = [file = std::move(file), path = std::move(path), caller = std::weak_ptr<void>(here)] {
    return save_to(file, path, caller);
  };
  auto saving = pool.run(std::move(call));
  absl::StatusOr<SaveResult> result = co_await saving;
  if (!result.ok()) co_return file_status(result.status(), "saving a file");
  result->file.keep();
  co_return file_status(result->error, "saving a file");
}

int form_error_status(const absl::Status& error) {
  switch (error.code()) {
    case absl::StatusCode::kInvalidArgument:
      return 400;
    case absl::StatusCode::kOutOfRange:
      return 413;
    case absl::StatusCode::kUnimplemented:
      return 415;
    case absl::StatusCode::kUnavailable:
      return 503;
    case absl::StatusCode::kResourceExhausted:
      return 507;
    default:
      return 500;
  }
}

}  // namespace turbo::web
