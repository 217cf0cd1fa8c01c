#include "framework/tls/server_names.h"

#include <gtest/gtest.h>

#include "tests/tls/certificate_factory.h"

namespace turbo::tls {
namespace {

constexpr int kNone = -1;

// Three certificates with names that overlap.
class ServerNamesTest : public testing::Test {
 protected:
  ServerNamesTest() {
    add({.common_name = "unused.org", .dns = {"example.org", "*.example.org", "Upper.ORG"}});
    add({.dns = {"www.example.org", "*.www.example.org", "dotted.net."}});
    add({.dns = {"example.org", "w*.partial.org", "*", "a.*.org", "*.*.org"}});
    add({.common_name = "common.org", .ips = {"127.0.0.1"}});
    add({.common_name = "*.wild-common.org"});
    add({.common_name = ""});
  }

  void add(const CertificateSpec& spec) { names_.add(Issued::alone(spec).x509(), count_++); }
  int find(std::string_view name) const {
    const std::optional<size_t> found = names_.find(name);
    return found.has_value() ? static_cast<int>(*found) : kNone;
  }

  size_t count_ = 0;
  ServerNames names_;
};

TEST_F(ServerNamesTest, the_first_that_carries_the_name_exactly_is_found_or_else_by_wildcard) {
  const std::pair<const char*, int> cases[] = {
      {"example.org", 0},        // exactly, and before the third
      {"a.example.org", 0},      // by wildcard
      {"www.example.org", 1},    // the first's wildcard would do, but this is exact
      {"a.www.example.org", 1},  // a wildcard is one label
      {"a.b.www.example.org", kNone},
      {"EXAMPLE.org", 0},
      {"A.Example.Org", 0},
      {"upper.org", 0},
      {"example.org.", 0},  // the dot that ends a name
      {"a.example.org.", 0},
      {"dotted.net", 1},
      {"dotted.net.", 1},
      {"common.org", 3},  // no DNS names, so the common name counts
      {"a.wild-common.org", 4},
      {"unused.org", kNone},  // it has DNS names, so it does not
      {"leaf", kNone},
      {"www.partial.org", kNone},  // a star is a whole label, the first, and once
      {"a.b.org", kNone},
      {"org", kNone},
      {"*.example.org", 0},  // no name that anybody asks for, and harmless
      {".example.org", kNone},
      {"", kNone},
      {".", kNone},
      {"127.0.0.1", kNone},
  };
  for (const auto& [name, number] : cases) EXPECT_EQ(find(name), number) << name;
}

TEST(ServerNamesOrderTest, an_exact_name_goes_before_a_wildcard_in_any_order) {
  const Issued exact = Issued::alone({.dns = {"www.example.org"}});
  const Issued wild = Issued::alone({.dns = {"*.example.org"}});
  for (const size_t exacts_number : {0, 1}) {
    ServerNames names;
    for (const size_t number : {0, 1}) {
      names.add((number == exacts_number ? exact : wild).x509(), number);
    }
    EXPECT_EQ(names.find("www.example.org"), std::optional<size_t>(exacts_number));
    EXPECT_EQ(names.find("mail.example.org"), std::optional<size_t>(1 - exacts_number));
  }
}

}  // namespace
}  // namespace turbo::tls
