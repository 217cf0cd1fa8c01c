"""Abseil's public labels: package, target, and the pkg-config name behind it (without absl_)."""

def _same(*names):
    return {name: name for name in names}

ABSEIL_LABELS = {
    "algorithm": {"algorithm": "algorithm", "container": "algorithm_container"},
    "base": _same("base", "config", "core_headers", "dynamic_annotations", "endian", "log_severity"),
    "cleanup": _same("cleanup"),
    "container": _same(
        "btree",
        "fixed_array",
        "flat_hash_map",
        "flat_hash_set",
        "inlined_vector",
        "node_hash_map",
        "node_hash_set",
    ),
    "debugging": _same("failure_signal_handler", "leak_check", "stacktrace", "symbolize"),
    "flags": {
        "commandlineflag": "flags_commandlineflag",
        "config": "flags_config",
        "flag": "flags",
        "marshalling": "flags_marshalling",
        "parse": "flags_parse",
        "reflection": "flags_reflection",
        "usage": "flags_usage",
    },
    "functional": _same("any_invocable", "bind_front", "function_ref"),
    "hash": _same("hash"),
    "memory": _same("memory"),
    "meta": _same("type_traits"),
    "numeric": _same("bits", "int128"),
    "random": {
        "bit_gen_ref": "random_bit_gen_ref",
        "distributions": "random_distributions",
        "random": "random_random",
        "seed_gen_exception": "random_seed_gen_exception",
        "seed_sequences": "random_seed_sequences",
    },
    "status": _same("status", "statusor"),
    "strings": _same("cord", "str_format", "strings"),
    "synchronization": _same("synchronization"),
    "time": _same("civil_time", "time", "time_zone"),
    "types": _same("any", "bad_any_cast", "compare", "optional", "span", "variant"),
    "utility": _same("utility"),
}
