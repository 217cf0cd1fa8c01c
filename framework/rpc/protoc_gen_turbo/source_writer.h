// The text of <name>.turbo.cc: what is not in the header of the Services and Stubs.
//
// Owner:   none.
// Threads: any.
// Errors:  none; what has no code does not get through name_file().
// Limits:  none.
// Cost:    runs in protoc, once a file.
#ifndef TURBO_RPC_PROTOC_GEN_TURBO_SOURCE_WRITER_H_
#define TURBO_RPC_PROTOC_GEN_TURBO_SOURCE_WRITER_H_

#include <string>

#include "framework/rpc/protoc_gen_turbo/names.h"

namespace turbo::rpc {

std::string write_source(const FileNames& file);

}  // namespace turbo::rpc

#endif  // TURBO_RPC_PROTOC_GEN_TURBO_SOURCE_WRITER_H_
