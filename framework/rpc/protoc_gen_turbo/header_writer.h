// The text of <name>.turbo.h: for each service a class with its methods' constants, the Service
// that servers implement and the Stub that clients call.
//
// Owner:   none.
// Threads: any.
// Errors:  none; what has no code does not get through name_file().
// Limits:  none.
// Cost:    runs in protoc, once a file.
#ifndef TURBO_RPC_PROTOC_GEN_TURBO_HEADER_WRITER_H_
#define TURBO_RPC_PROTOC_GEN_TURBO_HEADER_WRITER_H_

#include <string>

#include "framework/rpc/protoc_gen_turbo/names.h"

namespace turbo::rpc {

std::string write_header(const FileNames& file);

}  // namespace turbo::rpc

#endif  // TURBO_RPC_PROTOC_GEN_TURBO_HEADER_WRITER_H_
