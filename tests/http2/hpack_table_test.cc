#include "framework/http2/hpack_table.h"

#include <gtest/gtest.h>

#include <deque>
#include <random>
#include <string>

namespace turbo::http2 {
namespace {

// The table as RFC 7541 4 describes it.
class Model {
 public:
  struct Field {
    std::string name;
    std::string value;
    size_t size() const { return name.size() + value.size() + 32; }
  };

  explicit Model(size_t capacity) : capacity_(capacity) {}

  void set_capacity(size_t bytes) {
    capacity_ = bytes;
    evict(0);
  }
  bool add(const Field& field) {
    evict(field.size());
    if (field.size() > capacity_) return false;
    fields.push_front(field);
    size += field.size();
    return true;
  }

  std::deque<Field> fields;
  size_t size = 0;

 private:
  void evict(size_t room) {
    while (!fields.empty() && size + room > capacity_) {
      size -= fields.back().size();
      fields.pop_back();
    }
  }

  size_t capacity_;
};

void expect_same(HPACKTable& table, const Model& model) {
  ASSERT_EQ(table.size(), model.size);
  ASSERT_EQ(table.count(), model.fields.size());
  for (uint32_t i = 0; i < table.count(); ++i) {
    const uint32_t number = table.next() - 1 - i;
    ASSERT_TRUE(table.has(number));
    ASSERT_EQ(table.name(table.entry(number)), model.fields[i].name);
    ASSERT_EQ(table.value(table.entry(number)), model.fields[i].value);
  }
  ASSERT_FALSE(table.has(table.next()));
  ASSERT_FALSE(table.has(table.next() - 1 - table.count()));
}

TEST(HPACKTable, random_entries_and_capacities) {
  for (unsigned seed = 0; seed < 40; ++seed) {
    std::mt19937 random(seed);
    constexpr size_t kCapacities[] = {0, 33, 100, 512, 777, 4096, 20000};
    HPACKTable table(4096);
    Model model(4096);
    for (int step = 0; step < 600; ++step) {
      if (random() % 50 == 0) {
        const size_t capacity = kCapacities[random() % std::size(kCapacities)];
        table.set_capacity(capacity);
        model.set_capacity(capacity);
      }
      // Empty ones too, and some as large as the table.
      const size_t bound = random() % 20 == 0 ? 5000 : random() % 3 == 0 ? 1 : 100;
      Model::Field field = {std::string(random() % bound, static_cast<char>('a' + step % 26)),
                            std::string(random() % bound, static_cast<char>('A' + step % 26))};
      // Named by an entry, which this one may evict.
      const bool is_named = table.count() > 0 && random() % 4 == 0;
      const size_t at = is_named ? random() % table.count() : 0;
      if (is_named) field.name = model.fields[at].name;
      const uint32_t number = table.next() - 1 - static_cast<uint32_t>(at);
      const std::string_view name = is_named ? table.name(table.entry(number)) : field.name;
      ASSERT_EQ(table.add(name, field.value) != nullptr, model.add(field));
      expect_same(table, model);
      if (testing::Test::HasFatalFailure()) return;
    }
  }
}

TEST(HPACKTable, new_entries_have_no_mark) {
  HPACKTable table(100);
  for (int i = 0; i < 10; ++i) {
    HPACKTable::Entry& entry = *table.add("a", "b");
    EXPECT_EQ(entry.mark, 0);
    entry.mark = 1;
  }
}

}  // namespace
}  // namespace turbo::http2
