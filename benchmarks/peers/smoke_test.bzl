"""A test that a measuring program works, without looking at what it measured."""

_YARDSTICK = "//benchmarks/limits:raw_epoll"

def smoke_test(name, program, expected, flags, data = [], yardstick = True):
    """Runs `program` with `flags` and the yardstick; it must print what matches `expected`.

    `flags` may name the targets in `data` by $(rootpath).

    Not under a sanitizer: Valgrind cannot run what one instruments, and there is nothing to see.
    """
    native.py_test(
        name = name,
        size = "small",
        srcs = ["smoke_test.py"],
        args = [
            "$(rootpath %s)" % program,
            "'%s'" % expected,
        ] + (["--yardstick=$(rootpath %s)" % _YARDSTICK] if yardstick else []) + flags,
        data = [program] + ([_YARDSTICK] if yardstick else []) + data,
        main = "smoke_test.py",
        target_compatible_with = select({
            "//bazel:asan": ["@platforms//:incompatible"],
            "//bazel:tsan": ["@platforms//:incompatible"],
            "//conditions:default": [],
        }),
        deps = [":peers"],
    )
