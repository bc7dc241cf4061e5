// Small things about text that both programs need.
#pragma once
#include <string>
#include <vector>

inline std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) text.replace(at, from.size(), to);
  return text;
}

// As a JSON string holds it, without its quotes. Control characters other than line breaks and tabs don't occur here.
inline std::string escapedForJson(const std::string& text) {
  std::string escaped;
  for (char character : text) {
    if (character == '"' || character == '\\') (escaped += '\\') += character;
    else if (character == '\n') escaped += "\\n";
    else if (character == '\t') escaped += "\\t";
    else escaped += character;
  }
  return escaped;
}

inline std::vector<double> numbersIn(const std::string& list) {
  std::vector<double> numbers;
  for (size_t at = 0; at < list.size();) {
    size_t end = list.find(',', at);
    if (end == std::string::npos) end = list.size();
    numbers.push_back(std::stod(list.substr(at, end - at)));
    at = end + 1;
  }
  return numbers;
}

inline bool startsWith(const char* text, size_t length, const std::string& head) {
  return length >= head.size() && head.compare(0, head.size(), text, head.size()) == 0;
}
