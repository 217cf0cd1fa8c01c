#include "framework/rpc/protoc_gen_turbo/code_writer.h"

#include <algorithm>

namespace turbo::rpc {
namespace {

constexpr size_t kColumns = 100;

std::string join(const std::vector<std::string>& items) {
  std::string joined;
  for (const std::string& item : items) joined += (joined.empty() ? "" : ", ") + item;
  return joined;
}

// An item that no line has room for, broken at its spaces. What comes after the first line is
// indented.
std::vector<std::string> break_item(std::string_view item, std::string_view end, size_t room) {
  std::vector<std::string> lines;
  while (!item.empty()) {
    const size_t size = std::min(item.find(' '), item.size());
    const bool is_last = size == item.size();
    const std::string word = std::string(item.substr(0, size)) + std::string(is_last ? end : "");
    if (!lines.empty() && lines.back().size() + 1 + word.size() <= room) {
      lines.back() += " " + word;
    } else {
      lines.push_back((lines.empty() ? "" : "    ") + word);
    }
    item.remove_prefix(is_last ? size : size + 1);
  }
  return lines;
}

// The items, with commas between them and `close` behind them, in as few lines as they need.
std::vector<std::string> fill_lines(const std::vector<std::string>& items, std::string_view close,
                                    size_t room) {
  std::vector<std::string> lines;
  for (size_t i = 0; i < items.size(); ++i) {
    const std::string_view end = i + 1 < items.size() ? "," : close;
    const size_t size = items[i].size() + end.size();
    if (!lines.empty() && lines.back().size() + 1 + size <= room) {
      lines.back() += " " + items[i] + std::string(end);
      continue;
    }
    for (std::string& line : break_item(items[i], end, room)) {
      lines.push_back(std::move(line));
    }
  }
  return lines;
}

std::string_view trim_right(std::string_view text) {
  text.remove_suffix(text.size() - (text.find_last_not_of(" \t\r\n") + 1));
  return text;
}

// Empty lines in front; what is left of the first line keeps its indentation.
std::string_view trim_empty_lines(std::string_view text) {
  for (;;) {
    const size_t end = text.find('\n');
    if (end == std::string_view::npos || !trim_right(text.substr(0, end)).empty()) break;
    text.remove_prefix(end + 1);
  }
  return trim_right(text);
}

// A character that ends a line for some compiler would let the rest out of the comment, and so
// would a backslash at the end join the next line to it.
std::string contained(std::string_view line) {
  std::string text(trim_right(line));
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c >= 0 && c < ' ' && c != '\t'; }, ' ');
  if (text.ends_with('\\')) text += " //";
  if (!text.empty() && text.front() != ' ' && text.front() != '/') text.insert(0, " ");
  return text;
}

}  // namespace

void CodeWriter::line(std::string_view text) {
  if (!text.empty()) text_.append(indentation_, ' ').append(text);
  text_ += '\n';
}

void CodeWriter::list(std::string_view open, const std::vector<std::string>& items,
                      std::string_view close) {
  const std::string head(open);
  const std::string whole = head + join(items) + std::string(close);
  if (indentation_ + whole.size() <= kColumns) return line(whole);
  const size_t name = open.rfind(' ') + 1;
  if (indentation_ + open.size() > kColumns && name > 0) {
    line(open.substr(0, name - 1));
    return list(open.substr(name), items, close);
  }
  size_t widest = items.back().size() + close.size();
  for (const std::string& item : items) widest = std::max(widest, item.size() + 1);
  // Below the first item, or where there is no room for that, below the name.
  const bool is_aligned = indentation_ + open.size() + widest <= kColumns;
  const std::string margin(is_aligned ? open.size() : 4, ' ');
  std::string begin = is_aligned ? head : margin;
  if (!is_aligned) line(open);
  for (const std::string& part :
       fill_lines(items, close, kColumns - indentation_ - margin.size())) {
    line(begin + part);
    begin = margin;
  }
}

void CodeWriter::comment(std::string_view text) {
  text = trim_empty_lines(text);
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    comment_line(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

void CodeWriter::comment_line(std::string_view text) {
  std::string rest = contained(text);
  const size_t room = kColumns - indentation_ - 2;
  // The first word stays on its line, however long it is.
  while (rest.size() > room) {
    const size_t first_word = rest.find_first_not_of(" /");
    size_t end = rest.rfind(' ', room);
    if (end == std::string::npos || end <= first_word) end = rest.find(' ', first_word);
    if (end == std::string::npos) break;
    line("//" + contained(rest.substr(0, end)));
    rest.erase(0, end);
  }
  line("//" + rest);
}

}  // namespace turbo::rpc
