"""Repository rules that give libraries installed by Debian's packages the labels upstream uses.

/usr/include is a built-in include folder of the compiler, so a library is its link options, its
defines and the libraries it needs itself.
"""

load("//bazel:abseil_labels.bzl", "ABSEIL_LABELS")

_HEAD = "load(\"@rules_cc//cc:defs.bzl\", \"cc_library\")\n\n" + \
        "package(default_visibility = [\"//visibility:public\"])\n"

def _cc_library(name, options, defines = []):
    """One target; an option that starts with // is a dependency, any other goes to the linker."""
    return "\ncc_library(\n    name = %r,\n    defines = %r,\n    linkopts = %r,\n    deps = %r,\n)\n" % (
        name,
        defines,
        [o for o in options if not o.startswith("//")],
        [o for o in options if o.startswith("//")],
    )

def _sh_binary(name):
    return "\nsh_binary(\n    name = %r,\n    srcs = [%r],\n)\n" % (name, name + ".sh")

def _in_package(package, file):
    return package + "/" + file if package else file

def _require(ctx, path, apt):
    if not ctx.path(path).exists:
        fail("@%s needs %s: apt-get install --no-install-recommends %s" % (ctx.name, path, apt))

def _debian_library_impl(ctx):
    _require(ctx, "/usr/include/" + ctx.attr.header, ctx.attr.apt)
    texts = {package: _HEAD for package in ("", ctx.attr.package)}
    for name, options in ctx.attr.targets.items():
        texts[ctx.attr.package] += _cc_library(name, options, ctx.attr.defines)
    for label, path in ctx.attr.programs.items():
        _require(ctx, path, ctx.attr.apt)
        package, _, name = label.rpartition(":")
        ctx.file(_in_package(package, name + ".sh"), "#!/bin/sh\nexec %s \"$@\"\n" % path)
        texts[package] = texts.get(package, _HEAD) + _sh_binary(name)
    for package, text in texts.items():
        ctx.file(_in_package(package, "BUILD"), text)

debian_library = repository_rule(
    implementation = _debian_library_impl,
    doc = "A library of one or a few targets in one package.",
    local = True,
    attrs = {
        "apt": attr.string(mandatory = True, doc = "Debian packages to name when it is missing."),
        "defines": attr.string_list(),
        "header": attr.string(mandatory = True, doc = "Below /usr/include; shows it is installed."),
        "package": attr.string(doc = "Bazel package of the targets; the root when empty."),
        "programs": attr.string_dict(doc = "Target, or package:target, to an installed program."),
        "targets": attr.string_list_dict(mandatory = True),
    },
)

_ABSEIL_APT = "libabsl-dev"

def _pkgconfig_folder(ctx):
    for folder in ctx.path("/usr/lib").readdir():
        if folder.get_child("pkgconfig").get_child("absl_base.pc").exists:
            return folder.get_child("pkgconfig")
    fail("@%s needs Abseil: apt-get install --no-install-recommends %s" % (ctx.name, _ABSEIL_APT))

def _read_pc(ctx, folder, pc):
    """Linker options and dependencies of one pkg-config file."""
    options = []
    for line in ctx.read(folder.get_child(pc + ".pc")).splitlines():
        if line.startswith("Libs:") or line.startswith("Libs.private:"):
            options += [w for w in line.split(" ") if w.startswith("-l") or w == "-pthread"]
        elif line.startswith("Requires:"):
            for item in line[len("Requires:"):].split(","):
                if item.strip():
                    options.append("//pc:" + item.strip().split(" ")[0])
    return options

def _debian_abseil_impl(ctx):
    folder = _pkgconfig_folder(ctx)
    text = _HEAD
    for pc_file in folder.readdir():
        pc = pc_file.basename
        if pc.startswith("absl_") and pc.endswith(".pc"):
            text += _cc_library(pc[:-3], _read_pc(ctx, folder, pc[:-3]), ctx.attr.defines)
    ctx.file("BUILD", "")
    ctx.file("pc/BUILD", text)
    for package, targets in ABSEIL_LABELS.items():
        text = _HEAD
        for target, pc in targets.items():
            text += _cc_library(target, ["//pc:absl_" + pc])
        ctx.file("absl/%s/BUILD" % package, text)

debian_abseil = repository_rule(
    implementation = _debian_abseil_impl,
    doc = "Abseil's public labels; what each one links is read from its pkg-config files.",
    local = True,
    attrs = {"defines": attr.string_list()},
)
