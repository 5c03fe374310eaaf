// Sentences of errors.
#pragma once

#include <cstdarg>
#include <cstdio>
#include <string>

#include "engines/graph/graph.hpp"
#include "tandem/status.hpp"

namespace tandem::graph {

/// "<operator> "<name>": <sentence>".
[[gnu::format(printf, 3, 4)]] inline Status node_error(StatusCode code, const Node& node, const char* format, ...) {
  char text[252];
  const int n = std::snprintf(text, sizeof text, "%s \"%.80s\": ", to_string(node.op), node.name.c_str());
  std::va_list args;
  va_start(args, format);
  std::vsnprintf(text + n, sizeof text - static_cast<std::size_t>(n), format, args);
  va_end(args);
  return {code, text};
}

/// The sentence of a node_error() without the node.
inline std::string clause_of(const Status& status) {
  const std::string sentence = status.message();
  const std::size_t end = sentence.find("\": ");
  return end == std::string::npos ? sentence : sentence.substr(end + 3);
}

[[gnu::format(printf, 2, 3)]] inline Status error(StatusCode code, const char* format, ...) {
  char text[252];
  std::va_list args;
  va_start(args, format);
  std::vsnprintf(text, sizeof text, format, args);
  va_end(args);
  return {code, text};
}

}  // namespace tandem::graph
