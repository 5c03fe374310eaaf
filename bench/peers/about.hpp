// How Tandem was built, for the captions of tables and figures.
#pragma once

namespace tandem::bench::peers {

#if defined(__clang__)
inline constexpr const char* kCompiler = "clang " __clang_version__;
#else
inline constexpr const char* kCompiler = "g++ " __VERSION__;
#endif

}  // namespace tandem::bench::peers
