// Written by protoc-gen-turbo from tests/rpc/protoc_gen_turbo/no_service.proto; do not edit.
#include "tests/rpc/protoc_gen_turbo/no_service.turbo.h"
