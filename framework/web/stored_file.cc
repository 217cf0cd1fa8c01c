#include "framework/web/stored_file.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <utility>

namespace turbo::web {
namespace {

constexpr std::array<std::string_view, kFileCodings> kNames = {"br", "gzip", ""};
constexpr std::array<std::string_view, kFileCodings> kSuffixes = {".br", ".gz", ""};
constexpr size_t kPlain = static_cast<size_t>(FileCoding::kIdentity);
// Of a file that changes while it is read.
constexpr int kAttempts = 3;
// Well above what file systems and the kernel's clock tick in.
constexpr std::chrono::milliseconds kSettling(100);

void append_hex(uint64_t number, std::string& text) {
  char digits[16];
  text.append(digits, std::to_chars(digits, digits + sizeof digits, number, 16).ptr);
}

std::string make_etag(const FileFacts& facts, size_t coding) {
  std::string tag = "\"";
  append_hex(static_cast<uint64_t>(facts.modified_ns), tag);
  tag += '-';
  append_hex(facts.size, tag);
  if (coding != kPlain) tag.append("-").append(kNames[coding]);
  return tag += '"';
}

std::chrono::sys_seconds last_modified_of(const FileFacts& facts) {
  using std::chrono::sys_seconds;
  const sys_seconds now =
      std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  const sys_seconds modified(
      std::chrono::floor<std::chrono::seconds>(std::chrono::nanoseconds(facts.modified_ns)));
  return std::clamp(modified, sys_seconds(), std::max(now, sys_seconds()));
}

bool is_settled(const FileFacts& facts) {
  // Not by the difference: it may be too large.
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const std::chrono::nanoseconds modified(facts.modified_ns);
  return modified < now - kSettling || modified > now + kSettling;
}

// False: the file gave fewer bytes, or an error.
bool read_whole(int fd, std::string& bytes) {
  size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t count =
        ::pread(fd, bytes.data() + done, bytes.size() - done, static_cast<off_t>(done));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    done += static_cast<size_t>(count);
  }
  return true;
}

// The content and the facts belong together, or there is no content: it stays empty when the file
// does not hold still, and what is sent then is the descriptor's.
void read_content(Representation& representation, size_t max_bytes) {
  OpenFile& file = representation.file;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    if (file.facts.size == 0 || file.facts.size > max_bytes) return;
    std::string bytes(file.facts.size, '\0');
    const bool whole = read_whole(file.fd.get(), bytes);
    const absl::StatusOr<FileFacts> after = FileRoot::look(file.fd.get());
    if (!after.ok()) return;
    if (whole && *after == file.facts) {
      representation.content = Buffer::from_string(std::move(bytes));
      return;
    }
    file.facts = *after;
  }
}

absl::Status read_representation(const FileRoot& root, const std::string& path, size_t coding,
                                 const StoredFileOptions& options, Representation& into) {
  absl::StatusOr<OpenFile> file = root.open_file(path + std::string(kSuffixes[coding]));
  if (!file.ok()) return file.status();
  into.file = *std::move(file);
  if (into.file.facts.directory) return absl::OkStatus();
  read_content(into, options.max_content_bytes);
  into.etag = make_etag(into.file.facts, coding);
  into.last_modified = last_modified_of(into.file.facts);
  return absl::OkStatus();
}

}  // namespace

std::string_view to_string(FileCoding coding) { return kNames[static_cast<size_t>(coding)]; }

size_t StoredFile::content_bytes() const {
  size_t bytes = 0;
  for (const Representation& each : representations) bytes += each.content.size();
  return bytes;
}

size_t StoredFile::descriptors() const {
  return static_cast<size_t>(std::count_if(representations.begin(), representations.end(),
                                           [](const auto& each) { return each.exists(); }));
}

StoredFile read_stored_file(const FileRoot& root, const std::string& path,
                            const StoredFileOptions& options) {
  StoredFile stored;
  Representation& plain = stored.representations[kPlain];
  stored.status = read_representation(root, path, kPlain, options, plain);
  if (stored.status.ok()) stored.settled = is_settled(plain.file.facts);
  if (!stored.status.ok() || stored.is_directory() || !options.precompressed) return stored;
  for (size_t coding = 0; coding < kPlain; ++coding) {
    Representation found;
    const absl::Status read = read_representation(root, path, coding, options, found);
    if (!read.ok() || found.file.facts.directory) continue;
    stored.settled &= is_settled(found.file.facts);
    stored.representations[coding] = std::move(found);
    stored.varies = true;
  }
  return stored;
}

bool is_current(const StoredFile& file, const FileRoot& root, const std::string& path,
                const StoredFileOptions& options) {
  if (!file.settled) return false;
  const bool only_plain = file.is_directory() || !options.precompressed;
  for (size_t coding = only_plain ? kPlain : 0; coding < kFileCodings; ++coding) {
    const Representation& known = file.representations[coding];
    const absl::StatusOr<FileFacts> now = root.look(path + std::string(kSuffixes[coding]));
    const bool exists = now.ok() && (coding == kPlain || !now->directory);
    if (exists != known.exists() || (exists && *now != known.file.facts)) return false;
  }
  return true;
}

}  // namespace turbo::web
