#include "framework/rpc/status_fields.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/cord.h"
#include "framework/base/status.h"
#include "framework/base/utf8.h"

namespace turbo::rpc {
namespace {

using absl::StatusCode;
using Texts = std::vector<std::pair<std::string, std::string>>;

constexpr std::string_view kSpecialMessage =
    "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n";
constexpr std::string_view kSpecialEscaped =
    "%09%0Atest with whitespace%0D%0Aand Unicode BMP %E2%98%BA and non-BMP %F0%9F%98%88%09%0A";

Texts encode(const absl::Status& status) {
  Texts fields;
  encode_status(status, [&fields](std::string_view name, std::string_view value) {
    fields.emplace_back(name, value);
  });
  return fields;
}

std::optional<absl::Status> decode(const Texts& texts) {
  std::vector<http::Field> fields;
  for (const auto& [name, value] : texts) fields.push_back({name, value});
  return decode_status(fields);
}

std::string details_of(const absl::Status& status) {
  return std::string(status.GetPayload(to_absl(kDetailsPayload)).value_or(absl::Cord("(none)")));
}

TEST(StatusFieldsTest, ok_is_one_field) {
  EXPECT_EQ(encode(absl::OkStatus()), (Texts{{"grpc-status", "0"}}));
  EXPECT_EQ(decode({{"grpc-status", "0"}}), absl::OkStatus());
  EXPECT_EQ(decode({{"grpc-status", "0"}, {"grpc-message", "fine"}}), absl::OkStatus());
}

TEST(StatusFieldsTest, every_code_comes_back) {
  for (int code = 0; code <= 16; ++code) {
    const absl::Status status = make_status(static_cast<StatusCode>(code), "why");
    EXPECT_EQ(code_digits(status.code()), std::to_string(code));
    EXPECT_EQ(decode(encode(status)), status) << code;
  }
}

TEST(StatusFieldsTest, other_codes_are_unknown) {
  for (const char* digits : {"17", "99", "-1", "", "x", "1x", " 1", "1 ", "00", "01", "+1",
                             "18446744073709551617", "4294967297"}) {
    EXPECT_EQ(decode({{"grpc-status", digits}, {"grpc-message", "why"}}), absl::UnknownError("why"))
        << digits;
  }
  EXPECT_EQ(code_digits(static_cast<StatusCode>(17)), "2");
  EXPECT_EQ(code_digits(static_cast<StatusCode>(-1)), "2");
}

TEST(StatusFieldsTest, without_grpc_status_there_is_none) {
  EXPECT_FALSE(decode({}));
  EXPECT_FALSE(decode({{"grpc-message", "why"}, {"grpc-status-x", "0"}}));
}

TEST(StatusFieldsTest, messages_are_escaped) {
  EXPECT_EQ(escape_message(kSpecialMessage), kSpecialEscaped);
  EXPECT_EQ(unescape_message(kSpecialEscaped), kSpecialMessage);
  EXPECT_EQ(encode(make_status(StatusCode::kUnknown, kSpecialMessage)),
            (Texts{{"grpc-status", "2"}, {"grpc-message", std::string(kSpecialEscaped)}}));
  EXPECT_EQ(decode(encode(make_status(StatusCode::kUnknown, kSpecialMessage))),
            make_status(StatusCode::kUnknown, kSpecialMessage));
}

TEST(StatusFieldsTest, all_but_printable_ascii_and_the_percent_sign_is_escaped) {
  std::string all;
  for (int c = 0; c < 256; ++c) {
    const std::string text(1, static_cast<char>(c));
    const bool plain = (c >= 0x20 && c <= 0x24) || (c >= 0x26 && c <= 0x7e);
    EXPECT_EQ(escape_message(text).size(), plain ? 1U : 3U) << c;
    all += text;
  }
  EXPECT_EQ(unescape_message(escape_message(all)), all);
}

TEST(StatusFieldsTest, what_is_no_escape_stands_for_itself) {
  for (const char* text : {"%", "%%", "%4", "100%", "%zz", "%4z", "% 41", "%-1", "a%0xb", "ä%"})
    EXPECT_EQ(unescape_message(text), text);
  EXPECT_EQ(unescape_message("%%41%"), "%A%");
  EXPECT_EQ(unescape_message("%e2%98%ba"), "☺");
  EXPECT_EQ(unescape_message("☺"), "☺");
}

TEST(StatusFieldsTest, a_long_message_is_cut_behind_a_character) {
  const std::string plain(kMaxMessageBytes, 'm');
  EXPECT_EQ(escape_message(plain), plain);
  EXPECT_EQ(escape_message(plain + "m"), plain);
  for (size_t before = 0; before < 12; ++before) {
    std::string text(before, 'm');
    while (text.size() < kMaxMessageBytes) text += "😈";
    const std::string escaped = escape_message(text);
    EXPECT_LE(escaped.size(), kMaxMessageBytes);
    EXPECT_GT(escaped.size(), kMaxMessageBytes - 12);
    const std::string kept = unescape_message(escaped);
    EXPECT_TRUE(text.starts_with(kept));
    EXPECT_TRUE(is_utf8(kept)) << before;
  }
}

TEST(StatusFieldsTest, details_come_back) {
  absl::Status status = absl::NotFoundError("why");
  const std::string details("\x08\x05\x12\x03why\0\xff", 9);
  status.SetPayload(to_absl(kDetailsPayload), absl::Cord(details));
  status.SetPayload("type.googleapis.com/else", absl::Cord("stays here"));
  EXPECT_EQ(encode(status), (Texts{{"grpc-status", "5"},
                                   {"grpc-message", "why"},
                                   {"grpc-status-details-bin", "CAUSA3doeQD/"}}));
  const std::optional<absl::Status> read = decode(encode(status));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->code(), StatusCode::kNotFound);
  EXPECT_EQ(details_of(*read), details);
}

TEST(StatusFieldsTest, details_are_read_padded_and_left_out_if_malformed) {
  const auto details = [](const char* value) {
    return details_of(*decode({{"grpc-status", "5"}, {"grpc-status-details-bin", value}}));
  };
  EXPECT_EQ(details("Zg=="), "f");
  EXPECT_EQ(details("Zg"), "f");
  for (const char* value : {"", "Z", "Zg=", "!", "Zg,Zg"})
    EXPECT_EQ(details(value), "(none)") << value;
}

TEST(StatusFieldsTest, too_many_details_are_left_out) {
  absl::Status status = absl::NotFoundError("");
  status.SetPayload(to_absl(kDetailsPayload), absl::Cord(std::string(kMaxDetailsBytes, 'd')));
  EXPECT_EQ(encode(status).size(), 2U);
  status.SetPayload(to_absl(kDetailsPayload), absl::Cord(std::string(kMaxDetailsBytes + 1, 'd')));
  EXPECT_EQ(encode(status).size(), 1U);
}

TEST(StatusFieldsTest, the_longest_status_fits_the_head_that_clients_take) {
  absl::Status status = absl::UnauthenticatedError(std::string(100'000, '%'));
  status.SetPayload(to_absl(kDetailsPayload), absl::Cord(std::string(kMaxDetailsBytes, 'd')));
  size_t bytes = 0;
  const Texts fields = encode(status);
  ASSERT_EQ(fields.size(), 3U);
  for (const auto& [name, value] : fields) bytes += name.size() + value.size() + 32;
  EXPECT_LE(bytes, 8192U);
}

TEST(StatusFieldsTest, http_statuses_stand_for_codes) {
  const std::vector<std::pair<int, StatusCode>> table = {{200, StatusCode::kUnknown},
                                                         {204, StatusCode::kUnknown},
                                                         {301, StatusCode::kUnknown},
                                                         {400, StatusCode::kInternal},
                                                         {401, StatusCode::kUnauthenticated},
                                                         {403, StatusCode::kPermissionDenied},
                                                         {404, StatusCode::kUnimplemented},
                                                         {405, StatusCode::kUnknown},
                                                         {415, StatusCode::kUnknown},
                                                         {429, StatusCode::kUnavailable},
                                                         {431, StatusCode::kInternal},
                                                         {500, StatusCode::kUnknown},
                                                         {501, StatusCode::kUnknown},
                                                         {502, StatusCode::kUnavailable},
                                                         {503, StatusCode::kUnavailable},
                                                         {504, StatusCode::kUnavailable},
                                                         {0, StatusCode::kUnknown}};
  for (const auto& [http, code] : table) EXPECT_EQ(status_of_http(http).code(), code) << http;
  EXPECT_EQ(status_of_http(404).message(), "HTTP status 404");
}

TEST(StatusFieldsTest, resets_stand_for_codes) {
  using http2::ErrorCode;
  for (uint32_t why = 0; why <= 0x20; ++why) {
    StatusCode code = StatusCode::kInternal;
    if (why == 0x7) code = StatusCode::kUnavailable;
    if (why == 0x8) code = StatusCode::kCancelled;
    if (why == 0xb) code = StatusCode::kResourceExhausted;
    if (why == 0xc) code = StatusCode::kPermissionDenied;
    EXPECT_EQ(status_of_reset(static_cast<ErrorCode>(why)).code(), code) << why;
  }
  EXPECT_EQ(status_of_reset(ErrorCode::kCancel).message(), "the peer reset the call: CANCEL");
}

TEST(StatusFieldsTest, codes_stand_for_http_statuses) {
  constexpr int kStatuses[] = {200, 499, 500, 400, 504, 404, 409, 403, 429,
                               400, 409, 400, 501, 500, 503, 500, 401};
  for (int code = 0; code <= 16; ++code) {
    EXPECT_EQ(http_status_of(static_cast<StatusCode>(code)), kStatuses[code]) << code;
  }
}

}  // namespace
}  // namespace turbo::rpc
