"""turbo_grpc_library: from .proto files to a C++ library of their messages, services and stubs."""

load("@bazel_tools//tools/cpp:toolchain_utils.bzl", "find_cpp_toolchain")
load("//bazel:copts.bzl", "TURBO_COPTS")

TurboProtoInfo = provider(
    doc = "What another turbo_grpc_library may import.",
    fields = {"sources": "depset of .proto files: those of the target, and of all it depends on"},
)

_SUFFIXES = [".pb.h", ".turbo.h", ".pb.cc", ".turbo.cc"]

def _import_path(source):
    """The path from the root of its workspace, which is what `import` says."""
    path = source.short_path
    return path.split("/", 2)[2] if path.startswith("../") else path

def _mapping(source):
    return "-I%s=%s" % (_import_path(source), source.path)

def _declare_outputs(ctx):
    """The generated files of all sources, headers and sources apart."""
    package = ctx.label.package + "/" if ctx.label.package else ""
    headers, sources = [], []
    for source in ctx.files.srcs:
        if source.owner.workspace_name != ctx.label.workspace_name or \
           source.owner.package != ctx.label.package:
            fail("%s: %s is of another package; give it a turbo_grpc_library there, for deps" %
                 (ctx.label, source.owner))
        stem = _import_path(source)[len(package):-len(".proto")]
        outputs = [ctx.actions.declare_file(stem + suffix) for suffix in _SUFFIXES]
        headers += outputs[:2]
        sources += outputs[2:]
    return headers, sources

def _generate(ctx, importable, outputs):
    root = "/".join([ctx.bin_dir.path] +
                    (["external", ctx.label.workspace_name] if ctx.label.workspace_name else []))
    arguments = ctx.actions.args()
    arguments.add(ctx.executable._plugin, format = "--plugin=protoc-gen-turbo=%s")
    arguments.add(root, format = "--cpp_out=%s")
    arguments.add(root, format = "--turbo_out=%s")

    # Each file by its name: what is not in deps is not found, sandbox or not. The well-known types
    # protoc finds by itself.
    arguments.add_all(importable, map_each = _mapping)
    arguments.add_all(ctx.files.srcs)
    ctx.actions.run(
        executable = ctx.executable._protoc,
        arguments = [arguments],
        inputs = importable,
        tools = [ctx.executable._plugin],
        outputs = outputs,
        mnemonic = "TurboProtoc",
        progress_message = "Generating C++ of %s" % ctx.label,
    )

def _compile(ctx, headers, sources):
    """The CcInfo of the generated code, its objects and its libraries."""
    toolchain = find_cpp_toolchain(ctx)
    features = cc_common.configure_features(
        ctx = ctx,
        cc_toolchain = toolchain,
        requested_features = ctx.features,
        unsupported_features = ctx.disabled_features,
    )
    deps = [dep[CcInfo] for dep in ctx.attr.deps + ctx.attr._runtime]
    compilation, objects = cc_common.compile(
        actions = ctx.actions,
        name = ctx.label.name,
        cc_toolchain = toolchain,
        feature_configuration = features,
        public_hdrs = headers,
        srcs = sources,
        user_compile_flags = ctx.attr.copts,
        compilation_contexts = [dep.compilation_context for dep in deps],
    )
    linking, linked = cc_common.create_linking_context_from_compilation_outputs(
        actions = ctx.actions,
        name = ctx.label.name,
        cc_toolchain = toolchain,
        feature_configuration = features,
        compilation_outputs = objects,
        linking_contexts = [dep.linking_context for dep in deps],
        # Reflection finds by name what no code mentions.
        alwayslink = True,
    )
    library = linked.library_to_link
    libraries = [library.static_library, library.pic_static_library, library.dynamic_library]
    cc_info = CcInfo(compilation_context = compilation, linking_context = linking)
    return cc_info, objects.objects + objects.pic_objects, [file for file in libraries if file]

def _turbo_grpc_library_impl(ctx):
    headers, sources = _declare_outputs(ctx)
    importable = depset(
        ctx.files.srcs,
        transitive = [dep[TurboProtoInfo].sources for dep in ctx.attr.deps],
    )
    _generate(ctx, importable, headers + sources)
    cc_info, objects, libraries = _compile(ctx, headers, sources)
    return [
        DefaultInfo(files = depset(headers + sources + libraries)),
        OutputGroupInfo(compilation_outputs = depset(objects)),
        TurboProtoInfo(sources = importable),
        cc_info,
    ]

_turbo_grpc_library = rule(
    implementation = _turbo_grpc_library_impl,
    attrs = {
        "copts": attr.string_list(),
        "deps": attr.label_list(providers = [TurboProtoInfo, CcInfo]),
        "srcs": attr.label_list(allow_empty = False, allow_files = [".proto"], mandatory = True),
        "_cc_toolchain": attr.label(default = "@bazel_tools//tools/cpp:current_cc_toolchain"),
        "_plugin": attr.label(
            cfg = "exec",
            default = "//framework/rpc/protoc_gen_turbo",
            executable = True,
        ),
        "_protoc": attr.label(
            cfg = "exec",
            default = "@com_google_protobuf//:protoc",
            executable = True,
        ),
        # What generated code includes.
        "_runtime": attr.label_list(
            default = [
                "//framework/rpc:service",
                "//framework/rpc:stub",
                "@com_google_protobuf//:protobuf",
            ],
            providers = [CcInfo],
        ),
    },
    fragments = ["cpp"],
    toolchains = ["@bazel_tools//tools/cpp:toolchain_type"],
)

def turbo_grpc_library(name, srcs, deps = [], **kwargs):
    """A C++ library of .proto files: for each <name>.proto <name>.pb.h and <name>.turbo.h.

    Both imports and includes are paths from the root of the workspace that has the file, also when
    another one depends on it:

        import "apps/greeter/greeter.proto";
        #include "apps/greeter/greeter.turbo.h"

    Protobuf's well-known types (google/protobuf/...) need no dep.

    Args:
      name: the library, for the deps of cc_library, cc_binary and the like.
      srcs: .proto files of this package, which may import each other.
      deps: the turbo_grpc_library of each other file that they import.
      **kwargs: visibility, testonly, tags and whatever else every rule has.
    """
    _turbo_grpc_library(
        name = name,
        srcs = srcs,
        deps = deps,
        copts = TURBO_COPTS,
        **kwargs
    )
