#include "framework/tls/ticket_keys.h"

#include <gtest/gtest.h>

#include <cstring>

#include "framework/testing/fake_clock.h"
#include "tests/tls/certificate_factory.h"

namespace turbo::tls {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using Name = std::array<unsigned char, 16>;

// 80 bytes, all of them `byte`.
std::string key_text(char byte) { return std::string(80, byte); }

Name name_of(char byte) {
  Name name;
  name.fill(static_cast<unsigned char>(byte));
  return name;
}

std::string status_of(TicketKeys& keys, const Name& name) {
  const std::optional<TicketKeys::Found> found = keys.find(name);
  if (!found.has_value()) return "gone";
  return found->newest ? "newest" : "older";
}

TEST(TicketKeysTest, what_the_newest_has_encrypted_opens_for_one_to_two_rotations) {
  FakeClock clock;
  const auto keys = TicketKeys::random(hours(12), clock);
  const Name first = keys->encryption_key().name;
  EXPECT_EQ(status_of(*keys, first), "newest");
  clock.advance(hours(12) - seconds(1));
  EXPECT_EQ(keys->encryption_key().name, first);
  clock.advance(seconds(1));
  EXPECT_EQ(status_of(*keys, first), "older");
  const Name second = keys->encryption_key().name;
  EXPECT_NE(second, first);
  EXPECT_EQ(status_of(*keys, second), "newest");
  clock.advance(hours(12) - seconds(1));
  EXPECT_EQ(status_of(*keys, first), "older");
  clock.advance(seconds(1));
  EXPECT_EQ(status_of(*keys, first), "gone");
  EXPECT_EQ(status_of(*keys, second), "older");
}

// The clock of a key runs whether anybody comes or not.
TEST(TicketKeysTest, a_quiet_night_keeps_no_old_key_alive) {
  FakeClock clock;
  const auto keys = TicketKeys::random(hours(12), clock);
  const Name first = keys->encryption_key().name;
  clock.advance(hours(23));
  EXPECT_EQ(status_of(*keys, first), "older");
  clock.advance(hours(1));
  EXPECT_EQ(status_of(*keys, first), "gone");
  const Name second = keys->encryption_key().name;
  clock.advance(hours(1000));
  EXPECT_EQ(status_of(*keys, second), "gone");
  EXPECT_EQ(status_of(*keys, keys->encryption_key().name), "newest");
}

TEST(TicketKeysTest, rotation_by_hand_starts_the_time_again) {
  FakeClock clock;
  const auto keys = TicketKeys::random(hours(12), clock);
  const Name first = keys->encryption_key().name;
  clock.advance(hours(11));
  keys->rotate();
  const Name second = keys->encryption_key().name;
  EXPECT_EQ(status_of(*keys, first), "older");
  clock.advance(hours(11));
  EXPECT_EQ(status_of(*keys, second), "newest");
  keys->rotate();
  EXPECT_EQ(status_of(*keys, first), "gone");
  EXPECT_TRUE(keys->reload().ok());
  EXPECT_EQ(status_of(*keys, second), "older");
  EXPECT_EQ(keys->path(), "");
}

TEST(TicketKeysTest, random_keys_differ_in_every_part) {
  const auto one = TicketKeys::random()->encryption_key();
  const auto other = TicketKeys::random()->encryption_key();
  EXPECT_NE(one.name, other.name);
  EXPECT_NE(one.hmac, other.hmac);
  EXPECT_NE(one.aes, other.aes);
}

TEST(TicketKeysTest, a_files_first_key_is_the_newest) {
  const TempFolder folder;
  std::string text;
  for (int i = 0; i < 160; ++i) text.push_back(static_cast<char>(i));
  const auto keys = TicketKeys::from_file(folder.write("tickets", text));
  ASSERT_TRUE(keys.ok()) << keys.status();
  const TicketKeys::Key newest = (*keys)->encryption_key();
  EXPECT_EQ(std::memcmp(newest.name.data(), text.data(), 16), 0);
  EXPECT_EQ(std::memcmp(newest.hmac.data(), text.data() + 16, 32), 0);
  EXPECT_EQ(std::memcmp(newest.aes.data(), text.data() + 48, 32), 0);
  Name second;
  std::memcpy(second.data(), text.data() + 80, 16);
  EXPECT_EQ(status_of(**keys, newest.name), "newest");
  EXPECT_EQ(status_of(**keys, second), "older");
}

TEST(TicketKeysTest, reload_takes_a_new_file_and_a_bad_one_leaves_the_old_keys) {
  const TempFolder folder;
  const std::string path = folder.write("tickets", key_text('a'));
  const auto keys = TicketKeys::from_file(path);
  ASSERT_TRUE(keys.ok()) << keys.status();
  folder.write("tickets", key_text('b') + key_text('a'));
  ASSERT_TRUE((*keys)->reload().ok());
  EXPECT_EQ(status_of(**keys, name_of('b')), "newest");
  EXPECT_EQ(status_of(**keys, name_of('a')), "older");
  folder.write("tickets", "too short");
  EXPECT_EQ((*keys)->reload().message(),
            path + ": ticket keys are 1 to 4 times 80 bytes, this file has 9");
  EXPECT_EQ(status_of(**keys, name_of('b')), "newest");
}

TEST(TicketKeysTest, only_whole_keys_and_at_most_four_are_a_file) {
  const TempFolder folder;
  for (const size_t size : {80U, 160U, 320U}) {
    EXPECT_TRUE(TicketKeys::from_file(folder.write("good", std::string(size, 'x'))).ok()) << size;
  }
  for (const size_t size : {1U, 79U, 81U, 400U}) {
    const std::string path = folder.write("bad", std::string(size, 'x'));
    EXPECT_EQ(
        TicketKeys::from_file(path).status().message(),
        path + ": ticket keys are 1 to 4 times 80 bytes, this file has " + std::to_string(size));
  }
  const std::string empty = folder.write("empty", "");
  EXPECT_EQ(TicketKeys::from_file(empty).status().message(), empty + ": the file is empty");
}

TEST(TicketKeysDeathTest, what_makes_no_sense_ends_the_program) {
  const TempFolder folder;
  const auto keys = TicketKeys::from_file(folder.write("tickets", key_text('a')));
  EXPECT_DEATH((*keys)->rotate(), "rotated by whoever writes the file");
  EXPECT_DEATH(TicketKeys::random(seconds(0)), "positive time of rotation");
}

}  // namespace
}  // namespace turbo::tls
