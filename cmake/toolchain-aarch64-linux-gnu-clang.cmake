# Cross-compiling for 64-bit ARM Linux with Clang 19, with the libraries and binutils of g++-aarch64-linux-gnu.
include(${CMAKE_CURRENT_LIST_DIR}/toolchain-aarch64-linux-gnu.cmake)

set(CMAKE_C_COMPILER clang-19)
set(CMAKE_CXX_COMPILER clang++-19)
set(CMAKE_C_COMPILER_TARGET aarch64-linux-gnu)
set(CMAKE_CXX_COMPILER_TARGET aarch64-linux-gnu)

foreach(tool AR NM OBJDUMP RANLIB)
  string(TOLOWER ${tool} name)
  set(CMAKE_${tool} aarch64-linux-gnu-${name})
endforeach()
