"""The compiler options every target of Turbo is built with."""

# g++ 12 and clang 14 both know each of these. A dependent that compiles against the public headers
# needs only the dialect: TURBO_CXX_DIALECT, or turbo_cc_binary from defs.bzl.
TURBO_CXX_DIALECT = ["-std=c++20"]

# Named from here, so that it is found in a dependent's workspace too.
_OPTIMIZED = str(Label("//bazel:optimized"))

# For programs that run during the build: no need to optimise them as a whole.
TURBO_TOOL_COPTS = TURBO_CXX_DIALECT + [
    "-Wall",
    "-Wextra",
    "-Wextra-semi",
    "-Wimplicit-fallthrough",
    "-Wnon-virtual-dtor",
    "-Wvla",
    # Standard since C++14, but clang 14 has it off.
    "-fsized-deallocation",
    # A designated initialiser that leaves the defaults alone is how options are passed.
    "-Wno-missing-field-initializers",
]

TURBO_COPTS = TURBO_TOOL_COPTS + select({
    # With -c opt the rooms are optimised as one: a request passes through a dozen files. g++ does so
    # in a dependent's link as well; the objects hold ordinary code too, for links with -fno-lto.
    _OPTIMIZED: [
        "-flto",
        "-ffat-lto-objects",
        "-fomit-frame-pointer",
        # g++ 12 warns without cause in Abseil's AnyInvocable and of lists on the stack when it
        # inlines this much; clang does not know the names.
        "-Wno-maybe-uninitialized",
        "-Wno-dangling-pointer",
        "-Wno-unknown-warning-option",
    ],
    "//conditions:default": [],
})

# For programs, with malloc = "//bazel:malloc".
TURBO_LINKOPTS = select({
    _OPTIMIZED: ["-flto=auto"],
    "//conditions:default": [],
})
