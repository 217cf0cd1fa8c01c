#include "framework/http/content_disposition.h"

#include <gtest/gtest.h>

#include <string>

namespace turbo::http {
namespace {

using std::string_literals::operator""s;

std::string read_disposition(std::string_view value) {
  const std::optional<ContentDisposition> disposition = parse_content_disposition(value);
  if (!disposition) return "malformed";
  std::string text = disposition->type;
  if (disposition->name) text += " name=[" + *disposition->name + "]";
  if (disposition->filename) text += " filename=[" + *disposition->filename + "]";
  return text;
}

TEST(ContentDispositionTest, reads_what_browsers_send) {
  EXPECT_EQ(read_disposition("form-data; name=\"a\""), "form-data name=[a]");
  EXPECT_EQ(read_disposition("Form-Data; NAME=a; FileName=\"b.txt\""),
            "form-data name=[a] filename=[b.txt]");
  EXPECT_EQ(read_disposition("form-data; name=\"a;b=c\"; filename=\"\""),
            "form-data name=[a;b=c] filename=[]");
  EXPECT_EQ(read_disposition("form-data; name=\"a%22b%0D%0A\"; filename=\"\xc3\xa9.txt\""),
            "form-data name=[a%22b%0D%0A] filename=[\xc3\xa9.txt]");
  EXPECT_EQ(read_disposition("form-data; size=5; name=\"\""), "form-data name=[]");
  EXPECT_EQ(read_disposition("attachment"), "attachment");
}

TEST(ContentDispositionTest, reads_backslashes_as_browsers_write_them) {
  EXPECT_EQ(read_disposition("form-data; filename=\"C:\\dir\\a.txt\""),
            "form-data filename=[C:\\dir\\a.txt]");
  EXPECT_EQ(read_disposition("form-data; filename=\"a\\\"b\\\\c\""),
            "form-data filename=[a\"b\\c]");
  EXPECT_EQ(read_disposition("form-data; filename=\"a\\\""), "form-data filename=[a\\]");
  EXPECT_EQ(read_disposition("form-data; filename=\"a\\"), "malformed");
}

TEST(ContentDispositionTest, prefers_a_good_filename_with_a_charset) {
  EXPECT_EQ(read_disposition("form-data; filename=\"x\"; filename*=UTF-8''%c3%A9'%20.txt"),
            "form-data filename=[\xc3\xa9' .txt]");
  EXPECT_EQ(read_disposition("form-data; filename*=utf-8'en'a"), "form-data filename=[a]");
  for (const char* bad : {"iso-8859-1''%E9", "UTF-8''%E9", "UTF-8''%", "UTF-8''a%00b", "UTF-8''%0A",
                          "UTF-8'a", "UTF-8", "''a", "UTF-8''%7F"}) {
    EXPECT_EQ(read_disposition("form-data; filename*=" + std::string(bad) + "; filename=x"),
              "form-data filename=[x]")
        << bad;
    EXPECT_EQ(read_disposition("form-data; filename*=" + std::string(bad)), "form-data") << bad;
  }
}

TEST(ContentDispositionTest, refuses_what_is_malformed_or_comes_twice) {
  for (const char* value :
       {"", ";name=a", "form-data name=a", "form-data; name", "form-data; name=\"a",
        "form-data; name=", "form-data; name=a; name=b", "form-data; filename=a; FILENAME=b",
        "form-data; filename*=UTF-8''a; filename*=UTF-8''b", "form-data; name=\"a\"b",
        "form-data, name=a", "form-data; name=\"a\x01\""}) {
    EXPECT_EQ(read_disposition(value), "malformed") << value;
  }
}

TEST(ContentDispositionTest, writes_names_that_cannot_break_the_field) {
  const auto attachment = [](std::string_view name) {
    return content_disposition(Disposition::kAttachment, name);
  };
  EXPECT_EQ(attachment("a b.txt"), "attachment; filename=\"a b.txt\"");
  EXPECT_EQ(content_disposition(Disposition::kInline, "a"), "inline; filename=\"a\"");
  EXPECT_EQ(attachment("\xc3\xa9.txt"),
            "attachment; filename=\"__.txt\"; filename*=UTF-8''%C3%A9.txt");
  EXPECT_EQ(attachment("a\"b%.txt"),
            "attachment; filename=\"a_b_.txt\"; filename*=UTF-8''a%22b%25.txt");
  EXPECT_EQ(attachment("../a\\b\r\nSet-Cookie: x\0"s),
            "attachment; filename=\".._a_b__Set-Cookie: x_\"");
  EXPECT_EQ(attachment("\xff\"a"), "attachment; filename=\"__a\"") << "no UTF-8";
}

TEST(ContentDispositionTest, reads_what_it_writes) {
  for (const std::string_view name : {"a", "a b;c='d'.txt", "100%.txt", "\"q\"", "\xe2\x82\xac"}) {
    const std::string value = content_disposition(Disposition::kAttachment, name);
    EXPECT_EQ(parse_content_disposition(value)->filename, name);
  }
}

}  // namespace
}  // namespace turbo::http
