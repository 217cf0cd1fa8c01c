#include "framework/web/file_root.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>

#include "framework/base/fd.h"
#include "framework/web/file_path.h"
#include "tests/web/temporary_directory.h"

namespace turbo::web {
namespace {

TEST(FilePathTest, decodes_names_and_refuses_what_is_none) {
  const struct {
    std::string_view encoded;
    std::optional<std::string> expected;
  } cases[] = {
      {"", ""},
      {"a", "a"},
      {"a/", "a/"},
      {"a/b.txt", "a/b.txt"},
      {"a%20b", "a b"},
      {"%c3%a4", "\xc3\xa4"},
      {"a+b", "a+b"},
      {"...", {}},  // a dot file
      {"a..b", "a..b"},
      {".well-known/acme", ".well-known/acme"},
      {"..%5c..%5cetc", {}},
      {"a%5c..%5cb", "a\\..\\b"},
      {"%252e%252e/etc", "%2e%2e/etc"},
      {"%c0%ae%c0%ae/etc", "\xc0\xae\xc0\xae/etc"},
      {"..", {}},
      {"../etc/passwd", {}},
      {"a/../b", {}},
      {"a/..", {}},
      {"./a", {}},
      {"a/./b", {}},
      {"%2e%2e/etc", {}},
      {"%2e%2e%2fetc", {}},
      {"..%2fetc", {}},
      {".%2e/etc", {}},
      {"a%2fb", {}},
      {"/etc/passwd", {}},
      {"%2fetc/passwd", {}},
      {"a//b", {}},
      {"a//", {}},
      {"a%00b", {}},
      {"%00", {}},
      {"a%", {}},
      {"a%2", {}},
      {"a%zz", {}},
      {".git/config", {}},
      {"a/.htpasswd", {}},
      {"%2egit/config", {}},
      {".well-known-not", {}},
  };
  for (const auto& each : cases) EXPECT_EQ(file_path(each.encoded), each.expected) << each.encoded;
  EXPECT_EQ(file_path(".git/config", DotFiles::kServe), ".git/config");
  EXPECT_EQ(file_path("..", DotFiles::kServe), std::nullopt);
}

// A root with a secret beside it, and ways that try to reach the secret.
class FileRootTest : public ::testing::TestWithParam<FileRoot::Lookup> {
 protected:
  FileRootTest() {
    outside_.make_directory("root");
    outside_.make_directory("root/dir");
    outside_.write("secret", "do not tell");
    outside_.write("root/hello.txt", "hello");
    outside_.write("root/empty", "");
    outside_.write("root/dir/inner", "inner");
    outside_.link("../secret", "root/up");
    outside_.link(outside_.path("secret"), "root/absolute");
    outside_.link("..", "root/dir/parent");
    outside_.link("../..", "root/dir/out");
    outside_.link("/proc/self/cwd", "root/magic");
    outside_.link("loop", "root/loop");
    outside_.link("hello.txt", "root/inside");
    outside_.link("dir", "root/dir_inside");
    EXPECT_EQ(::mkfifo(outside_.path("root/pipe").c_str(), 0600), 0);
  }

  FileRoot open() {
    absl::StatusOr<FileRoot> root = FileRoot::open(outside_.path("root"), GetParam());
    EXPECT_TRUE(root.ok()) << root.status().ToString();
    return *std::move(root);
  }

