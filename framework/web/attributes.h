// Attributes: what middleware leaves with a request for handlers and the log, one value of a type.
//
//   struct User { std::string name; };
//   request.attributes().emplace<User>("ada");
//   const User* user = request.attributes().find<User>();   // null: nobody left one
//
// Owner:   the Request; destroyed with it.
// Threads: the connection's loop.
// Errors:  none.
// Limits:  meant for a handful: finding is linear.
// Cost:    a pointer for requests without any; a piece of the loop's pool for each value.
#ifndef TURBO_WEB_ATTRIBUTES_H_
#define TURBO_WEB_ATTRIBUTES_H_

#include <utility>

#include "framework/buffer/block_pool.h"

namespace turbo::web {

class Attributes {
 public:
  Attributes() = default;
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;
  ~Attributes() {
    if (first_ != nullptr) [[unlikely]]
      clear();
  }

  // Replaces the value of that type.
  template <class T, class... Arguments>
  T& emplace(Arguments&&... arguments) {
    Node** place = &first_;
    while (*place != nullptr && (*place)->type != &kTypeOf<T>) place = &(*place)->next;
    auto* const made = new Value<T>(std::forward<Arguments>(arguments)...);
    if (*place != nullptr) made->next = (*place)->next;
    delete std::exchange(*place, made);
    return made->value;
  }

  template <class T>
  T* find() const {
    Node* node = first_;
    while (node != nullptr && node->type != &kTypeOf<T>) node = node->next;
    return node == nullptr ? nullptr : &static_cast<Value<T>*>(node)->value;
  }

 private:
  // Its address stands for the type.
  template <class T>
  static inline char kTypeOf = 0;

  struct Node {
    explicit Node(const char* type_of) : type(type_of) {}
    virtual ~Node() = default;

    static void* operator new(size_t bytes) { return BlockPool::local().allocate(bytes); }
    static void operator delete(void* piece, size_t bytes) {
      BlockPool::local().deallocate(piece, bytes);
    }

    const char* const type;
    Node* next = nullptr;
  };

  template <class T>
  struct Value final : Node {
    template <class... Arguments>
    explicit Value(Arguments&&... arguments)
        : Node(&kTypeOf<T>), value{std::forward<Arguments>(arguments)...} {}
    T value;
  };

  // Not inline: requests without attributes should not save registers for it.
  [[gnu::noinline]] void clear() {
    while (first_ != nullptr) delete std::exchange(first_, first_->next);
  }

  Node* first_ = nullptr;
};

}  // namespace turbo::web

#endif  // TURBO_WEB_ATTRIBUTES_H_
