// CodeWriter: C++ text with indentation, in lines of 100 columns.
//
// Owner:   a value.
// Threads: one.
// Errors:  none.
// Limits:  a name that is longer than a line makes a longer line.
// Cost:    runs in protoc, once a file.
#ifndef TURBO_RPC_PROTOC_GEN_TURBO_CODE_WRITER_H_
#define TURBO_RPC_PROTOC_GEN_TURBO_CODE_WRITER_H_

#include <string>
#include <string_view>
#include <vector>

namespace turbo::rpc {

class CodeWriter {
 public:
  void indent() { indentation_ += 2; }
  void outdent() { indentation_ -= 2; }

  // One line; without text an empty one.
  void line(std::string_view text = {});

  // A declaration or a call: `open`, the items with commas between, `close`. Broken after commas
  // where it must be.
  void list(std::string_view open, const std::vector<std::string>& items, std::string_view close);

  // A comment's text as protoc gives it, without the marks it had in the .proto. Lines that are too
  // long are broken between words.
  void comment(std::string_view text);

  const std::string& text() const { return text_; }

 private:
  void comment_line(std::string_view line);

  std::string text_;
  size_t indentation_ = 0;
};

}  // namespace turbo::rpc

#endif  // TURBO_RPC_PROTOC_GEN_TURBO_CODE_WRITER_H_
