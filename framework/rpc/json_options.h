// JSONOptions: how messages are read from JSON and written as such.
//
// Owner:   a value.
// Threads: any.
// Errors:  none.
// Limits:  none.
// Cost:    none.
#ifndef TURBO_RPC_JSON_OPTIONS_H_
#define TURBO_RPC_JSON_OPTIONS_H_

namespace turbo::rpc {

struct JSONOptions {
  // Fields of replies that have their default are shown too.
  bool print_defaults = false;
  // Fields of replies are named as in the .proto: "book_id" instead of "bookId". Requests may use
  // either.
  bool proto_names = false;
  // Fields, enum values and parameters of requests that the message does not have are ignored. By
  // default they are an error: most often they are misspelt.
  bool ignore_unknown = false;
};

}  // namespace turbo::rpc

#endif  // TURBO_RPC_JSON_OPTIONS_H_
