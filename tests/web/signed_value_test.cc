#include "framework/web/signed_value.h"

#include <gtest/gtest.h>

#include "framework/crypto/digest.h"
#include "framework/crypto/text_codec.h"

namespace turbo::web {
namespace {

using std::chrono::seconds;
using std::chrono::sys_seconds;

const std::string kSecret = "0123456789abcdef0123456789abcdef";
const std::string kOtherSecret = "fedcba9876543210fedcba9876543210";
constexpr sys_seconds kNow(seconds(1300000000));

ValueSigner signer_of(std::map<uint32_t, std::string> secrets) {
  absl::StatusOr<ValueSigner> signer = ValueSigner::create(std::move(secrets));
  EXPECT_TRUE(signer.ok()) << signer.status().ToString();
  return *std::move(signer);
}

// What who knows the secret could have signed.
std::string sign_text(std::string text) {
  text += hex_encode(view_of(hmac_sha256(kSecret, text)));
  return text;
}

// Made by Python's hmac, in a way that gives Tornado's own test vector too; its secret is too short
// for us.
TEST(SignedValueTest, is_the_text_tornado_writes) {
  EXPECT_EQ(signer_of({{0, kSecret}}).sign("key", "value", kNow),
            "2|1:0|10:1300000000|3:key|8:dmFsdWU=|"
            "a2124ec0aef6a75a4b866cc46a67da5b7a417687eb0470391032d0934460c3cb");
  EXPECT_EQ(signer_of({{7, kSecret}}).sign("user", std::string_view("\0\xff;bob", 6), kNow),
            "2|1:7|10:1300000000|4:user|8:AP87Ym9i|"
            "1fe8e2746c5c64926f4e4aa034f3de377d05f1ddd450680a52db6afca918c366");
}

TEST(SignedValueTest, brings_values_back) {
  const ValueSigner signer = signer_of({{0, kSecret}});
  std::string every_byte;
  for (int i = 0; i < 256; ++i) every_byte += static_cast<char>(i);
  for (const std::string& value : {std::string(), std::string("a"), every_byte})
    EXPECT_EQ(signer.open("name", signer.sign("name", value, kNow), kNow), value);
  EXPECT_EQ(signer.open("", signer.sign("", "v", kNow), kNow), "v");
  EXPECT_EQ(signer.open("a|b:c", signer.sign("a|b:c", "v", kNow), kNow), "v");
}

TEST(SignedValueTest, refuses_short_secrets_and_none) {
  EXPECT_FALSE(ValueSigner::create({}).ok());
  EXPECT_FALSE(ValueSigner::create({{0, ""}}).ok());
  EXPECT_FALSE(ValueSigner::create({{0, kSecret.substr(1)}}).ok());
  const absl::Status status = ValueSigner::create({{0, kSecret}, {5, kSecret.substr(1)}}).status();
  EXPECT_EQ(status.ToString(), "INVALID_ARGUMENT: secret 5 is shorter than 32 bytes");
}

TEST(SignedValueTest, refuses_every_changed_byte) {
  const ValueSigner signer = signer_of({{0, kSecret}, {1, kOtherSecret}});
  const std::string text = signer.sign("name", "value", kNow);
  for (size_t i = 0; i < text.size(); ++i) {
    for (const char flip : {1, 2, 16, 32, -128}) {
      std::string changed = text;
      changed[i] = static_cast<char>(changed[i] ^ flip);
      EXPECT_FALSE(signer.open("name", changed, kNow).has_value()) << i << " " << changed;
    }
  }
}

TEST(SignedValueTest, refuses_every_truncation_and_addition) {
  const ValueSigner signer = signer_of({{0, kSecret}});
  const std::string text = signer.sign("name", "value", kNow);
  for (size_t size = 0; size < text.size(); ++size) {
    EXPECT_FALSE(signer.open("name", text.substr(0, size), kNow).has_value()) << size;
    EXPECT_FALSE(signer.open("name", text.substr(text.size() - size), kNow).has_value()) << size;
  }
  EXPECT_FALSE(signer.open("name", text + "0", kNow).has_value());
  EXPECT_FALSE(signer.open("name", text + text, kNow).has_value());
}

TEST(SignedValueTest, binds_the_name) {
  const ValueSigner signer = signer_of({{0, kSecret}});
  const std::string text = signer.sign("name", "value", kNow);
  for (const std::string_view name : {"", "nam", "name2", "Name"})
    EXPECT_FALSE(signer.open(name, text, kNow).has_value()) << name;
  // The same bytes with the border between name and value elsewhere.
  EXPECT_NE(signer.sign("ab", "c", kNow), signer.sign("a", "bc", kNow));
}

TEST(SignedValueTest, has_an_age) {
  const ValueSigner signer = signer_of({{0, kSecret}});
  const std::string text = signer.sign("name", "value", kNow);
  const auto opens = [&](sys_seconds now) { return signer.open("name", text, now).has_value(); };
  EXPECT_TRUE(opens(kNow + std::chrono::days(31)));
  EXPECT_FALSE(opens(kNow + std::chrono::days(31) + seconds(1)));
  EXPECT_TRUE(opens(kNow - std::chrono::minutes(1)));
  EXPECT_FALSE(opens(kNow - std::chrono::minutes(1) - seconds(1)));
  EXPECT_TRUE(signer.open("name", text, kNow + seconds(5), seconds(5)).has_value());
  EXPECT_FALSE(signer.open("name", text, kNow + seconds(6), seconds(5)).has_value());
  EXPECT_TRUE(signer.open("name", text, kNow + std::chrono::years(50), seconds::max()));
}

TEST(SignedValueTest, lets_keys_change) {
  const ValueSigner before = signer_of({{1, kSecret}});
  const ValueSigner both = signer_of({{1, kSecret}, {2, kOtherSecret}});
  const ValueSigner after = signer_of({{2, kOtherSecret}});
  const std::string old_text = before.sign("name", "old", kNow);
  const std::string new_text = both.sign("name", "new", kNow);
  EXPECT_EQ(new_text, after.sign("name", "new", kNow)) << "the newest key signs";
  EXPECT_EQ(both.open("name", old_text, kNow), "old");
  EXPECT_EQ(both.open("name", new_text, kNow), "new");
  EXPECT_FALSE(after.open("name", old_text, kNow).has_value()) << "an unknown key";
  EXPECT_FALSE(before.open("name", new_text, kNow).has_value()) << "an unknown key";
  const ValueSigner renamed = signer_of({{1, kOtherSecret}});
  EXPECT_FALSE(renamed.open("name", old_text, kNow).has_value()) << "another secret";
}

// Whatever is signed is read the way it is written, or not at all.
TEST(SignedValueTest, reads_nothing_it_would_not_write) {
  const ValueSigner signer = signer_of({{0, kSecret}});
  const auto opens = [&](std::string text) {
    return signer.open("n", sign_text(std::move(text)), kNow).has_value();
  };
  ASSERT_TRUE(opens("2|1:0|10:1300000000|1:n|4:dg==|"));
  constexpr std::string_view kTexts[] = {
      "",
      "2",
      "2|",
      "1|1:0|10:1300000000|1:n|4:dg==|",
      "02|1:0|10:1300000000|1:n|4:dg==|",
      "2|01:0|10:1300000000|1:n|4:dg==|",
      "2|2:00|10:1300000000|1:n|4:dg==|",
      "2|0:|10:1300000000|1:n|4:dg==|",
      "2|+1:0|10:1300000000|1:n|4:dg==|",
      "2|-1:0|10:1300000000|1:n|4:dg==|",
      "2| 1:0|10:1300000000|1:n|4:dg==|",
      "2|1:x|10:1300000000|1:n|4:dg==|",
      "2|10:4294967296|10:1300000000|1:n|4:dg==|",
      "2|1:0|11:-1300000000|1:n|4:dg==|",
      "2|1:0|13:1300000000000|1:n|4:dg==|",
      "2|1:0|10:1300000000|1:n|3:dg=|",
      "2|1:0|10:1300000000|1:n|4:dh==|",
      "2|1:0|10:1300000000|1:n|5:dg==|",
      "2|1:0|10:1300000000|1:n|99999999999999999999:dg==|",
      "2|1:0|10:1300000000|1:n|18446744073709551615:dg==|",
      "2|1:0|10:1300000000|1:n|4:dg==",
      "2|1:0|10:1300000000|1:n|4:dg==|0:|",
      "2|1:0|10:1300000000|1:n|",
      "2|1:0|10:1300000000|1:n|4:dg==||",
  };
  for (const std::string_view text : kTexts) EXPECT_FALSE(opens(std::string(text))) << text;
  EXPECT_FALSE(signer.open("n", std::string(10000, '2'), kNow).has_value());
}

}  // namespace
}  // namespace turbo::web
