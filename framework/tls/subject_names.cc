#include "framework/tls/subject_names.h"

#include <cstdio>
#include <span>

#include "framework/base/address.h"

namespace turbo::tls {
namespace {

using AltNames = std::unique_ptr<GENERAL_NAMES, FreeBy<GENERAL_NAMES_free>>;

AltNames alt_names_of(const X509* certificate) {
  return AltNames(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
}

std::string text_of(const ASN1_STRING* text) {
  std::string copy(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                   static_cast<size_t>(ASN1_STRING_length(text)));
  if (copy.find('\0') != std::string::npos) copy.clear();
  return copy;
}

// The long form; Address knows how to shorten it.
std::string address_text(std::span<const unsigned char> bytes) {
  std::string text;
  char part[8];
  if (bytes.size() == 4) {
    for (const unsigned char byte : bytes) {
      text += (text.empty() ? "" : ".") + std::to_string(byte);
    }
  } else if (bytes.size() == 16) {
    for (size_t i = 0; i < bytes.size(); i += 2) {
      std::snprintf(part, sizeof part, i == 0 ? "%x" : ":%x", bytes[i] << 8 | bytes[i + 1]);
      text += part;
    }
  }
  const absl::StatusOr<Address> address = Address::parse(text, 0);
  return address.ok() ? address->host() : std::string();
}

std::string address_of(const ASN1_OCTET_STRING* address) {
  return address_text(
      {ASN1_STRING_get0_data(address), static_cast<size_t>(ASN1_STRING_length(address))});
}

// Those of one kind, in the certificate's order.
template <class Text>
std::vector<std::string> names_of(const X509* certificate, int kind, size_t limit, Text text) {
  std::vector<std::string> names;
  const AltNames all = alt_names_of(certificate);
  const int count = all == nullptr ? 0 : sk_GENERAL_NAME_num(all.get());
  for (int i = 0; i < count && names.size() < limit; ++i) {
    const GENERAL_NAME* const name = sk_GENERAL_NAME_value(all.get(), i);
    if (name->type != kind) continue;
    std::string found = text(name);
    if (!found.empty()) names.push_back(std::move(found));
  }
  return names;
}

}  // namespace

std::vector<std::string> dns_names_of(const X509* certificate, size_t limit) {
  return names_of(certificate, GEN_DNS, limit,
                  [](const GENERAL_NAME* name) { return text_of(name->d.dNSName); });
}

std::vector<std::string> ip_addresses_of(const X509* certificate, size_t limit) {
  return names_of(certificate, GEN_IPADD, limit,
                  [](const GENERAL_NAME* name) { return address_of(name->d.iPAddress); });
}

std::string common_name_of(const X509* certificate) {
  const X509_NAME* const subject = X509_get_subject_name(certificate);
  const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (at < 0) return {};
  return text_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
}

}  // namespace turbo::tls
