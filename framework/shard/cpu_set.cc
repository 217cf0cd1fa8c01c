#include "framework/shard/cpu_set.h"

#include <sched.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <memory>

namespace turbo {

namespace {

// The next word of `text`, which loses it.
std::string_view take_word(std::string_view& text) {
  constexpr std::string_view kBlank = " \t\r\n";
  text.remove_prefix(std::min(text.find_first_not_of(kBlank), text.size()));
  const std::string_view word = text.substr(0, text.find_first_of(kBlank));
  text.remove_prefix(word.size());
  return word;
}

// Both must be whole positive numbers.
std::optional<double> ratio(std::string_view quota, std::string_view period) {
  int64_t values[2] = {0, 0};
  const std::string_view words[2] = {quota, period};
  for (int i = 0; i < 2; ++i) {
    const char* end = words[i].data() + words[i].size();
    const auto parsed = std::from_chars(words[i].data(), end, values[i]);
    if (parsed.ec != std::errc() || parsed.ptr != end || values[i] <= 0) return std::nullopt;
  }
  return static_cast<double>(values[0]) / static_cast<double>(values[1]);
}

std::string read_small_file(const std::string& path) {
  std::ifstream file(path);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

std::optional<double> smaller(std::optional<double> a, std::optional<double> b) {
  if (!a.has_value()) return b;
  if (!b.has_value()) return a;
  return std::min(*a, *b);
}

// Asks `quota_of` for the group and each ancestor, up to the root of the hierarchy.
template <class QuotaOf>
std::optional<double> smallest_upwards(std::string group, QuotaOf quota_of) {
  std::optional<double> quota;
  for (;;) {
    while (!group.empty() && group.back() == '/') group.pop_back();
    quota = smaller(quota, quota_of(group));
    if (group.empty()) return quota;
    const size_t slash = group.rfind('/');
    group.resize(slash == std::string::npos ? 0 : slash);
  }
}

bool names_controller(std::string_view list, std::string_view controller) {
  if (controller.empty()) return list.empty();
  while (!list.empty()) {
    const std::string_view name = list.substr(0, list.find(','));
    if (name == controller) return true;
    list.remove_prefix(std::min(name.size() + 1, list.size()));
  }
  return false;
}

}  // namespace

std::optional<double> parse_cpu_max(std::string_view text) {
  const std::string_view quota = take_word(text);
  const std::string_view period = take_word(text);
  return ratio(quota, period);
}

std::optional<double> parse_cfs_quota(std::string_view quota_us, std::string_view period_us) {
  const std::string_view quota = take_word(quota_us);
  return ratio(quota, take_word(period_us));
}

std::optional<std::string> parse_cgroup_path(std::string_view text, std::string_view controller) {
  // Lines of "hierarchy:controllers:path".
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const size_t first = line.find(':');
    if (first == std::string_view::npos) continue;
    const size_t second = line.find(':', first + 1);
    if (second == std::string_view::npos) continue;
    if (names_controller(line.substr(first + 1, second - first - 1), controller)) {
      return std::string(line.substr(second + 1));
    }
  }
  return std::nullopt;
}

std::optional<double> cgroup_cpu_quota(std::string_view proc_cgroup,
                                       const std::string& cgroup_root) {
  std::optional<double> quota;
  if (auto group = parse_cgroup_path(proc_cgroup, "")) {
    // "unified" is where v2 is mounted beside v1 hierarchies.
    for (const char* mount : {"", "/unified"}) {
      quota =
          smaller(quota, smallest_upwards(*group, [&](const std::string& path) {
                    return parse_cpu_max(read_small_file(cgroup_root + mount + path + "/cpu.max"));
                  }));
    }
  }
  if (auto group = parse_cgroup_path(proc_cgroup, "cpu")) {
    for (const char* mount : {"/cpu", "/cpu,cpuacct"}) {
      quota = smaller(quota, smallest_upwards(*group, [&](const std::string& path) {
                        const std::string folder = cgroup_root + mount + path;
                        return parse_cfs_quota(read_small_file(folder + "/cpu.cfs_quota_us"),
                                               read_small_file(folder + "/cpu.cfs_period_us"));
                      }));
    }
  }
  return quota;
}

size_t loops_for(size_t cores, std::optional<double> quota) {
  if (quota.has_value() && *quota < static_cast<double>(cores)) {
    cores = static_cast<size_t>(std::ceil(*quota));
  }
  return std::max<size_t>(cores, 1);
}

std::vector<int> affinity_cores() {
  // The kernel's mask may be wider than cpu_set_t's 1,024 bits; it refuses one that is too small.
  for (int width = 1024; width <= (1 << 20); width *= 4) {
    const size_t bytes = CPU_ALLOC_SIZE(width);
    const auto free_set = [](cpu_set_t* set) { CPU_FREE(set); };
    const std::unique_ptr<cpu_set_t, decltype(free_set)> set(CPU_ALLOC(width), free_set);
    if (sched_getaffinity(0, bytes, set.get()) != 0) continue;
    std::vector<int> cores;
    for (int core = 0; core < width; ++core) {
      if (CPU_ISSET_S(core, bytes, set.get())) cores.push_back(core);
    }
    if (!cores.empty()) return cores;
  }
  return {0};
}

size_t usable_cores() {
  return loops_for(affinity_cores().size(),
                   cgroup_cpu_quota(read_small_file("/proc/self/cgroup"), "/sys/fs/cgroup"));
}

}  // namespace turbo
