#include "framework/tls/file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "framework/base/views.h"
#include "tests/tls/certificate_factory.h"

namespace turbo::tls {
namespace {

std::string why(const std::string& path) {
  const absl::StatusOr<Secret> text = read_file(path);
  EXPECT_EQ(text.status().code(), absl::StatusCode::kInvalidArgument);
  return std::string(text.status().message());
}

TEST(FileTest, a_file_is_read_whole) {
  const TempFolder folder;
  const std::string text = std::string(100000, 'x') + '\0' + "end";
  const absl::StatusOr<Secret> read = read_file(folder.write("file", text));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->view(), text);
}

TEST(FileTest, what_is_no_readable_file_is_told_by_name) {
  const TempFolder folder;
  const std::string missing = folder.path("missing");
  EXPECT_EQ(why(missing), missing + ": No such file or directory (ENOENT)");
  const std::string empty = folder.write("empty", "");
  EXPECT_EQ(why(empty), empty + ": the file is empty");
  EXPECT_EQ(why(folder.path("")), folder.path("") + ": it is a folder");
  const std::string pipe = folder.path("pipe");
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_EQ(why(pipe), pipe + ": it is not a regular file");
  const std::string huge = folder.write("huge", "x");
  std::filesystem::resize_file(huge, kMaxFile + 1);
  EXPECT_EQ(why(huge), huge + ": it is over 64 MiB");
}

TEST(FileTest, a_stamp_changes_with_the_file) {
  const TempFolder folder;
  const std::string path = folder.path("file");
  EXPECT_EQ(stamp_of(path), FileStamp{});
  folder.write("file", "one");
  const FileStamp first = stamp_of(path);
  EXPECT_NE(first, FileStamp{});
  EXPECT_EQ(stamp_of(path), first);
  folder.write("file", "two");  // as long, but another file
  const FileStamp second = stamp_of(path);
  EXPECT_NE(second, first);
  std::filesystem::last_write_time(
      path, std::filesystem::last_write_time(path) + std::chrono::nanoseconds(1));
  EXPECT_NE(stamp_of(path), second);
}

}  // namespace
}  // namespace turbo::tls
