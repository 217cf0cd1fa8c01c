"""Turbo's external libraries under upstream's labels, bound to Debian's packages.

Each is defined only when the workspace has not defined it before, so a dependent that builds, say,
Abseil from source writes its own `com_google_absl` above the call and Turbo uses that one.
"""

load("@bazel_tools//tools/build_defs/repo:utils.bzl", "maybe")
load("//bazel:debian.bzl", "debian_abseil", "debian_library")

def turbo_dependencies():
    """Defines what is still undefined of the libraries that Turbo and its tests use."""
    maybe(debian_abseil, name = "com_google_absl")

    _library("brotli", "libbrotli-dev", "brotli/encode.h", {
        "brotlienc": ["-lbrotlienc"],
        "brotlidec": ["-lbrotlidec"],
    })
    _library("com_github_c_ares_c_ares", "libc-ares-dev", "ares.h", {"ares": ["-lcares"]})
    _library(
        "com_github_gabime_spdlog",
        "libspdlog-dev",
        "spdlog/spdlog.h",
        {"spdlog": ["-lspdlog", "-lfmt", "-lpthread"]},
        defines = ["SPDLOG_SHARED_LIB", "SPDLOG_COMPILED_LIB", "SPDLOG_FMT_EXTERNAL"],
    )
    _library("com_github_google_benchmark", "libbenchmark-dev", "benchmark/benchmark.h", {
        "benchmark": ["-lbenchmark", "-lpthread"],
        "benchmark_main": ["-lbenchmark_main", "//:benchmark"],
    })
    _library(
        "com_github_jupp0r_prometheus_cpp",
        "libprometheus-cpp-dev",
        "prometheus/registry.h",
        {"core": ["-lprometheus-cpp-core"]},
        package = "core",
    )
    _library(
        "com_github_grpc_grpc",
        "libgrpc++-dev protobuf-compiler-grpc",
        "grpcpp/grpcpp.h",
        {"grpc++": ["-lgrpc++", "-lgrpc", "-lgpr", "-labsl_synchronization", "-lpthread"]},
        programs = {"src/compiler:grpc_cpp_plugin": "/usr/bin/grpc_cpp_plugin"},
    )
    _library("com_github_nghttp2_nghttp2", "libnghttp2-dev", "nghttp2/nghttp2.h", {
        "nghttp2": ["-lnghttp2"],
    })
    _library("com_google_googletest", "libgtest-dev libgmock-dev", "gmock/gmock.h", {
        "gtest": ["-lgmock", "-lgtest", "-lpthread"],
        "gtest_main": ["-lgtest_main", "//:gtest"],
    })
    _library(
        "com_google_protobuf",
        "libprotobuf-dev libprotoc-dev protobuf-compiler",
        "google/protobuf/message.h",
        {
            "protobuf": ["-lprotobuf", "-lpthread"],
            "protoc_lib": ["-lprotoc", "//:protobuf"],
        },
        programs = {"protoc": "/usr/bin/protoc"},
    )
    _library("com_googlesource_code_re2", "libre2-dev", "re2/re2.h", {
        "re2": ["-lre2", "-lpthread"],
    })
    _library("jemalloc", "libjemalloc-dev", "jemalloc/jemalloc.h", {"jemalloc": ["-ljemalloc"]})
    _library("nlohmann_json", "nlohmann-json3-dev", "nlohmann/json.hpp", {"json": []})
    _library("openssl", "libssl-dev", "openssl/ssl.h", {
        "crypto": ["-lcrypto"],
        "ssl": ["-lssl", "//:crypto"],
    })
    _library("zlib", "zlib1g-dev", "zlib.h", {"zlib": ["-lz"]})

def _library(name, apt, header, targets, **kwargs):
    maybe(debian_library, name = name, apt = apt, header = header, targets = targets, **kwargs)
