#include "framework/crypto/digest.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "framework/crypto/text_codec.h"

namespace turbo {
namespace {

std::string hex(std::span<const char> digest) { return hex_encode(view_of(digest)); }

constexpr std::string_view kTwoBlocks = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";

// FIPS 180-4's examples.
TEST(DigestTest, knows_the_vectors_of_sha_256) {
  EXPECT_EQ(hex(sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hex(sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hex(sha256(kTwoBlocks)),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(hex(sha256(std::string(1000000, 'a'))),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(DigestTest, knows_the_vectors_of_sha_1) {
  EXPECT_EQ(hex(sha1("")), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
  EXPECT_EQ(hex(sha1("abc")), "a9993e364706816aba3e25717850c26c9cd0d89d");
  EXPECT_EQ(hex(sha1(kTwoBlocks)), "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
}

TEST(DigestTest, takes_pieces_for_the_whole) {
  for (size_t cut = 0; cut <= kTwoBlocks.size(); ++cut) {
    const std::string_view pieces[] = {kTwoBlocks.substr(0, cut), {}, kTwoBlocks.substr(cut)};
    EXPECT_EQ(sha256(pieces), sha256(kTwoBlocks));
    EXPECT_EQ(sha1(pieces), sha1(kTwoBlocks));
  }
  EXPECT_EQ(sha256(std::span<const std::string_view>()), sha256(""));
}

struct MACVector {
  std::string key;
  std::string bytes;
  std::string_view digest;
};

// RFC 4231 section 4; its fifth case cuts the digest.
std::vector<MACVector> mac_vectors() {
  std::string counting;
  for (char c = 1; c <= 25; ++c) counting += c;
  return {
      {std::string(20, '\x0b'), "Hi There",
       "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
      {"Jefe", "what do ya want for nothing?",
       "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
      {std::string(20, '\xaa'), std::string(50, '\xdd'),
       "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
      {counting, std::string(50, '\xcd'),
       "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"},
      {std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First",
       "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
      {std::string(131, '\xaa'),
       "This is a test using a larger than block-size key and a larger than block-size data. The "
       "key needs to be hashed before being used by the HMAC algorithm.",
       "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"},
  };
}

// Twice, so that each key follows each other one in the thread's context.
TEST(DigestTest, knows_the_vectors_of_rfc_4231) {
  const std::vector<MACVector> vectors = mac_vectors();
  for (const MACVector& before : vectors) {
    for (const MACVector& vector : vectors) {
      (void)hmac_sha256(before.key, before.bytes);
      EXPECT_EQ(hex(hmac_sha256(vector.key, vector.bytes)), vector.digest);
    }
  }
  EXPECT_EQ(hex(hmac_sha256("key", "")),
            "5d5d139563c95b5967b9bd9a8c9b233a9dedb45072794cd232dc1b74832607d0");
}

TEST(DigestTest, an_empty_key_is_a_mistake) {
  EXPECT_DEATH((void)hmac_sha256("", "text"), "wants a key");
}

TEST(DigestTest, serves_every_thread) {
  SHA256Digest theirs{};
  std::thread([&theirs] { theirs = hmac_sha256("key", "text"); }).join();
  EXPECT_EQ(theirs, hmac_sha256("key", "text"));
}

}  // namespace
}  // namespace turbo
