#include "framework/web/form_reader.h"

#include <optional>
#include <string>
#include <utility>

#include "framework/base/status.h"
#include "framework/base/utf8.h"
#include "framework/http/content_disposition.h"
#include "framework/http/content_type.h"
#include "framework/http/form_urlencoded.h"
#include "framework/http/multipart_parser.h"
#include "framework/web/spool_file.h"

namespace turbo::web {
namespace {

absl::Status malformed(std::string_view reason) {
  return make_status(absl::StatusCode::kInvalidArgument, reason);
}
absl::Status too_much(std::string_view reason) {
  return make_status(absl::StatusCode::kOutOfRange, reason);
}
absl::Status unsupported(std::string_view reason) {
  return make_status(absl::StatusCode::kUnimplemented, reason);
}
absl::Status status_of(const http::ParseError& error) {
  return error.status == 413 ? too_much(error.reason) : malformed(error.reason);
}

bool is_form_charset(std::string_view charset) {
  return http::equals_ignore_case(charset, "utf-8") ||
         http::equals_ignore_case(charset, "us-ascii");
}

// ---- application/x-www-form-urlencoded ----

class URLEncodedFormReader final : public FormReader {
 public:
  explicit URLEncodedFormReader(const FormOptions& options)
      : limits_{options.max_fields, options.max_name_bytes, options.max_field_bytes,
                options.max_fields_bytes},
        bytes_left_(options.max_total_bytes),
        parser_(limits_) {}

  Task<absl::Status> feed(Buffer piece) override { co_return take(piece); }
  Task<absl::StatusOr<Form>> finish() override { co_return end(); }

 private:
  absl::Status take(const Buffer& piece) {
    overlong_ |= piece.size() > bytes_left_;
    if (overlong_) return too_much("the form is too large");
    bytes_left_ -= piece.size();
    for (const std::string_view bytes : piece) {
      if (!parser_.feed(bytes)) break;
    }
    return parser_.failed() ? status_of(parser_.error()) : absl::OkStatus();
  }

  absl::StatusOr<Form> end() {
    if (overlong_) return too_much("the form is too large");
    std::optional<http::Parameters> fields = parser_.finish();
    if (!fields) return status_of(parser_.error());
    for (const http::Parameter& field : *fields) {
      if (!is_utf8(field.name) || !is_utf8(field.value)) return malformed("a field is not UTF-8");
    }
    Form form;
    form.fields = std::move(*fields);
    return form;
  }

