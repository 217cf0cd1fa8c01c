// MethodTable: the methods one loop serves, by path.
//
// Generated code adds those of a service; the dispatcher looks calls up.
//
// Owner:   the dispatcher of a loop, as are the services that are called.
// Threads: the loop's.
// Errors:  a path that was added already: TURBO_CHECK.
// Limits:  none.
// Cost:    a look-up in a hash table.
#ifndef TURBO_RPC_METHOD_TABLE_H_
#define TURBO_RPC_METHOD_TABLE_H_

#include <memory>
#include <string_view>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "framework/base/check.h"
#include "framework/base/views.h"
#include "framework/rpc/method_entry.h"
#include "framework/rpc/server_method.h"

namespace turbo::rpc {

class MethodTable {
 public:
  // Calls of `method` are handed to `start` of `service`. `Call` is UnaryCall<Request, Reply> or
  // one of its like.
  template <class Service, class Call>
  void add(const Method& method, Service& service, void (Service::*start)(Call)) {
    add(std::make_unique<Entry<Service, Call>>(method, service, start));
  }
  void add(std::unique_ptr<MethodEntry> entry) {
    const absl::string_view path = to_absl(entry->method.path);
    const bool added = entries_.emplace(path, std::move(entry)).second;
    TURBO_CHECK(added, "two services have the same method");
  }

  // What a service wants for a method it has added, unless the program says otherwise.
  void set_options(const Method& method, const MethodOptions& options) {
    MethodEntry* const entry = find(method.path);
    TURBO_CHECK(entry != nullptr, "options for a method that was not added");
    entry->options = options;
    entry->has_own_options = true;
  }

  MethodEntry* find(std::string_view path) const {
    const auto found = entries_.find(to_absl(path));
    return found == entries_.end() ? nullptr : found->second.get();
  }
  template <class Visit>
  void for_each(Visit visit) const {
    for (const auto& [path, entry] : entries_) visit(*entry);
  }

 private:
  template <class Service, class Call>
  class Entry final : public MethodEntry {
   public:
    Entry(const Method& method, Service& service, void (Service::*start)(Call))
        : MethodEntry(method), service_(service), start_(start) {}

    std::unique_ptr<ServerCall> make_call(Exchange& exchange,
                                          std::unique_ptr<CallFormat> format) override {
      return std::make_unique<State>(exchange, *this, std::move(format));
    }

   private:
    class State final : public Call::State {
     public:
      State(Exchange& exchange, Entry& entry, std::unique_ptr<CallFormat> format)
          : Call::State(exchange, entry, std::move(format)), entry_(entry) {}

     private:
      void start_method() override { (entry_.service_.*entry_.start_)(Call(*this)); }

      Entry& entry_;
    };

    Service& service_;
    void (Service::*const start_)(Call);
  };

  // By the paths of their methods, which are constants.
  absl::flat_hash_map<absl::string_view, std::unique_ptr<MethodEntry>> entries_;
};

}  // namespace turbo::rpc

#endif  // TURBO_RPC_METHOD_TABLE_H_
