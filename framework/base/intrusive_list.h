// IntrusiveList: a doubly linked list whose links live in the elements.
//
// An element derives from ListNode<Tag>; one that is in several lists derives from several nodes
// with different tags. A node that is destroyed leaves its list by itself, so a list never holds a
// dead element.
//
// Owner:   the list owns nothing; elements are owned elsewhere.
// Threads: one; list and elements belong to the same loop.
// Errors:  none.
// Limits:  none.
// Cost:    two pointers a node; push, pop and unlink are O(1) and allocate nothing.
#ifndef TURBO_BASE_INTRUSIVE_LIST_H_
#define TURBO_BASE_INTRUSIVE_LIST_H_

#include "framework/base/check.h"

namespace turbo {

template <class Tag>
class ListNode {
 public:
  ListNode() = default;
  ListNode(const ListNode&) = delete;
  ListNode& operator=(const ListNode&) = delete;
  ~ListNode() { unlink(); }

  bool linked() const { return next_ != nullptr; }

  // Leaves the list; nothing happens if the node is in none.
  void unlink() {
    if (next_ == nullptr) return;
    prev_->next_ = next_;
    next_->prev_ = prev_;
    prev_ = next_ = nullptr;
  }

 private:
  template <class T, class U>
  friend class IntrusiveList;
  ListNode* prev_ = nullptr;
  ListNode* next_ = nullptr;
};

// T derives from ListNode<Tag>.
template <class T, class Tag>
class IntrusiveList {
  using Node = ListNode<Tag>;

 public:
  IntrusiveList() { head_.prev_ = head_.next_ = &head_; }
  IntrusiveList(const IntrusiveList&) = delete;
  IntrusiveList& operator=(const IntrusiveList&) = delete;
  ~IntrusiveList() {
    while (!empty()) front().Node::unlink();
    head_.prev_ = head_.next_ = nullptr;
  }

  bool empty() const { return head_.next_ == &head_; }

  // Requires: not empty.
  T& front() {
    TURBO_DCHECK(!empty(), "front() of an empty list");
    return static_cast<T&>(*head_.next_);
  }

  // Requires: not empty. Returns the first element, unlinked.
  T& pop_front() {
    T& first = front();
    // Not unlink(): the first element knows what is before it.
    Node& node = first;
    head_.next_ = node.next_;
    node.next_->prev_ = &head_;
    node.prev_ = node.next_ = nullptr;
    return first;
  }

  // Requires: `element` is in no list under this tag.
  void push_back(T& element) {
    Node& node = element;
    TURBO_DCHECK(!node.linked(), "the element is in a list already");
    node.prev_ = head_.prev_;
    node.next_ = &head_;
    head_.prev_->next_ = &node;
    head_.prev_ = &node;
  }

  // Moves all elements of `other` to the end of this list, in order. O(1).
  void splice_back(IntrusiveList& other) {
    if (other.empty()) return;
    Node* first = other.head_.next_;
    Node* last = other.head_.prev_;
    other.head_.prev_ = other.head_.next_ = &other.head_;
    first->prev_ = head_.prev_;
    last->next_ = &head_;
    head_.prev_->next_ = first;
    head_.prev_ = last;
  }

 private:
  Node head_;
};

}  // namespace turbo

#endif  // TURBO_BASE_INTRUSIVE_LIST_H_