  TemporaryDirectory outside_;
};

TEST_P(FileRootTest, opens_files_and_directories) {
  const FileRoot root = open();
  absl::StatusOr<OpenFile> file = root.open_file("hello.txt");
  ASSERT_TRUE(file.ok());
  char text[16];
  EXPECT_EQ(::read(file->fd.get(), text, sizeof text), 5);
  EXPECT_EQ(file->facts.size, 5u);
  EXPECT_FALSE(file->facts.directory);
  EXPECT_EQ(*root.look("hello.txt"), file->facts);
  EXPECT_EQ(root.open_file("empty")->facts.size, 0u);
  EXPECT_EQ(root.open_file("dir/inner")->facts.size, 5u);
  for (const char* path : {"", "dir", "dir/"}) {
    absl::StatusOr<OpenFile> directory = root.open_file(path);
    ASSERT_TRUE(directory.ok()) << path;
    EXPECT_TRUE(directory->facts.directory) << path;
    EXPECT_EQ(*root.look(path), directory->facts) << path;
  }
}

TEST_P(FileRootTest, never_leaves_the_directory) {
  const FileRoot root = open();
  for (const std::string& path : {
           std::string(".."),
           std::string("../secret"),
           std::string("dir/../../secret"),
           outside_.path("secret"),
           std::string("/etc/passwd"),
           std::string("//etc/passwd"),
           std::string("up"),
           std::string("absolute"),
           std::string("dir/out/secret"),
           std::string("dir/parent/../secret"),
           std::string("magic"),
           std::string("magic/"),
           std::string("loop"),
           std::string("none"),
           std::string("hello.txt/"),
           std::string("hello.txt/x"),
           std::string(5000, 'a'),
           std::string(300, 'a'),
       }) {
    absl::StatusOr<OpenFile> file = root.open_file(path);
    EXPECT_EQ(file.status().code(), absl::StatusCode::kNotFound) << path;
  }
}

TEST_P(FileRootTest, refuses_what_is_no_file) {
  const FileRoot root = open();
  EXPECT_EQ(root.open_file("pipe").status().code(), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(root.look("pipe").status().code(), absl::StatusCode::kPermissionDenied);
}

// A pipe's writer would run, and find nobody who reads.
TEST_P(FileRootTest, does_not_open_what_is_no_file) {
  const FileRoot root = open();
  const UniqueFd watch(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  ASSERT_GE(::inotify_add_watch(watch.get(), outside_.path("root").c_str(), IN_OPEN), 0);
  alignas(inotify_event) char event[1024];
  EXPECT_FALSE(root.open_file("pipe").ok());
  EXPECT_EQ(root.look_beneath("pipe").status().code(), absl::StatusCode::kPermissionDenied);
  EXPECT_TRUE(root.look_beneath("hello.txt").ok());
  EXPECT_EQ(::read(watch.get(), event, sizeof event), -1);
  EXPECT_TRUE(root.open_file("hello.txt").ok());
  EXPECT_GT(::read(watch.get(), event, sizeof event), 0);
}

TEST_P(FileRootTest, looks_without_leaving_the_directory) {
  const FileRoot root = open();
  EXPECT_EQ(root.look_beneath("hello.txt")->size, 5u);
  EXPECT_TRUE(root.look_beneath("dir")->directory);
  for (const char* path : {"..", "up", "absolute", "dir/out/secret", "none"}) {
    EXPECT_TRUE(absl::IsNotFound(root.look_beneath(path).status())) << path;
  }
}

TEST_P(FileRootTest, sees_a_file_change) {
  const FileRoot root = open();
  const FileFacts before = *root.look("hello.txt");
  outside_.write("root/hello.txt", "hello, world");
  EXPECT_NE(*root.look("hello.txt"), before);
}

INSTANTIATE_TEST_SUITE_P(Lookups, FileRootTest,
                         ::testing::Values(FileRoot::Lookup::kBeneath,
                                           FileRoot::Lookup::kNameByName));

class LinkTest : public FileRootTest {};

TEST_P(LinkTest, follows_links_that_stay_inside_when_the_kernel_watches) {
  const FileRoot root = open();
  const bool follows = GetParam() == FileRoot::Lookup::kBeneath;
  for (const char* path : {"inside", "dir_inside/inner", "dir/parent/hello.txt"}) {
    EXPECT_EQ(root.open_file(path).ok(), follows) << path;
  }
}

INSTANTIATE_TEST_SUITE_P(Lookups, LinkTest,
                         ::testing::Values(FileRoot::Lookup::kBeneath,
                                           FileRoot::Lookup::kNameByName));

TEST(FileRootOpenTest, says_what_is_wrong_with_the_directory) {
  TemporaryDirectory directory;
  directory.write("file", "");
  for (const char* name : {"file", "none"}) {
    absl::StatusOr<FileRoot> root = FileRoot::open(directory.path(name));
    ASSERT_FALSE(root.ok());
    EXPECT_NE(std::string(root.status().message()).find(directory.path(name)), std::string::npos);
  }
}

}  // namespace
}  // namespace turbo::web
