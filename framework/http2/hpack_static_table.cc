#include "framework/http2/hpack_static_table.h"

#include <array>
#include <cstdint>

#include "framework/http/text_table.h"

namespace turbo::http2 {
namespace {

constexpr unsigned kNameSlotBits = 7;

// Different for all names of the static table.
constexpr uint32_t name_slot(std::string_view name) {
  const auto byte = [name](size_t at) { return uint32_t{static_cast<uint8_t>(name[at])}; };
  const uint32_t key = static_cast<uint32_t>(name.size()) | byte(0) << 8 |
                       byte(name.size() - 1) << 16 | byte(name.size() / 2) << 24;
  return key * 0xe85e716fu >> (32 - kNameSlotBits);
}

constexpr std::array<uint8_t, 1 << kNameSlotBits> make_name_slots() {
  std::array<uint8_t, 1 << kNameSlotBits> slots{};
  for (uint32_t index = kHPACKStaticEntries; index > 0; --index) {
    slots[name_slot(kHPACKStaticTable[index].name)] = static_cast<uint8_t>(index);
  }
  return slots;
}

constexpr std::array<uint8_t, 1 << kNameSlotBits> kNameSlots = make_name_slots();

constexpr bool no_name_is_lost() {
  for (uint32_t index = 1; index <= kHPACKStaticEntries; ++index) {
    const std::string_view name = kHPACKStaticTable[index].name;
    if (kHPACKStaticTable[kNameSlots[name_slot(name)]].name != name) return false;
  }
  return true;
}

static_assert(no_name_is_lost());

}  // namespace

uint32_t find_static_name(std::string_view name) {
  if (name.empty()) return 0;
  const uint32_t index = kNameSlots[name_slot(name)];
  return http::same_text(kHPACKStaticTable[index].name, name) ? index : 0;
}

}  // namespace turbo::http2
