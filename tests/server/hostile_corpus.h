// The requests below tests/server/hostile_corpus, each with the status it must be refused with.
#ifndef TURBO_TESTS_SERVER_HOSTILE_CORPUS_H_
#define TURBO_TESTS_SERVER_HOSTILE_CORPUS_H_

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

namespace turbo {

struct Attack {
  std::string name;  // the file's, below the corpus
  std::string bytes;
  int status = 0;
};

inline void PrintTo(const Attack& attack, std::ostream* out) { *out << attack.name; }

inline constexpr char kHostileCorpus[] = "tests/server/hostile_corpus/";

inline std::string read_bytes(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

// What INDEX names, in its order; a missing file is an attack of no bytes.
inline std::vector<Attack> read_hostile_corpus() {
  std::vector<Attack> attacks;
  std::ifstream index(std::string(kHostileCorpus) + "INDEX");
  for (std::string word; index >> word;) {
    if (word[0] == '#') {
      std::getline(index, word);
      continue;
    }
    Attack& attack = attacks.emplace_back();
    attack.status = std::stoi(word);
    index >> attack.name;
    attack.bytes = read_bytes(kHostileCorpus + attack.name);
  }
  return attacks;
}

// How many files there are but INDEX.
inline size_t count_hostile_files() {
  const std::filesystem::recursive_directory_iterator files(kHostileCorpus);
  const auto is_attack = [](const std::filesystem::directory_entry& entry) {
    return entry.is_regular_file() && entry.path().filename() != "INDEX";
  };
  return static_cast<size_t>(std::count_if(begin(files), end(files), is_attack));
}

}  // namespace turbo

#endif  // TURBO_TESTS_SERVER_HOSTILE_CORPUS_H_
