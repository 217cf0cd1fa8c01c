#include "framework/http/media_type.h"

#include <gtest/gtest.h>

#include <string>

namespace turbo::http {
namespace {

TEST(MediaTypeTest, goes_by_the_extension_of_the_last_segment) {
  const struct {
    std::string_view path;
    std::string_view type;
  } cases[] = {
      {"index.html", "text/html; charset=utf-8"},
      {"/site/a.b/INDEX.HTM", "text/html; charset=utf-8"},
      {"app.min.js", "text/javascript; charset=utf-8"},
      {"module.mjs", "text/javascript; charset=utf-8"},
      {"style.css", "text/css; charset=utf-8"},
      {"data.json", "application/json"},
      {"logo.svg", "image/svg+xml"},
      {"photo.JPG", "image/jpeg"},
      {"font.woff2", "font/woff2"},
      {"program.wasm", "application/wasm"},
      {".txt", "text/plain; charset=utf-8"},
      {"a.7z", "application/x-7z-compressed"},  // the first of the table
      {"a.zst", "application/zstd"},            // the last
      {"", "application/octet-stream"},
      {"README", "application/octet-stream"},
      {"html", "application/octet-stream"},
      {"a.html/b", "application/octet-stream"},
      {"a.html.", "application/octet-stream"},
      {"a.unheard-of", "application/octet-stream"},
      {"a.html0", "application/octet-stream"},
  };
  for (const auto& each : cases) EXPECT_EQ(media_type_of(each.path), each.type) << each.path;
  EXPECT_EQ(media_type_of("a." + std::string(5000, 'h')), "application/octet-stream");
}

TEST(MediaTypeTest, text_is_worth_compressing_and_pictures_are_not) {
  for (const char* type :
       {"text/html; charset=utf-8", "text/event-stream", "TEXT/Plain", "application/json ; a=b",
        "application/problem+json", "image/svg+xml", "application/wasm", "font/ttf"}) {
    EXPECT_TRUE(is_compressible(type)) << type;
  }
  for (const char* type : {"", "image/png", "video/mp4", "application/zip", "font/woff2",
                           "application/octet-stream", "application/grpc", "text", "json"}) {
    EXPECT_FALSE(is_compressible(type)) << type;
  }
}

}  // namespace
}  // namespace turbo::http
