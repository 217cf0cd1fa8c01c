"""Abseil's headers with the std types switched on; there is nothing to link."""

load("@turbo//bazel:abseil_labels.bzl", "ABSEIL_LABELS")

_HEADERS = """\
load("@rules_cc//cc:defs.bzl", "cc_library")

cc_library(
    name = "headers",
    hdrs = glob(["include/absl/**/*.h", "include/absl/**/*.inc"]),
    defines = ["STD_ABSEIL"],
    includes = ["include"],
    visibility = ["//visibility:public"],
)
"""

_PACKAGE = """\
load("@rules_cc//cc:defs.bzl", "cc_library")

[cc_library(
    name = name,
    visibility = ["//visibility:public"],
    deps = ["//:headers"],
) for name in %r]
"""

def _std_abseil_impl(ctx):
    for command in [
        ["mkdir", "include"],
        ["cp", "-r", "/usr/include/absl", "include/absl"],
        [
            "sed",
            "-i",
            "-E",
            "s/^(#define ABSL_OPTION_USE_STD_(ANY|OPTIONAL|STRING_VIEW|VARIANT)) .*/\\1 1/",
            "include/absl/base/options.h",
        ],
    ]:
        result = ctx.execute(command)
        if result.return_code != 0:
            fail(result.stderr)
    ctx.file("BUILD", _HEADERS)
    for package, targets in ABSEIL_LABELS.items():
        ctx.file("absl/%s/BUILD" % package, _PACKAGE % targets.keys())

std_abseil = repository_rule(implementation = _std_abseil_impl)
