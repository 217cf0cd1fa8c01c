// A directory of its own for a test, removed with all that is in it.
#ifndef TURBO_TESTS_WEB_TEMPORARY_DIRECTORY_H_
#define TURBO_TESTS_WEB_TEMPORARY_DIRECTORY_H_

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace turbo {

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string name = ::testing::TempDir() + "/turbo-XXXXXX";
    EXPECT_NE(::mkdtemp(name.data()), nullptr);
    path_ = name;
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory() { std::filesystem::remove_all(path_); }

  std::string path(std::string_view name = {}) const { return (path_ / name).string(); }

  // The file counts as last changed at that time. The default is long ago: what has just been
  // changed is a special case.
  void write(std::string_view name, std::string_view bytes, timespec modified = {784111777, 0}) {
    std::ofstream(path_ / name, std::ios::binary) << bytes;
    touch(name, modified);
  }
  void touch(std::string_view name, timespec modified) {
    const timespec times[2] = {modified, modified};
    EXPECT_EQ(::utimensat(AT_FDCWD, path(name).c_str(), times, 0), 0);
  }
  // A file of that size without any bytes on the disc.
  void write_sparse(std::string_view name, uint64_t size) {
    write(name, "");
    EXPECT_EQ(::truncate(path(name).c_str(), static_cast<off_t>(size)), 0);
  }
  void make_directory(std::string_view name) { std::filesystem::create_directories(path_ / name); }
  void link(const std::string& target, std::string_view name) {
    std::filesystem::create_symlink(target, path_ / name);
  }
  void remove(std::string_view name) { std::filesystem::remove_all(path_ / name); }

 private:
  std::filesystem::path path_;
};

}  // namespace turbo

#endif  // TURBO_TESTS_WEB_TEMPORARY_DIRECTORY_H_
