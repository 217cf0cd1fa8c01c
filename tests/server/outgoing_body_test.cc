#include "framework/server/outgoing_body.h"

#include <dirent.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

namespace turbo {
namespace {

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

File file_with(std::string_view text) {
  File file(std::tmpfile());
  EXPECT_EQ(::write(fileno(file.get()), text.data(), text.size()), ssize_t(text.size()));
  return file;
}

size_t open_descriptors() {
  size_t count = 0;
  DIR* folder = ::opendir("/proc/self/fd");
  while (::readdir(folder) != nullptr) ++count;
  ::closedir(folder);
  return count;
}

std::string numbers(size_t bytes) {
  std::string text;
  for (size_t i = 0; text.size() < bytes; ++i) text += std::to_string(i) + ",";
  text.resize(bytes);
  return text;
}

// In pieces of so many bytes, and what size() says in between.
std::string take_all(OutgoingBody& body, size_t piece) {
  Buffer out;
  while (!body.empty()) {
    const uint64_t before = body.size();
    const size_t now = static_cast<size_t>(std::min<uint64_t>(piece, before));
    if (!body.take(now, out)) return "failed";
    EXPECT_EQ(body.size(), before - now);
  }
  return out.to_string();
}

TEST(OutgoingBodyTest, gives_a_view_then_bytes_then_files_in_the_order_they_were_added) {
  const std::string text = numbers(200'000);
  const File file = file_with(text);
  for (size_t piece : {1000, 16384, 70000, 1'000'000}) {
    OutgoingBody body;
    body.append_view("view ");
    body.append("small ");
    body.append(Buffer::from_string("buffer "));
    ASSERT_TRUE(body.append_file(fileno(file.get()), 1, 150'000));
    body.append("between ");
    ASSERT_TRUE(body.append_file(fileno(file.get()), 150'001, 5));
    ASSERT_TRUE(body.append_file(fileno(file.get()), 0, 3));
    body.append("end");
    EXPECT_EQ(take_all(body, piece), "view small buffer " + text.substr(1, 150'000) + "between " +
                                         text.substr(150'001, 5) + text.substr(0, 3) + "end")
        << piece;
    EXPECT_EQ(body.files(), 0u);
  }
}

TEST(OutgoingBodyTest, what_is_in_memory_is_counted_apart_from_files) {
  const File file = file_with(numbers(200'000));
  OutgoingBody body;
  EXPECT_TRUE(body.empty());
  body.append_view("view");
  EXPECT_EQ(body.memory_bytes(), 4u);
  body.append("bytes");
  ASSERT_TRUE(body.append_file(fileno(file.get()), 0, 200'000));
  body.append("behind");
  EXPECT_EQ(body.memory_bytes(), 15u);
  EXPECT_EQ(body.size(), 200'015u);
  EXPECT_EQ(body.files(), 1u);
  Buffer out;
  ASSERT_TRUE(body.take(10, out));
  EXPECT_EQ(body.size(), 200'005u);
  EXPECT_LE(body.memory_bytes(), OutgoingBody::kAheadBytes + 6) << "a block is read ahead";
}

TEST(OutgoingBodyTest, takes_nothing_of_nothing) {
  OutgoingBody body;
  Buffer out;
  EXPECT_TRUE(body.take(0, out));
  const File file = file_with("text");
  ASSERT_TRUE(body.append_file(fileno(file.get()), 0, 0));
  EXPECT_TRUE(body.empty());
  body.append("x");
  EXPECT_EQ(take_all(body, 1), "x");
}

TEST(OutgoingBodyTest, a_file_that_has_shrunk_or_cannot_be_read_fails) {
  const File shrunk = file_with(numbers(100'000));
  OutgoingBody body;
  ASSERT_TRUE(body.append_file(fileno(shrunk.get()), 0, 100'000));
  Buffer out;
  ASSERT_TRUE(body.take(50'000, out));
  ASSERT_EQ(::ftruncate(fileno(shrunk.get()), 70'000), 0);
  EXPECT_FALSE(body.take(50'000, out));
  const int folder = ::open("/", O_RDONLY | O_DIRECTORY);
  OutgoingBody unreadable;
  ASSERT_TRUE(unreadable.append_file(folder, 0, 10));
  ::close(folder);
  EXPECT_FALSE(unreadable.take(10, out));
}

TEST(OutgoingBodyTest, descriptors_are_its_own_and_are_closed_when_they_are_through) {
  const size_t before = open_descriptors();
  OutgoingBody body;
  {
    const File file = file_with("0123456789");
    ASSERT_TRUE(body.append_file(fileno(file.get()), 0, 10));
    ASSERT_TRUE(body.append_file(fileno(file.get()), 5, 5));
  }
  EXPECT_EQ(open_descriptors(), before + 2);
  EXPECT_EQ(take_all(body, 3), "012345678956789");
  ASSERT_TRUE(body.append_file(STDIN_FILENO, 0, 10));
  body.clear();
  EXPECT_TRUE(body.empty());
  EXPECT_EQ(open_descriptors(), before);
}

TEST(OutgoingBodyTest, without_a_descriptor_to_spare_nothing_is_added) {
  OutgoingBody body;
  body.append("before ");
  EXPECT_FALSE(body.append_file(-1, 0, 10));
  body.append("after");
  EXPECT_EQ(take_all(body, 100), "before after");
}

}  // namespace
}  // namespace turbo
