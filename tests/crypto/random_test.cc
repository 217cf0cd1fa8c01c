#include "framework/crypto/random.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <set>

namespace turbo {
namespace {

TEST(RandomTest, gives_as_many_as_asked) {
  EXPECT_EQ(random_bytes(0), "");
  EXPECT_EQ(random_bytes(1).size(), 1U);
  EXPECT_EQ(random_bytes(100000).size(), 100000U);
}

TEST(RandomTest, never_gives_the_same_twice) {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(seen.insert(random_bytes(16)).second);
}

TEST(RandomTest, uses_every_byte) {
  std::set<char> seen;
  for (const char byte : random_bytes(16384)) seen.insert(byte);
  EXPECT_EQ(seen.size(), 256U);
}

TEST(RandomTest, leaves_the_bytes_around_alone) {
  std::string bytes(48, 'x');
  fill_random(std::span(bytes).subspan(16, 16));
  EXPECT_EQ(bytes.substr(0, 16) + bytes.substr(32), std::string(32, 'x'));
  EXPECT_NE(bytes.substr(16, 16), std::string(16, 'x'));
}

TEST(RandomTest, gives_a_forked_child_others) {
  (void)random_bytes(1);
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const std::string bytes = random_bytes(16);
    _exit(write(ends[1], bytes.data(), bytes.size()) == 16 ? 0 : 1);
  }
  std::string theirs(16, '\0');
  EXPECT_EQ(read(ends[0], theirs.data(), theirs.size()), 16);
  EXPECT_NE(theirs, random_bytes(16));
  int status = 1;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  close(ends[0]);
  close(ends[1]);
}

}  // namespace
}  // namespace turbo
