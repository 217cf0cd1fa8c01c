#include "framework/http2/hpack_static_table.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/http2/hpack_oracle.h"

namespace turbo::http2 {
namespace {

TEST(HPACKStaticTable, is_nghttp2s) {
  for (uint32_t index = 1; index <= kHPACKStaticEntries; ++index) {
    FieldDigest expected;
    NGHTTP2Inflater inflater;
    ASSERT_TRUE(inflater.decode(std::string(1, static_cast<char>(0x80 | index)), expected));
    FieldDigest ours;
    ours.add(kHPACKStaticTable[index].name, kHPACKStaticTable[index].value);
    EXPECT_TRUE(ours == expected) << index;
  }
}

TEST(HPACKStaticTable, finds_the_first_of_a_name) {
  for (uint32_t index = 1; index <= kHPACKStaticEntries; ++index) {
    const std::string_view name = kHPACKStaticTable[index].name;
    const uint32_t found = find_static_name(name);
    ASSERT_NE(found, 0u) << name;
    EXPECT_LE(found, index);
    EXPECT_EQ(kHPACKStaticTable[found].name, name);
    EXPECT_NE(kHPACKStaticTable[found - 1].name, name);
    // Others of the same length, first, middle and last byte, which share its slot.
    for (size_t at = 0; at < name.size(); ++at) {
      std::string other(name);
      other[at] ^= 1;
      EXPECT_EQ(find_static_name(other), 0u) << other;
    }
  }
  EXPECT_EQ(find_static_name(""), 0u);
  EXPECT_EQ(find_static_name("Date"), 0u);
  EXPECT_EQ(find_static_name("x-unknown"), 0u);
}

}  // namespace
}  // namespace turbo::http2
