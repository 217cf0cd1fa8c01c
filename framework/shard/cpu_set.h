// Which cores this process may use: its affinity mask, less what a cgroup's CPU quota forbids.
//
// A container given 2 of 64 cores by quota still sees 64 in its affinity mask; 64 loops would then
// share two cores' worth of time and be throttled together. usable_cores() answers 2.
//
// Owner:   values.
// Threads: any; the affinity is the calling thread's.
// Errors:  none: text that cannot be read or makes no sense means "no quota".
// Limits:  none.
// Cost:    a few small file reads; called once, at start.
#ifndef TURBO_SHARD_CPU_SET_H_
#define TURBO_SHARD_CPU_SET_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace turbo {

// Cores of time per unit of time that the text of a cgroup v2 `cpu.max` allows ("150000 100000\n"
// is 1.5); nullopt for "max" and for text that is no quota.
std::optional<double> parse_cpu_max(std::string_view text);

// The same for cgroup v1, from the texts of `cpu.cfs_quota_us` (-1: no quota) and
// `cpu.cfs_period_us`.
std::optional<double> parse_cfs_quota(std::string_view quota_us, std::string_view period_us);

// The path of this process's group for `controller` ("" for v2), from the text of
// /proc/self/cgroup; nullopt if the text does not name one.
std::optional<std::string> parse_cgroup_path(std::string_view text, std::string_view controller);

// The smallest quota of the process's group and its ancestors, v2 and v1. `proc_cgroup` is the text
// of /proc/self/cgroup, `cgroup_root` the folder where the hierarchies are mounted.
std::optional<double> cgroup_cpu_quota(std::string_view proc_cgroup,
                                       const std::string& cgroup_root);

// How many loops fit: `cores`, or the quota rounded up if that is less; at least 1.
size_t loops_for(size_t cores, std::optional<double> quota);

// The cores of the calling thread's affinity mask, ascending. Never empty.
std::vector<int> affinity_cores();

// How many loops this process should run.
size_t usable_cores();

}  // namespace turbo

#endif  // TURBO_SHARD_CPU_SET_H_