  const http::URLEncodedLimits limits_;
  uint64_t bytes_left_;
  bool overlong_ = false;
  http::URLEncodedParser parser_;
};

// ---- multipart/form-data ----

http::MultipartLimits limits_of(const FormOptions& options) {
  http::MultipartLimits limits;
  limits.max_parts = options.max_parts;
  limits.max_part_header_bytes = options.max_part_header_bytes;
  limits.max_part_header_count = options.max_part_header_count;
  limits.max_total_bytes = options.max_total_bytes;
  return limits;
}

// What stands behind the last slash of either kind.
std::string without_directories(std::string_view path) {
  const size_t slash = path.find_last_of("/\\");
  if (slash != std::string_view::npos) path.remove_prefix(slash + 1);
  return path == "." || path == ".." ? std::string() : std::string(path);
}

// The value of the only field of that name; empty if there is none, nullopt if there are more.
std::optional<std::string_view> only_field(std::span<const http::Field> fields,
                                           std::string_view name) {
  std::optional<std::string_view> found;
  for (const http::Field& field : fields) {
    if (!http::equals_ignore_case(field.name, name)) continue;
    if (found) return std::nullopt;
    found = field.value;
  }
  return found.value_or(std::string_view());
}

absl::Status check_field_type(std::string_view content_type) {
  if (content_type.empty()) return absl::OkStatus();
  const std::optional<http::ContentType> type = http::parse_content_type(content_type);
  if (!type) return malformed("a malformed Content-Type in a part");
  if (!is_form_charset(type->parameter("charset").value_or("utf-8"))) {
    return unsupported("a field in another charset than UTF-8");
  }
  return absl::OkStatus();
}

// RFC 7578 4.7: nobody should encode parts. Taking an encoded one as it is would spoil it.
absl::Status check_transfer_encoding(std::span<const http::Field> fields) {
  const auto encoding = only_field(fields, "Content-Transfer-Encoding");
  if (!encoding) return malformed("two Content-Transfer-Encoding in a part");
  for (const std::string_view plain : {"", "7bit", "8bit", "binary"}) {
    if (http::equals_ignore_case(*encoding, plain)) return absl::OkStatus();
  }
  return unsupported("an encoded part");
}

absl::StatusOr<PartHead> read_head(std::span<const http::Field> fields, size_t max_name_bytes) {
  const auto value = only_field(fields, "Content-Disposition");
  if (!value) return malformed("two Content-Disposition in a part");
  std::optional<http::ContentDisposition> said = http::parse_content_disposition(*value);
  if (!said || said->type != "form-data" || !said->name) {
    return malformed("a part without a Content-Disposition that names a field");
  }
  if (said->name->size() > max_name_bytes) return too_much("a field's name is too long");
  const std::string filename = said->filename.value_or("");
  if (!is_utf8(*said->name) || !is_utf8(filename)) return malformed("a name is not UTF-8");
  const auto type = only_field(fields, "Content-Type");
  if (!type) return malformed("two Content-Type in a part");
  PartHead head;
  head.name = std::move(*said->name);
  head.is_file = !filename.empty();
  head.filename = without_directories(filename);
  head.content_type = *type;
  head.fields = fields;
  absl::Status status = check_transfer_encoding(fields);
  if (status.ok() && !head.is_file) status = check_field_type(head.content_type);
  if (!status.ok()) return status;
  return head;
}

class MultipartFormReader final : public FormReader {
 public:
  MultipartFormReader(std::string_view boundary, const FormOptions& options, PartRouter router)
      : options_(options),
        limits_(limits_of(options)),
        router_(std::move(router)),
        parser_(boundary, limits_) {}

  Task<absl::Status> feed(Buffer piece) override {
    if (failure_.ok()) input_.append(std::move(piece));
    while (failure_.ok()) {
      const http::MultipartParser::Event event = parser_.next(input_);
      if (event == http::MultipartParser::Event::kNeedMore) break;
      Task<absl::Status> step = take(event);
      failure_ = co_await step;
      if (!failure_.ok()) drop_everything();
    }
    co_return failure_;
  }

  Task<absl::StatusOr<Form>> finish() override {
    if (failure_.ok() && parser_.finish() != http::MultipartParser::Event::kEnd) {
      failure_ = status_of(parser_.error());
    }
    if (failure_.ok() && spool_) {
      Task<absl::Status> flushing = spool_->flush();
      failure_ = co_await flushing;
    }
    if (!failure_.ok()) {
      drop_everything();
      co_return failure_;
    }
    form_.fields = fields_.build();
    co_return std::move(form_);
  }

 private:
  enum class Target : uint8_t { kField, kMemory, kSpool, kSink };

  Task<absl::Status> take(http::MultipartParser::Event event) {
    switch (event) {
      case http::MultipartParser::Event::kPart:
        co_return begin_part();
      case http::MultipartParser::Event::kData: {
        Task<absl::Status> taking = take_data(parser_.take_data());
        co_return co_await taking;
      }
      case http::MultipartParser::Event::kPartEnd: {
        Task<absl::Status> ending = end_part();
        co_return co_await ending;
      }
      default:
        co_return status_of(parser_.error());
    }
  }

  absl::Status begin_part() {
    absl::StatusOr<PartHead> head = read_head(parser_.fields(), options_.max_name_bytes);
    if (!head.ok()) return head.status();
    part_bytes_ = 0;
    if (router_) {
      absl::StatusOr<std::unique_ptr<PartSink>> sink = router_(*head);
      if (!sink.ok()) return sink.status();
      sink_ = std::move(*sink);
    }
    if (sink_) {
      target_ = Target::kSink;
      return absl::OkStatus();
    }
    if (!head->is_file) return begin_field(head->name);
    target_ = Target::kMemory;
    FormFile file;
    file.name = std::move(head->name);
    file.filename = std::move(head->filename);
    file.content_type = std::move(head->content_type);
    form_.files.push_back(std::move(file));
    return absl::OkStatus();
  }

