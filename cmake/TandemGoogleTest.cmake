# GTest::gtest: the installed library, or else (a cross build has none) a build of the sources that Debian's package
# googletest puts into /usr/src.
find_package(GTest CONFIG QUIET)
if(NOT GTest_FOUND)
  find_path(TANDEM_GOOGLETEST_SOURCE_DIR googletest/include/gtest/gtest.h PATH_SUFFIXES src/googletest
    NO_CMAKE_FIND_ROOT_PATH DOC "Folder of GoogleTest's sources")
  if(NOT TANDEM_GOOGLETEST_SOURCE_DIR)
    message(FATAL_ERROR "The tests need GoogleTest (Debian: libgtest-dev, or googletest for a cross build); none was "
      "found. -DTANDEM_BUILD_TESTS=OFF builds without them.")
  endif()
  set(BUILD_GMOCK OFF)
  set(INSTALL_GTEST OFF)
  set(CMAKE_POLICY_DEFAULT_CMP0077 NEW)  # so that the two lines above are heard
  set(CMAKE_WARN_DEPRECATED OFF)
  add_subdirectory(${TANDEM_GOOGLETEST_SOURCE_DIR} ${PROJECT_BINARY_DIR}/googletest EXCLUDE_FROM_ALL)
endif()
