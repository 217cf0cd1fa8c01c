// Whatever a hosts file holds, the names it yields are host names in canonical form.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "framework/dns/hosts_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const auto& [name, addresses] : turbo::parse_hosts(text)) {
    if (!turbo::is_host_name(name) || turbo::canonical_name(name) != name) abort();
    if (addresses.empty()) abort();
    for (const turbo::Address& address : addresses) {
      if (!address.is_ip()) abort();
    }
  }
  if (turbo::is_host_name(text) && text.size() > turbo::kMaxHostName + 1) abort();
  (void)turbo::is_localhost(text);
  return 0;
}
