"""For workspaces that depend on Turbo: programs in C++20 without a flag in their own .bazelrc."""

load("@rules_cc//cc:defs.bzl", "cc_binary")
load("//bazel:copts.bzl", "TURBO_CXX_DIALECT")

_CXXOPT = "//command_line_option:cxxopt"

def _cxx20_impl(settings, _attr):
    return {_CXXOPT: settings[_CXXOPT] + TURBO_CXX_DIALECT}

_cxx20 = transition(
    implementation = _cxx20_impl,
    inputs = [_CXXOPT],
    outputs = [_CXXOPT],
)

def _cxx20_program_impl(ctx):
    # An attribute under a transition is a list, here of one.
    built = ctx.attr.program[0][DefaultInfo]
    program = ctx.actions.declare_file(ctx.label.name)
    ctx.actions.symlink(
        output = program,
        target_file = built.files_to_run.executable,
        is_executable = True,
    )
    return [DefaultInfo(
        executable = program,
        runfiles = ctx.runfiles([program]).merge(built.default_runfiles),
    )]

_cxx20_program = rule(
    implementation = _cxx20_program_impl,
    attrs = {
        "program": attr.label(cfg = _cxx20, executable = True, mandatory = True),
        "_allowlist_function_transition": attr.label(
            default = "@bazel_tools//tools/allowlists/function_transition_allowlist",
        ),
    },
    executable = True,
)

def turbo_cc_binary(name, visibility = None, tags = [], **kwargs):
    """A cc_binary that is compiled in C++20 together with everything it depends on.

    Turbo's own targets carry the dialect themselves, but a dependent compiles Turbo's headers in
    whatever dialect its workspace has. This sets it for one program; `copts = TURBO_CXX_DIALECT`
    from copts.bzl on each target does the same by hand.

    Args:
      name: the program; the cc_binary behind it is `<name>_cxx20`.
      visibility: of the program.
      tags: of the program.
      **kwargs: as for cc_binary.
    """
    cc_binary(
        name = name + "_cxx20",
        tags = tags + ["manual"],
        visibility = ["//visibility:private"],
        **kwargs
    )
    _cxx20_program(
        name = name,
        program = name + "_cxx20",
        tags = tags,
        visibility = visibility,
    )
