// Fields that texts give their values.
#include "framework/rpc/field_path.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "framework/base/views.h"
#include "tests/rpc/library.pb.h"

namespace turbo::rpc {
namespace {

using test::Everything;

// The message with the field set; "?": the text is no such value, "-": the field cannot be set.
std::string with(std::string_view field, std::string_view text) {
  absl::StatusOr<FieldPath> path = FieldPath::parse(*Everything::descriptor(), field);
  if (!path.ok()) {
    EXPECT_EQ(path.status().code(), absl::StatusCode::kInvalidArgument);
    return "-";
  }
  Everything message;
  absl::Status set = path->set(message, text);
  if (!set.ok()) {
    EXPECT_EQ(set.code(), absl::StatusCode::kInvalidArgument);
    return "?";
  }
  return message.ShortDebugString();
}

TEST(FieldPathTest, texts_are_values_of_all_types) {
  const struct {
    std::string_view field, text, message;
  } cases[] = {
      {"text", "a b", "text: \"a b\""},
      {"text", "", ""},
      {"text", "\xff", "?"},
      {"raw", "AP8=", "raw: \"\\000\\377\""},
      {"raw", "AP8", "raw: \"\\000\\377\""},
      {"raw", "-_-_", "raw: \"\\373\\377\\277\""},
      {"raw", "+/+/", "raw: \"\\373\\377\\277\""},
      {"raw", "A", "?"},
      {"raw", "A===", "?"},
      {"raw", "!", "?"},
      {"flag", "true", "flag: true"},
      {"flag", "false", ""},
      {"flag", "1", "?"},
      {"flag", "", "?"},
      {"small", "-7", "small: -7"},
      {"small", "2147483647", "small: 2147483647"},
      {"small", "2147483648", "?"},
      {"small", "+7", "?"},
      {"small", " 7", "?"},
      {"small", "7x", "?"},
      {"small", "7.0", "?"},
      {"small", "", "?"},
      {"large", "-9223372036854775808", "large: -9223372036854775808"},
      {"count", "4294967295", "count: 4294967295"},
      {"count", "-1", "?"},
      {"id", "18446744073709551615", "id: 18446744073709551615"},
      {"ratio", "1.5e1", "ratio: 15"},
      {"ratio", "1e39", "?"},
      {"ratio", "NaN", "ratio: nan"},
      {"precise", "-Infinity", "precise: -inf"},
      {"precise", "0x1", "?"},
      {"colour", "RED", "colour: RED"},
      {"colour", "2", "colour: BLUE"},
      {"colour", "77", "colour: 77"},
      {"colour", "red", "?"},
      {"words", "x", "words: \"x\""},
      {"numbers", "-3", "numbers: -3"},
      {"colours", "BLUE", "colours: BLUE"},
      {"left", "x", "left: \"x\""},
      {"inner.inner.small", "5", "inner { inner { small: 5 } }"},
      {"inner.words", "x", "inner { words: \"x\" }"},
      {"odd_name", "x", "odd_name: \"x\""},
      {"@odd", "x", "odd_name: \"x\""},
      {"oddName", "x", "-"},
      {"time", "1970-01-01T00:00:05Z", "time { seconds: 5 }"},
      {"time", "yesterday", "?"},
      {"times", "1970-01-01T00:00:05Z", "times { seconds: 5 }"},
      {"duration", "1.5s", "duration { seconds: 1 nanos: 500000000 }"},
      {"duration", "1.5", "?"},
      {"mask", "pageSize,a.bC", "mask { paths: \"page_size\" paths: \"a.b_c\" }"},
      {"maybe", "7", "maybe { value: 7 }"},
      {"maybe", "x", "?"},
      {"maybe.value", "7", "maybe { value: 7 }"},
      {"perhaps", "x", "perhaps { value: \"x\" }"},
      {"time.seconds", "5", "time { seconds: 5 }"},
  };
  for (const auto& each : cases) {
    EXPECT_EQ(with(each.field, each.text), each.message) << each.field << "=" << each.text;
  }
}

TEST(FieldPathTest, not_all_fields_can_be_set) {
  for (const std::string_view field :
       {"", ".", "text.", ".text", "Text", "nothing", "inner", "inner.nothing", "text.inner",
        "many", "many.text", "counts", "counts.key", "counts.value", "free", "free.fields",
        "inner..text", "choice"}) {
    EXPECT_EQ(with(field, "x"), "-") << field;
  }
}

TEST(FieldPathTest, a_path_is_as_deep_as_messages_may_be) {
  std::string path = "small";
  for (size_t steps = 1; steps < FieldPath::kMaxSteps; ++steps) path = "inner." + path;
  EXPECT_NE(with(path, "1"), "-");
  EXPECT_EQ(with("inner." + path, "1"), "-");
}

TEST(FieldPathTest, repeated_fields_are_added_to) {
  Everything message;
  const absl::StatusOr<FieldPath> path = FieldPath::parse(*Everything::descriptor(), "numbers");
  for (const std::string_view text : {"1", "-2", "3"}) EXPECT_TRUE(path->set(message, text).ok());
  EXPECT_EQ(message.ShortDebugString(), "numbers: 1 numbers: -2 numbers: 3");
}

}  // namespace
}  // namespace turbo::rpc
