"""Bazel's own helper repositories, from what Debian's packages bring instead of the network.

Bazel 4 fetches these as archives when nobody defines them first. Only a workspace that builds with
Debian's packages alone needs this; any other may leave it out.
"""

load("@bazel_tools//tools/build_defs/repo:utils.bzl", "maybe")

_CC_RULES = [
    "cc_binary",
    "cc_import",
    "cc_libc_top_alias",
    "cc_library",
    "cc_proto_library",
    "cc_test",
    "cc_toolchain",
    "cc_toolchain_suite",
    "fdo_prefetch_hints",
    "fdo_profile",
    "objc_import",
    "objc_library",
]

def _native_rules_cc_impl(ctx):
    ctx.file("BUILD", "")
    ctx.file("cc/BUILD", "exports_files([\"defs.bzl\"])\n")
    ctx.file("cc/defs.bzl", "".join(["%s = native.%s\n" % (rule, rule) for rule in _CC_RULES]))

_native_rules_cc = repository_rule(
    implementation = _native_rules_cc_impl,
    doc = "rules_cc as thin names for the rules built into Bazel; Debian's own copy does not load.",
)

def _no_coverage_tools_impl(ctx):
    ctx.file("none.sh", "#!/bin/sh\necho 'no coverage tools are installed' >&2\nexit 1\n")
    ctx.file("BUILD", """\
package(default_visibility = ["//visibility:public"])

sh_binary(
    name = "coverage_report_generator",
    srcs = ["none.sh"],
)

sh_binary(
    name = "lcov_merger",
    srcs = ["none.sh"],
)
""")

_no_coverage_tools = repository_rule(
    implementation = _no_coverage_tools_impl,
    doc = "Stands in for a network archive that every cc_test asks for during analysis.",
)

def turbo_offline_shims():
    """Defines rules_cc, rules_java, rules_proto, bazel_skylib, platforms, remote_coverage_tools."""
    maybe(_native_rules_cc, name = "rules_cc")
    maybe(_no_coverage_tools, name = "remote_coverage_tools")
    for name, path in [
        ("rules_java", "/usr/share/bazel/rules/java"),
        ("rules_proto", "/usr/share/bazel/rules/proto"),
        ("bazel_skylib", "/usr/share/bazel/tools/skylib"),
        ("platforms", "/usr/share/bazel/tools/platforms"),
    ]:
        maybe(native.local_repository, name = name, path = path)
