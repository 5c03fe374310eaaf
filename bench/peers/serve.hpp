// The worker's end of the comparison's protocol: one JSON object per line, a request in, an answer out.
//
//   {"command": "run", "count": 5, ...} -> {"seconds": [...]}        or, on any error, {"error": "a sentence"}
//
// workers/serve.py is the same for engines with a Python interface, and lists the commands.
#pragma once

#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <span>
#include <string>

namespace tandem::bench::peers {

/// Answers a request; an exception becomes the answer {"error": ...}.
using Handlers = std::map<std::string, std::function<nlohmann::json(const nlohmann::json& request)>>;

/// Answers the requests of standard input until it ends.
void serve(const Handlers& handlers);

/// The request's "type": "fp32", which is the default, or "int8".
bool wants_int8(const nlohmann::json& request);

/// The answer to "run": the seconds of request["count"] laps, after request["untimed"] calls of `run`. A lap is
/// request["runs"] calls, 1 by default, and its time is that of one of them.
nlohmann::json time_runs(const nlohmann::json& request, const std::function<void()>& run);

/// The answer to "output": the values, or nothing but their number if request["file"] is to hold them, as raw fp32.
nlohmann::json answer_output(const nlohmann::json& request, std::span<const float> values);

}  // namespace tandem::bench::peers
