#include "framework/web/directory_listing.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <string>

#include "framework/base/utf8.h"
#include "framework/crypto/digest.h"
#include "framework/crypto/text_codec.h"
#include "tests/web/temporary_directory.h"

namespace turbo::web {
namespace {

class DirectoryListingTest : public ::testing::Test {
 protected:
  std::string list(const std::string& path, ListingOptions options = {}) {
    const FileRoot root = *FileRoot::open(directory_.path());
    absl::StatusOr<std::string> page = directory_listing(root, path, options);
    return page.ok() ? *page : page.status().ToString();
  }
  static bool contains(const std::string& page, std::string_view part) {
    return page.find(part) != std::string::npos;
  }

  TemporaryDirectory directory_;
};

TEST_F(DirectoryListingTest, shows_directories_first_then_files_with_size_and_time) {
  directory_.write("b.txt", "hello");
  directory_.write("a.txt", "");
  directory_.make_directory("z");
  const std::string page = list("", {.title = "/"});
  EXPECT_TRUE(contains(page, "<a href=\"./b.txt\">b.txt</a><td>5<td>1994-11-06 08:49\n"));
  EXPECT_TRUE(contains(page, "<a href=\"./z/\">z/</a><td><td>"));
  EXPECT_LT(page.find("./z/"), page.find("./a.txt"));
  EXPECT_LT(page.find("./a.txt"), page.find("./b.txt"));
  EXPECT_FALSE(contains(page, "../"));
  EXPECT_TRUE(contains(list("z/"), "<a href=\"../\">"));
}

TEST_F(DirectoryListingTest, escapes_whatever_a_file_is_called) {
  directory_.write("<script>alert(1)", "");
  directory_.write("\"onclick=x&y#?%\n", "");
  directory_.write("javascript:alert(1)", "");
  const std::string page = list("", {.title = "<b>"});
  EXPECT_FALSE(contains(page, "<script"));
  EXPECT_FALSE(contains(page, "<b>"));
  EXPECT_TRUE(contains(page, "href=\"./%22onclick=x&amp;y%23%3F%25%0A\""));
  EXPECT_TRUE(contains(page, "href=\"./javascript:alert(1)\"") ||
              contains(page, "href=\"./javascript%3Aalert"));
}

TEST_F(DirectoryListingTest, is_utf8_whatever_a_file_is_called) {
  directory_.write("caf\xc3\xa9", "");
  directory_.write("caf\xe9<", "");
  const std::string page = list("", {.title = "/\xff/"});
  EXPECT_TRUE(is_utf8(page));
  EXPECT_TRUE(contains(page, "<h1>/%FF/</h1>"));
  EXPECT_TRUE(contains(page, "<a href=\"./caf%C3%A9\">caf\xc3\xa9</a>"));
  EXPECT_TRUE(contains(page, "<a href=\"./caf%E9%3C\">caf%E9%3C</a>"));
}

TEST_F(DirectoryListingTest, allows_its_own_style_alone) {
  const std::string page = list("");
  const size_t begin = page.find("<style>") + 7;
  const std::string style = page.substr(begin, page.find("</style>") - begin);
  EXPECT_EQ(listing_policy(), "default-src 'none'; style-src 'sha256-" +
                                  base64_encode(view_of(sha256(style))) +
                                  "'; frame-ancestors 'none'");
}

TEST_F(DirectoryListingTest, hides_what_cannot_be_fetched) {
  directory_.write("seen", "");
  directory_.write(".hidden", "");
  directory_.link("/etc", "out");
  directory_.link("seen", "link");
  directory_.link("nowhere", "broken");
  ASSERT_EQ(::mkfifo(directory_.path("pipe").c_str(), 0600), 0);
  const std::string page = list("");
  EXPECT_TRUE(contains(page, "seen"));
  EXPECT_TRUE(contains(page, "link"));
  for (const char* name : {".hidden", "out", "broken", "pipe"}) {
    EXPECT_FALSE(contains(page, name)) << name;
  }
  EXPECT_TRUE(contains(list("", {.dot_files = DotFiles::kServe}), ".hidden"));
}

TEST_F(DirectoryListingTest, is_bounded) {
  for (int i = 0; i < 5; ++i) directory_.write("file" + std::to_string(i), "");
  const std::string page = list("", {.max_entries = 4});
  EXPECT_TRUE(contains(page, "Only 4 of the entries are shown."));
  EXPECT_FALSE(contains(list("", {.max_entries = 5}), "Only"));
}

TEST_F(DirectoryListingTest, is_of_directories_beneath_the_root_alone) {
  directory_.write("file", "");
  for (const char* path : {"file", "none", "..", "/etc"}) {
    EXPECT_TRUE(list(path).starts_with("NOT_FOUND")) << path;
  }
}

}  // namespace
}  // namespace turbo::web
