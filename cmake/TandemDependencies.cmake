# The libraries that Tandem itself needs. Tests, benchmarks and examples find theirs in their own folders.

# xsimd has only headers, and only the kernels see them, so an installed Tandem does not depend on it. A cross build
# finds no package file, because Debian keeps that in the folder of the host's architecture; the headers serve every
# architecture.
set(TANDEM_XSIMD_MINIMUM 8.1)
if(NOT TARGET xsimd)
  set(XSIMD_ENABLE_XTL_COMPLEX OFF)  # else the package file of xsimd 14 asks for xtl, for numbers that no kernel has
  find_package(xsimd CONFIG QUIET)
endif()
if(TARGET xsimd)
  if(xsimd_VERSION AND xsimd_VERSION VERSION_LESS TANDEM_XSIMD_MINIMUM)
    message(FATAL_ERROR "Tandem needs xsimd >= ${TANDEM_XSIMD_MINIMUM}; found ${xsimd_VERSION} in ${xsimd_DIR}.")
  endif()
else()
  find_path(TANDEM_XSIMD_INCLUDE_DIR xsimd/xsimd.hpp NO_CMAKE_FIND_ROOT_PATH
    DOC "Folder that holds xsimd/xsimd.hpp")
  if(NOT TANDEM_XSIMD_INCLUDE_DIR)
    message(FATAL_ERROR "Tandem needs xsimd >= ${TANDEM_XSIMD_MINIMUM} (Debian: libxsimd-dev); none was found.")
  endif()
  add_library(xsimd INTERFACE IMPORTED)
  target_include_directories(xsimd INTERFACE ${TANDEM_XSIMD_INCLUDE_DIR})
endif()

# A parent project may have built its own oneTBB: it is then in charge of the version.
if(TANDEM_WITH_TBB AND NOT TARGET TBB::tbb)
  find_package(TBB 2021.8 CONFIG QUIET)
  if(NOT TARGET TBB::tbb)
    message(FATAL_ERROR "Tandem needs oneTBB >= 2021.8 (Debian: libtbb-dev); none was found. "
      "-DTANDEM_WITH_TBB=OFF builds without: run() then works inline or on the caller's own thread pool.")
  endif()
endif()
