#include "framework/base/status.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <string>

#include "framework/base/views.h"

namespace turbo {
namespace {

TEST(StatusTest, errno_statuses_name_the_call_and_the_error) {
  const absl::Status status = errno_status(ECONNREFUSED, "connect to 127.0.0.1:80");
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(to_std(status.message()), "connect to 127.0.0.1:80: Connection refused (ECONNREFUSED)");
}

TEST(StatusTest, a_timeout_of_the_kernel_is_a_deadline) {
  EXPECT_EQ(errno_status(ETIMEDOUT, "read").code(), absl::StatusCode::kDeadlineExceeded);
}

TEST(StatusTest, an_unknown_number_is_told_as_it_is) {
  EXPECT_EQ(to_std(errno_status(99999, "read").message()), "read: unknown error 99999");
}

TEST(StatusTest, make_status_takes_a_standard_view) {
  const absl::Status status =
      make_status(absl::StatusCode::kInternal, std::string_view("whole", 3));
  EXPECT_EQ(status, absl::InternalError("who"));
}

}  // namespace
}  // namespace turbo
