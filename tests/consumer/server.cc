#include <cstdio>

#include "absl/status/status.h"
#include "framework/base/status.h"
#include "framework/base/views.h"

int main() {
  const absl::Status status = absl::NotFoundError("nothing to serve yet");
  std::printf("%.*s\n", static_cast<int>(turbo::to_std(status.message()).size()),
              turbo::to_std(status.message()).data());
}
