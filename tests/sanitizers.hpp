// Which sanitizer this program was built with: some tests replace what a sanitizer replaces, too.
#pragma once

namespace tandem::test {

#if defined(__has_feature)
#define TANDEM_TEST_HAS_FEATURE(x) __has_feature(x)
#else
#define TANDEM_TEST_HAS_FEATURE(x) 0
#endif

#if defined(__SANITIZE_ADDRESS__) || TANDEM_TEST_HAS_FEATURE(address_sanitizer)
#define TANDEM_TEST_ASAN 1
#else
#define TANDEM_TEST_ASAN 0
#endif

#if defined(__SANITIZE_THREAD__) || TANDEM_TEST_HAS_FEATURE(thread_sanitizer)
#define TANDEM_TEST_TSAN 1
#else
#define TANDEM_TEST_TSAN 0
#endif

inline constexpr bool kAddressSanitizer = TANDEM_TEST_ASAN != 0;
inline constexpr bool kThreadSanitizer = TANDEM_TEST_TSAN != 0;

}  // namespace tandem::test
