#include "engines/explain/explain.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string_view>

#include "engines/explain/json.hpp"
#include "tandem/isa.hpp"
#include "tandem/version.hpp"

namespace tandem::explain {
namespace {

/// The members of one JSON object, in the order of their calls.
class Members {
 public:
  Members& text(std::string_view name, std::string_view value) { return raw(name, json_string(value)); }
  Members& count(std::string_view name, std::int64_t value) { return raw(name, std::to_string(value)); }
  Members& number(std::string_view name, double value) { return raw(name, json_number(value)); }
  Members& raw(std::string_view name, std::string_view value) {
    body_.append(body_.empty() ? "" : ", ").append(json_string(name)).append(": ").append(value);
    return *this;
  }
  [[nodiscard]] std::string object() const { return "{" + body_ + "}"; }

 private:
  std::string body_;
};

std::string array(const std::vector<std::string>& objects) {
  std::string text = "[";
  for (const std::string& object : objects) text.append(text.size() == 1 ? "\n  " : ",\n  ").append(object);
  return text + "]";
}

Measured measured_of(const Report& report, std::size_t group) {
  return group < report.measured.size() ? report.measured[group] : Measured{};
}

std::string group_json(const graph::Group& group, const Measured& measured) {
  Members members;
  members.count("nodes", static_cast<std::int64_t>(group.sources.size()))
      .count("multiply_adds", group.multiply_adds)
      .number("seconds", group.seconds)
      .number("conversion_seconds", group.conversion_seconds)
      .number("engine_seconds", group.engine_seconds)
      .count("runs", measured.runs)
      .raw("measured_seconds", measured.runs == 0 ? "null" : json_number(measured.seconds));
  return members.object();
}

std::string node_json(const graph::Decision& node) {
  Members members;
  members.text("name", node.name)
      .text("operator", node.op)
      .count("group", node.group)
      .text("reason", node.reason)
      .count("multiply_adds", node.multiply_adds)
      .number("seconds", node.seconds);
  return members.object();
}

Status file_error(const std::string& where, std::string_view what) {
  const int error = errno;
  std::string message = "explain: cannot ";
  message.append(what).append(" \"").append(where).append("\": ").append(std::strerror(error));
  return {StatusCode::kInvalidArgument, message};
}

}  // namespace

std::string to_json(const Report& report) {
  std::vector<std::string> groups, nodes;
  for (std::size_t i = 0; i < report.claims.groups.size(); ++i) {
    groups.push_back(group_json(report.claims.groups[i], measured_of(report, i)));
  }
  for (const graph::Decision& node : report.claims.decisions) nodes.push_back(node_json(node));
  const Result<const char*> isa = select_isa();
  Members members;
  members.text("tandem", version())
      .text("engine", report.engine)
      .text("isa", isa ? *isa : "none")
      .count("threads", report.threads)
      .count("multiply_adds", report.claims.multiply_adds)
      .count("claimed_multiply_adds", report.claims.claimed_multiply_adds)
      .raw("groups", array(groups))
      .raw("nodes", array(nodes));
  return members.object() + "\n";
}

std::string to_table(const Report& report) {
  std::string table = graph::print(report.claims);
  for (std::size_t i = 0; i < report.claims.groups.size(); ++i) {
    const Measured measured = measured_of(report, i);
    if (measured.runs == 0) continue;
    char line[128];
    std::snprintf(line, sizeof line, "group %zu: %.3f ms expected, %.3f ms measured (fastest of %lld runs)\n", i,
                  1e3 * report.claims.groups[i].seconds, 1e3 * measured.seconds, static_cast<long long>(measured.runs));
    table += line;
  }
  return table;
}

Status write(const Report& report, const std::string& where) {
  const std::string text = where.ends_with(".json") ? to_json(report) : to_table(report);
  if (where == "stderr") {
    std::fputs(text.c_str(), stderr);
    return {};
  }
  const std::string partial = where + ".partial";
  std::FILE* const file = std::fopen(partial.c_str(), "wb");
  if (file == nullptr) return file_error(where, "create");
  const bool written = std::fwrite(text.data(), 1, text.size(), file) == text.size();
  if (const bool closed = std::fclose(file) == 0; !written || !closed) return file_error(where, "write");
  if (std::rename(partial.c_str(), where.c_str()) != 0) return file_error(where, "replace");
  return {};
}

}  // namespace tandem::explain
