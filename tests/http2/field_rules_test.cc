#include "framework/http2/field_rules.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace turbo::http2 {
namespace {

using Message = FieldRules::Message;
using enum FieldKind;

struct Field {
  std::string_view name;
  std::string_view value;
};

FieldKind to_server(std::string_view name, std::string_view value) {
  return classify(name, value, Role::kServer);
}

// ---- fields by themselves (RFC 9113 8.2) ----

TEST(ClassifyTest, fields_are_what_their_names_say) {
  const struct {
    std::string_view name;
    std::string_view value;
    FieldKind kind;
  } cases[] = {
      {":method", "GET", kMethod},
      {":method", "M-SEARCH", kMethod},
      {":scheme", "https", kScheme},
      {":scheme", "Coap+ws-1.0", kScheme},
      {":authority", "[::1]:80", kAuthority},
      {":path", "/", kPath},
      {":path", "*", kPath},
      {":protocol", "websocket", kProtocol},
      {":status", "200", kStatus},
      {":status", "100", kStatus},
      {":status", "999", kStatus},
      {"host", "a.example:8080", kHost},
      {"cookie", "", kCookie},
      {"content-length", "0", kContentLength},
      {"content-length", "9223372036854775807", kContentLength},
      {"priority", "u=1", kPriority},
      {"a", "", kOther},
      {"a", "b \t c", kOther},
      {"a", "\x80\xff", kOther},
      {"!#$%&'*+-.^_`|~09az", "b", kOther},
      {"te", "trailers", kOther},
      {"te", "TRAILERS", kOther},
      {"tea", "gzip", kOther},
      {"connections", "a", kOther},
  };
  for (const auto& [name, value, kind] : cases) {
    EXPECT_EQ(to_server(name, value), kind) << name << ": " << value;
  }
}

TEST(ClassifyTest, names_are_tokens_in_lower_case) {
  for (const std::string_view name : {"", "A", "aB", "a b", " a", "a ", "a:", "a\t", "a\n", "\x7f",
                                      "a\x80", "\xc3\xa4", "a(", "a\"", "Content-Length", "Host"}) {
    EXPECT_EQ(to_server(name, "1"), kNone) << name;
  }
  EXPECT_EQ(to_server(std::string_view("a\0", 2), "1"), kNone);
}

TEST(ClassifyTest, pseudo_header_fields_are_those_that_are_known) {
  for (const std::string_view name : {":", ":a", ":Method", ":paths", "::path", ": path"}) {
    EXPECT_EQ(to_server(name, "/"), kNone) << name;
  }
}

TEST(ClassifyTest, each_byte_of_a_value_is_looked_at) {
  for (int c = 0; c < 256; ++c) {
    const std::string value = {'a', static_cast<char>(c), 'b'};
    const bool good = (c >= 0x20 && c != 0x7f) || c == '\t';
    EXPECT_EQ(to_server("a", value) == kOther, good) << c;
    EXPECT_EQ(to_server("cookie", value) == kCookie, good) << c;
    EXPECT_EQ(to_server(":path", value) == kPath, good) << c;
  }
}

TEST(ClassifyTest, blanks_around_a_value_are_malformed) {
  for (const std::string_view value : {" ", "\t", " a", "a ", "\ta", "a\t"}) {
    EXPECT_EQ(to_server("a", value), kNone) << value;
    EXPECT_EQ(to_server(":path", value), kNone) << value;
  }
}

// RFC 9113 8.2.2.
TEST(ClassifyTest, fields_of_the_connection_are_malformed) {
  for (const std::string_view name :
       {"connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"}) {
    for (const std::string_view value : {"", "close", "trailers"}) {
      EXPECT_EQ(to_server(name, value), kNone) << name;
      EXPECT_EQ(classify(name, value, Role::kClient), kNone) << name;
    }
  }
  for (const std::string_view value : {"", "gzip", "trailers, gzip", "trailers;q=1", "trailer"}) {
    EXPECT_EQ(to_server("te", value), kNone) << value;
  }
}

TEST(ClassifyTest, values_with_a_form_of_their_own_have_it) {
  constexpr Field kMalformed[] = {
      {":method", ""},
      {":method", "G T"},
      {":method", "GET\xff"},
      {":scheme", ""},
      {":scheme", "1a"},
      {":scheme", "a b"},
      {":scheme", "https:"},
      {":authority", ""},
      {":authority", "a b"},
      {":authority", "a/b"},
      {":authority", "a?b"},
      {":authority", "a#b"},
      {":authority", "a\\b"},
      {":authority", "\xc3\xa4"},
      {":path", ""},
      {":protocol", ""},
      {":status", ""},
      {":status", "20"},
      {":status", "2000"},
      {":status", "099"},
      {":status", "101"},
      {":status", "2x0"},
      {":status", "+20"},
      {"host", ""},
      {"host", "a b"},
      {"host", "a\tb"},
      {"content-length", ""},
      {"content-length", "+1"},
      {"content-length", "-1"},
      {"content-length", " 1"},
      {"content-length", "1 "},
      {"content-length", "1,1"},
      {"content-length", "1a"},
      {"content-length", "0x1"},
      {"content-length", "9223372036854775808"},
      {"content-length", "18446744073709551616"},
  };
  for (const auto& [name, value] : kMalformed) {
    EXPECT_EQ(to_server(name, value), kNone) << name << ": " << value;
  }
}

// To a client it says nothing.
TEST(ClassifyTest, host_is_a_field_of_requests) {
  EXPECT_EQ(classify("host", "a b", Role::kClient), kOther);
  EXPECT_EQ(classify("host", "", Role::kClient), kOther);
}

// ---- their order, and how often they come (RFC 9113 8.3) ----

bool is_malformed(Message message, const std::vector<FieldKind>& kinds) {
  FieldRules rules(message);
  for (const FieldKind kind : kinds) rules.note(kind);
  return rules.malformed();
}

TEST(FieldRulesTest, pseudo_header_fields_come_first) {
  EXPECT_FALSE(is_malformed(Message::kRequest, {kPath, kMethod, kAuthority, kScheme, kOther}));
  EXPECT_FALSE(is_malformed(Message::kResponse, {kStatus, kOther}));
  for (const FieldKind plain : {kOther, kCookie, kContentLength, kHost, kPriority}) {
    for (const FieldKind pseudo : {kMethod, kScheme, kAuthority, kPath, kProtocol}) {
      EXPECT_TRUE(is_malformed(Message::kRequest, {plain, pseudo}));
    }
    EXPECT_TRUE(is_malformed(Message::kResponse, {plain, kStatus}));
  }
}

TEST(FieldRulesTest, some_fields_come_once) {
  for (const FieldKind kind :
       {kMethod, kScheme, kAuthority, kPath, kProtocol, kHost, kContentLength}) {
    EXPECT_FALSE(is_malformed(Message::kRequest, {kind}));
    EXPECT_TRUE(is_malformed(Message::kRequest, {kind, kind}));
  }
  EXPECT_TRUE(is_malformed(Message::kResponse, {kStatus, kStatus}));
  EXPECT_TRUE(is_malformed(Message::kResponse, {kStatus, kContentLength, kContentLength}));
  EXPECT_FALSE(is_malformed(Message::kRequest, {kCookie, kOther, kCookie, kPriority, kPriority}));
}

TEST(FieldRulesTest, each_message_has_its_own) {
  EXPECT_TRUE(is_malformed(Message::kRequest, {kMethod, kStatus}));
  for (const FieldKind kind : {kMethod, kScheme, kAuthority, kPath, kProtocol}) {
    EXPECT_TRUE(is_malformed(Message::kResponse, {kind}));
    EXPECT_TRUE(is_malformed(Message::kTrailers, {kind}));
  }
  EXPECT_TRUE(is_malformed(Message::kTrailers, {kStatus}));
  EXPECT_FALSE(is_malformed(Message::kTrailers, {kOther, kCookie, kOther}));
}

TEST(FieldRulesTest, what_was_malformed_stays_so) {
  for (const Message message : {Message::kRequest, Message::kResponse, Message::kTrailers}) {
    EXPECT_TRUE(is_malformed(message, {kNone}));
    EXPECT_TRUE(is_malformed(message, {kOther, kNone, kOther}));
    EXPECT_FALSE(is_malformed(message, {}));
  }
}

// ---- requests as a whole ----

struct Target {
  std::string_view method = "GET";
  std::string_view scheme = "https";
  std::string_view path = "/";
  bool connect_protocol = false;
};

bool is_whole(const std::vector<FieldKind>& kinds, const Target& target) {
  FieldRules rules(Message::kRequest);
  for (const FieldKind kind : kinds) rules.note(kind);
  return rules.is_whole_request(target.method, target.scheme, target.path, target.connect_protocol);
}

const std::vector<FieldKind> kAll = {kMethod, kScheme, kAuthority, kPath};
const std::vector<FieldKind> kExtended = {kMethod, kScheme, kAuthority, kPath, kProtocol};

TEST(WholeRequestTest, needs_all_its_parts) {
  EXPECT_TRUE(is_whole(kAll, {}));
  EXPECT_TRUE(is_whole({kMethod, kScheme, kPath, kHost}, {}));
  EXPECT_FALSE(is_whole({kScheme, kAuthority, kPath}, {}));
  EXPECT_FALSE(is_whole({kMethod, kAuthority, kPath}, {}));
  EXPECT_FALSE(is_whole({kMethod, kScheme, kAuthority}, {}));
  EXPECT_FALSE(is_whole({kMethod, kScheme, kPath}, {})) << "neither authority nor host";
  EXPECT_FALSE(is_whole({kMethod, kScheme, kAuthority, kPath, kNone}, {}));
  EXPECT_FALSE(is_whole({}, {}));
}

TEST(WholeRequestTest, paths_of_http_begin_with_a_slash) {
  EXPECT_FALSE(is_whole(kAll, {.path = "a"}));
  EXPECT_FALSE(is_whole(kAll, {.scheme = "HTTP", .path = "a"}));
  EXPECT_TRUE(is_whole(kAll, {.scheme = "ftp", .path = "a"}));
  EXPECT_FALSE(is_whole(kAll, {.path = "*"}));
  EXPECT_FALSE(is_whole(kAll, {.method = "OPTIONS", .path = "*a"}));
  EXPECT_TRUE(is_whole(kAll, {.method = "OPTIONS", .path = "*"}));
  EXPECT_TRUE(is_whole(kAll, {.path = ""})) << "was not kept";
  EXPECT_TRUE(is_whole(kAll, {.method = "", .path = "*"})) << "could be OPTIONS";
}

// RFC 9113 8.5.
TEST(WholeRequestTest, connect_names_its_authority_alone) {
  EXPECT_TRUE(is_whole({kMethod, kAuthority}, {.method = "CONNECT"}));
  EXPECT_FALSE(is_whole({kMethod, kHost}, {.method = "CONNECT"}));
  EXPECT_FALSE(is_whole({kMethod, kScheme, kAuthority}, {.method = "CONNECT"}));
  EXPECT_FALSE(is_whole({kMethod, kAuthority, kPath}, {.method = "CONNECT"}));
  EXPECT_FALSE(is_whole(kAll, {.method = "CONNECT"}));
}

// RFC 8441 4.
TEST(WholeRequestTest, extended_connect_names_all) {
  const Target connect = {.method = "CONNECT", .connect_protocol = true};
  EXPECT_TRUE(is_whole(kExtended, connect));
  EXPECT_FALSE(is_whole(kExtended, {.method = "CONNECT"})) << "is switched off";
  EXPECT_FALSE(is_whole(kExtended, {.method = "GET", .connect_protocol = true}));
  EXPECT_TRUE(is_whole(kExtended, {.method = "", .connect_protocol = true})) << "was not kept";
  EXPECT_FALSE(is_whole({kMethod, kScheme, kPath, kProtocol, kHost}, connect));
  EXPECT_FALSE(is_whole({kMethod, kAuthority, kPath, kProtocol}, connect));
  EXPECT_FALSE(is_whole({kMethod, kScheme, kAuthority, kProtocol}, connect));
}

}  // namespace
}  // namespace turbo::http2
