// Runs a fuzzer's corpus as an ordinary test. Every file below the paths in argv goes to
// LLVMFuzzerTestOneInput, then a bounded number of mutations of each, the same ones on every run.
//
//   my_fuzz_test [--mutations=N] [--seed=N] [--max_bytes=N] path...
//
// Finding no corpus file is a failure, so a moved folder cannot turn the test into nothing.

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

// A fuzzer may define it, as libFuzzer allows; most do not.
extern "C" __attribute__((weak)) int LLVMFuzzerInitialize(int* argc, char*** argv);

namespace {

using Bytes = std::vector<uint8_t>;

struct Options {
  uint64_t mutations = 200;
  uint64_t seed = 1;
  uint64_t max_bytes = 1 << 16;
  std::vector<std::string> paths;
};

bool read_number(std::string_view argument, std::string_view flag, uint64_t& value) {
  if (!argument.starts_with(flag)) return false;
  argument.remove_prefix(flag.size());
  const auto [end, error] =
      std::from_chars(argument.data(), argument.data() + argument.size(), value);
  return error == std::errc() && end == argument.data() + argument.size();
}

std::optional<Options> parse_arguments(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (!argument.starts_with("--")) {
      options.paths.emplace_back(argument);
    } else if (!read_number(argument, "--mutations=", options.mutations) &&
               !read_number(argument, "--seed=", options.seed) &&
               !read_number(argument, "--max_bytes=", options.max_bytes)) {
      std::fprintf(stderr, "corpus: cannot read %s\n", argv[i]);
      return std::nullopt;
    }
  }
  return options;
}

std::vector<std::string> find_files(const std::vector<std::string>& paths) {
  namespace fs = std::filesystem;
  std::vector<std::string> files;
  for (const std::string& path : paths) {
    std::error_code error;
    if (fs::is_regular_file(path, error)) files.push_back(path);
    if (!fs::is_directory(path, error)) continue;
    for (const auto& entry : fs::recursive_directory_iterator(path)) {
      if (entry.is_regular_file()) files.push_back(entry.path().string());
    }
  }
  // A folder's order differs between file systems; the mutations must not.
  std::sort(files.begin(), files.end());
  return files;
}

Bytes read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return Bytes(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
}

class Runner {
 public:
  void run(const Bytes& input) {
    ++count_;
    // An exact-size copy on the heap, so that a sanitizer sees a read one past the end.
    const Bytes exact(input.begin(), input.end());
    LLVMFuzzerTestOneInput(exact.data(), exact.size());
  }

  uint64_t count() const { return count_; }

 private:
  uint64_t count_ = 0;
};

uint64_t below(std::mt19937_64& random, uint64_t bound) {
  return bound == 0 ? 0 : random() % bound;
}

// Values that sit on the edges of parsers: separators, terminators, signs, and the top bit.
uint8_t interesting_byte(std::mt19937_64& random) {
  static constexpr uint8_t kBytes[] = {0x00, 0x01, 0x7f, 0x80, 0xff, '\r', '\n', ' ', '\t',
                                       ':',  ';',  ',',  '/',  '%',  '"',  '=',  '0', '9'};
  return kBytes[below(random, sizeof(kBytes))];
}

void overwrite(Bytes& bytes, std::mt19937_64& random) {
  if (bytes.empty()) return;
  uint8_t& byte = bytes[below(random, bytes.size())];
  if (below(random, 2) == 0) {
    byte = interesting_byte(random);
  } else {
    byte ^= static_cast<uint8_t>(1U << below(random, 8));
  }
}

void insert(Bytes& bytes, std::mt19937_64& random) {
  const size_t count = 1 + below(random, 4);
  const auto at = bytes.begin() + static_cast<ptrdiff_t>(below(random, bytes.size() + 1));
  bytes.insert(at, count, interesting_byte(random));
}

void erase(Bytes& bytes, std::mt19937_64& random) {
  if (bytes.empty()) return;
  const size_t at = below(random, bytes.size());
  const size_t count = 1 + below(random, std::min<size_t>(bytes.size() - at, 16));
  const auto first = bytes.begin() + static_cast<ptrdiff_t>(at);
  bytes.erase(first, first + static_cast<ptrdiff_t>(count));
}

void repeat(Bytes& bytes, std::mt19937_64& random) {
  if (bytes.empty()) return;
  const size_t at = below(random, bytes.size());
  const size_t count = 1 + below(random, std::min<size_t>(bytes.size() - at, 64));
  const auto first = bytes.begin() + static_cast<ptrdiff_t>(at);
  const Bytes piece(first, first + static_cast<ptrdiff_t>(count));
  bytes.insert(first, piece.begin(), piece.end());
}

// The head of one input with the tail of another.
void splice(Bytes& bytes, const Bytes& other, std::mt19937_64& random) {
  bytes.resize(below(random, bytes.size() + 1));
  const auto from = static_cast<ptrdiff_t>(below(random, other.size() + 1));
  bytes.insert(bytes.end(), other.begin() + from, other.end());
}

Bytes mutate(const Bytes& original, const Bytes& other, uint64_t max_bytes,
             std::mt19937_64& random) {
  Bytes bytes = original;
  const uint64_t steps = 1 + below(random, 4);
  for (uint64_t i = 0; i < steps; ++i) {
    switch (below(random, 6)) {
      case 0:
        overwrite(bytes, random);
        break;
      case 1:
        insert(bytes, random);
        break;
      case 2:
        erase(bytes, random);
        break;
      case 3:
        repeat(bytes, random);
        break;
      case 4:
        bytes.resize(below(random, bytes.size() + 1));
        break;
      case 5:
        splice(bytes, other, random);
        break;
    }
  }
  if (bytes.size() > max_bytes) bytes.resize(max_bytes);
  return bytes;
}

}  // namespace

int main(int argc, char** argv) {
  if (LLVMFuzzerInitialize != nullptr) LLVMFuzzerInitialize(&argc, &argv);
  const std::optional<Options> options = parse_arguments(argc, argv);
  if (!options) return 2;

  std::vector<Bytes> corpus;
  for (const std::string& file : find_files(options->paths)) corpus.push_back(read_file(file));
  if (corpus.empty()) {
    std::fprintf(stderr, "corpus: no file below the %zu given paths\n", options->paths.size());
    return 1;
  }

  Runner runner;
  runner.run({});
  for (const Bytes& input : corpus) runner.run(input);
  std::mt19937_64 random(options->seed);
  for (const Bytes& input : corpus) {
    for (uint64_t i = 0; i < options->mutations; ++i) {
      runner.run(mutate(input, corpus[below(random, corpus.size())], options->max_bytes, random));
    }
  }
  std::printf("corpus: %zu files, %llu inputs run\n", corpus.size(),
              static_cast<unsigned long long>(runner.count()));
  return 0;
}
