#include "framework/loop/mailbox.h"

#include <memory>
#include <utility>

namespace turbo {

// An address that no node can have.
Mailbox::Node* Mailbox::asleep() {
  alignas(Node) static char mark[sizeof(Node)];
  return reinterpret_cast<Node*>(mark);
}

void Mailbox::post_local(Callback callback) {
  local_.push_back(std::move(callback));
  local_waiting_.store(local_waiting_.load(std::memory_order_relaxed) + 1,
                       std::memory_order_relaxed);
}

bool Mailbox::post_remote(Callback callback) {
  Node* const node = new Node{nullptr, std::move(callback)};
  remote_waiting_.fetch_add(1, std::memory_order_relaxed);
  Node* head = newest_.load(std::memory_order_relaxed);
  do {
    node->next = head == asleep() ? nullptr : head;
    // Release: who takes the node sees its content. The node may be gone once this has succeeded.
  } while (!newest_.compare_exchange_weak(head, node, std::memory_order_release,
                                          std::memory_order_relaxed));
  return head == asleep();
}

bool Mailbox::empty() const {
  const Node* head = newest_.load(std::memory_order_relaxed);
  return local_.empty() && (head == nullptr || head == asleep());
}

void Mailbox::take() {
  taken_local_.clear();
  taken_next_ = 0;
  local_.swap(taken_local_);
  // Read first: an exchange each iteration would cost idle loops a locked instruction for nothing.
  if (newest_.load(std::memory_order_relaxed) == nullptr) return;
  taken_remote_ = reversed(newest_.exchange(nullptr, std::memory_order_acquire));
}

bool Mailbox::next(Callback& callback) {
  if (taken_next_ < taken_local_.size()) {
    callback = std::move(taken_local_[taken_next_++]);
    local_waiting_.store(local_waiting_.load(std::memory_order_relaxed) - 1,
                         std::memory_order_relaxed);
    return true;
  }
  if (taken_remote_ == nullptr) return false;
  const std::unique_ptr<Node> node(taken_remote_);
  taken_remote_ = node->next;
  remote_waiting_.fetch_sub(1, std::memory_order_relaxed);
  callback = std::move(node->callback);
  return true;
}

bool Mailbox::sleep() {
  if (!local_.empty()) return false;
  Node* expected = nullptr;
  return newest_.compare_exchange_strong(expected, asleep(), std::memory_order_relaxed) ||
         expected == asleep();
}

void Mailbox::awake() {
  Node* expected = asleep();
  newest_.compare_exchange_strong(expected, nullptr, std::memory_order_relaxed);
}

size_t Mailbox::pending() const {
  return local_waiting_.load(std::memory_order_relaxed) +
         remote_waiting_.load(std::memory_order_relaxed);
}

void Mailbox::clear() {
  Callback doomed;
  do {
    while (next(doomed)) doomed = nullptr;
    take();
  } while (taken_remote_ != nullptr || !taken_local_.empty());
}

Mailbox::Node* Mailbox::reversed(Node* newest) {
  if (newest == asleep()) return nullptr;
  Node* oldest = nullptr;
  while (newest != nullptr) oldest = std::exchange(newest, std::exchange(newest->next, oldest));
  return oldest;
}

}  // namespace turbo
