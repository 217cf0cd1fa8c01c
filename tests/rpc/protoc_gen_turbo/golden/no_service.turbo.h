// Written by protoc-gen-turbo from tests/rpc/protoc_gen_turbo/no_service.proto; do not edit.
// It has no services.
#ifndef TURBO_INCLUDED_tests_2frpc_2fprotoc_5fgen_5fturbo_2fno_5fservice_2eturbo_2eh
#define TURBO_INCLUDED_tests_2frpc_2fprotoc_5fgen_5fturbo_2fno_5fservice_2eturbo_2eh

#endif  // TURBO_INCLUDED_tests_2frpc_2fprotoc_5fgen_5fturbo_2fno_5fservice_2eturbo_2eh