  absl::Status begin_field(std::string_view name) {
    target_ = Target::kField;
    if (fields_.size() == options_.max_fields) return too_much("too many fields");
    fields_.begin();
    if (name.size() > options_.max_fields_bytes - fields_.bytes()) return fields_too_large();
    fields_.append_to_name(name);
    return absl::OkStatus();
  }

  Task<absl::Status> take_data(Buffer data) {
    if (target_ == Target::kField) co_return append_to_field(data);
    if (data.size() > options_.max_file_bytes - part_bytes_)
      co_return too_much("a file is too large");
    part_bytes_ += data.size();
    if (target_ == Target::kMemory && data.size() > options_.memory_bytes - memory_bytes_) {
      if (options_.pool == nullptr) co_return too_much("the files are too large");
      start_spooling(data);
    }
    if (target_ == Target::kMemory) {
      memory_bytes_ += data.size();
      // Copied: a moved piece would hold its whole block.
      for (const std::string_view bytes : data) form_.files.back().content.append(bytes);
      co_return absl::OkStatus();
    }
    Task<absl::Status> writing =
        target_ == Target::kSpool ? spool_->append(std::move(data)) : sink_->write(std::move(data));
    co_return co_await writing;
  }

  absl::Status append_to_field(const Buffer& data) {
    if (data.size() > options_.max_field_bytes - fields_.value_size()) {
      return too_much("a field is too large");
    }
    if (data.size() > options_.max_fields_bytes - fields_.bytes()) return fields_too_large();
    for (const std::string_view bytes : data) fields_.append_to_value(bytes);
    return absl::OkStatus();
  }

  static absl::Status fields_too_large() { return too_much("the fields are too large"); }

  // The file that was begun in memory goes on on the disk; what there is of it comes before `data`.
  void start_spooling(Buffer& data) {
    if (!spool_) spool_.emplace(*options_.pool, options_.spool_directory);
    FormFile& file = form_.files.back();
    memory_bytes_ -= file.content.size();
    data.prepend(std::move(file.content));
    file.content = Buffer();
    file.descriptor = spool_->descriptor();
    file.offset = spool_->size();
    target_ = Target::kSpool;
  }

  Task<absl::Status> end_part() {
    if (target_ == Target::kField) co_return check_value();
    if (target_ == Target::kSink) {
      std::unique_ptr<PartSink> sink = std::move(sink_);
      Task<absl::Status> finishing = sink->finish();
      co_return co_await finishing;
    }
    form_.files.back().size = part_bytes_;
    co_return absl::OkStatus();
  }

  absl::Status check_value() {
    return is_utf8(fields_.value()) ? absl::OkStatus() : malformed("a field is not UTF-8");
  }

  void drop_everything() {
    sink_.reset();
    spool_.reset();
    form_ = Form();
    fields_ = http::Parameters::Builder();
    input_.clear();
  }

  const FormOptions options_;
  const http::MultipartLimits limits_;
  PartRouter router_;
  http::MultipartParser parser_;
  Buffer input_;
  absl::Status failure_;
  Target target_ = Target::kField;
  uint64_t part_bytes_ = 0;  // of a file or a part with a sink
  size_t memory_bytes_ = 0;  // of all files in memory
  std::unique_ptr<PartSink> sink_;
  std::optional<SpoolFile> spool_;
  http::Parameters::Builder fields_;
  Form form_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<FormReader>> FormReader::make(std::string_view content_type,
                                                             const FormOptions& options,
                                                             PartRouter router) {
  const std::optional<http::ContentType> type = http::parse_content_type(content_type);
  if (!type) return unsupported("no Content-Type of a form");
  if (!is_form_charset(type->parameter("charset").value_or("utf-8"))) {
    return unsupported("a form in another charset than UTF-8");
  }
  if (type->is("application/x-www-form-urlencoded")) {
    return std::make_unique<URLEncodedFormReader>(options);
  }
  if (!type->is("multipart/form-data")) return unsupported("no Content-Type of a form");
  const std::string_view boundary = type->parameter("boundary").value_or("");
  if (!http::MultipartParser::is_boundary(boundary)) {
    return malformed("no boundary in the Content-Type, or a malformed one");
  }
  return std::make_unique<MultipartFormReader>(boundary, options, std::move(router));
}

}  // namespace turbo::web
