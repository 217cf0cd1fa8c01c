#include "framework/tls/subject_names.h"

#include <gtest/gtest.h>

#include "tests/tls/certificate_factory.h"

namespace turbo::tls {
namespace {

using Names = std::vector<std::string>;
constexpr size_t kAll = SIZE_MAX;

// One that no configuration can describe: its only name has these bytes.
X509Ptr with_raw_name(int kind, const std::string& bytes) {
  ASN1_STRING* const text =
      ASN1_STRING_type_new(kind == GEN_DNS ? V_ASN1_IA5STRING : V_ASN1_OCTET_STRING);
  ASN1_STRING_set(text, bytes.data(), static_cast<int>(bytes.size()));
  const std::unique_ptr<GENERAL_NAMES, FreeBy<GENERAL_NAMES_free>> names(
      sk_GENERAL_NAME_new_null());
  GENERAL_NAME* const name = GENERAL_NAME_new();
  GENERAL_NAME_set0_value(name, kind, text);
  sk_GENERAL_NAME_push(names.get(), name);
  X509Ptr certificate(X509_new());
  EXPECT_EQ(X509_add1_ext_i2d(certificate.get(), NID_subject_alt_name, names.get(), 0, 0), 1);
  return certificate;
}

TEST(SubjectNamesTest, names_and_addresses_are_told_apart_and_kept_in_order) {
  const Issued leaf = Issued::alone({.common_name = "common",
                                     .dns = {"b.org", "a.org", "*.a.org"},
                                     .ips = {"::", "10.0.0.1", "2001:db8:0:0:1:0:0:ff"}});
  EXPECT_EQ(dns_names_of(leaf.x509(), kAll), (Names{"b.org", "a.org", "*.a.org"}));
  EXPECT_EQ(dns_names_of(leaf.x509(), 2), (Names{"b.org", "a.org"}));
  EXPECT_EQ(ip_addresses_of(leaf.x509(), kAll), (Names{"::", "10.0.0.1", "2001:db8::1:0:0:ff"}));
  EXPECT_EQ(ip_addresses_of(leaf.x509(), 0), Names{});
  EXPECT_EQ(common_name_of(leaf.x509()), "common");
}

TEST(SubjectNamesTest, who_has_none_gives_none) {
  const X509Ptr blank(X509_new());
  EXPECT_EQ(dns_names_of(blank.get(), kAll), Names{});
  EXPECT_EQ(ip_addresses_of(blank.get(), kAll), Names{});
  EXPECT_EQ(common_name_of(blank.get()), "");
}

TEST(SubjectNamesTest, a_name_that_hides_something_is_left_out) {
  using std::string_literals::operator""s;
  EXPECT_EQ(dns_names_of(with_raw_name(GEN_DNS, "bank.org\0.evil.org"s).get(), kAll), Names{});
  EXPECT_EQ(dns_names_of(with_raw_name(GEN_DNS, "").get(), kAll), Names{});
  EXPECT_EQ(ip_addresses_of(with_raw_name(GEN_IPADD, "12345").get(), kAll), Names{});
  EXPECT_EQ(ip_addresses_of(with_raw_name(GEN_IPADD, "").get(), kAll), Names{});
}

}  // namespace
}  // namespace turbo::tls
