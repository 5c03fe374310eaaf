# The ISAs of each architecture, fastest first, "scalar" last, and the compiler flags of each. -march=native and its like
# are never used, not even a parent project's: what is built on one machine runs on every machine of its architecture, and
# the choice between ISAs falls at run time.
set(tandem_isas_x86_64 avx512vnni avx512 avxvnni avx2 sse41 scalar)
set(tandem_isas_aarch64 neoni8mm neondot neon scalar)
set(tandem_isas_other scalar)

# The code outside kernels/isa runs on the baseline CPU, a kernel on every CPU of its ISA, on whatever machine and with
# whatever -march of a parent project they were compiled. So every file begins with the baseline; -mno-sse3 takes all later
# SSE and AVX with it. On aarch64 the compilers reject some pairs of -march and -mcpu: there the flags stay the parent's.
# SHELL: see TandemInheritedFlags.
set(tandem_baseline_x86_64
  "SHELL:-march=x86-64 -mfpmath=sse -mno-sse3 -mno-popcnt -mno-lzcnt -mno-bmi -mno-bmi2 -mno-movbe -mno-tbm")

set(tandem_flags_scalar "")
set(tandem_flags_sse41 "SHELL:-msse4.1")
set(tandem_flags_avx2 "SHELL:-mavx2 -mfma -mf16c -mpopcnt")
set(tandem_flags_avxvnni ${tandem_flags_avx2} -mavxvnni)
set(tandem_flags_avx512 "SHELL:-mavx512f -mavx512cd -mavx512bw -mavx512dq -mavx512vl -mavx2 -mfma -mf16c -mpopcnt"
  -mprefer-vector-width=512)
set(tandem_flags_avx512vnni ${tandem_flags_avx512} -mavx512vnni)
# NEON is part of the aarch64 baseline. Before register allocation g++ 12 moves the loads of several steps of a matrix
# product to the front of the loop, and spills accumulators to make room. The flag stops this; g++ schedules once more
# afterwards.
set(tandem_flags_neon $<$<CXX_COMPILER_ID:GNU>:-fno-schedule-insns>)
set(tandem_flags_neondot ${tandem_flags_neon} -march=armv8.2-a+dotprod)
set(tandem_flags_neoni8mm ${tandem_flags_neon} -march=armv8.2-a+dotprod+i8mm)

if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|amd64|AMD64)$")
  set(TANDEM_ARCHITECTURE x86_64)
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "^(aarch64|arm64|ARM64)$")
  set(TANDEM_ARCHITECTURE aarch64)
else()
  set(TANDEM_ARCHITECTURE other)
endif()

# An engine that knows its machines leaves out what they do not need: an ISA takes about a megabyte.
set(TANDEM_ISAS "${tandem_isas_${TANDEM_ARCHITECTURE}}" CACHE STRING "ISAs to build, of: ${tandem_isas_${TANDEM_ARCHITECTURE}}")
foreach(isa IN LISTS TANDEM_ISAS)
  if(NOT isa IN_LIST tandem_isas_${TANDEM_ARCHITECTURE})
    list(JOIN tandem_isas_${TANDEM_ARCHITECTURE} ", " names)
    message(FATAL_ERROR "TANDEM_ISAS names \"${isa}\"; an ISA of ${CMAKE_SYSTEM_PROCESSOR} is one of: ${names}")
  endif()
endforeach()
if(NOT "scalar" IN_LIST TANDEM_ISAS)
  message(FATAL_ERROR "TANDEM_ISAS is \"${TANDEM_ISAS}\", but must hold \"scalar\", which every CPU has")
endif()

# An ISA of dot products has the floating-point kernels of another.
set(tandem_home_avx512vnni avx512)
set(tandem_home_avxvnni avx2)
set(tandem_home_neondot neon)
set(tandem_home_neoni8mm neon)
foreach(isa IN LISTS TANDEM_ISAS)
  set(home ${tandem_home_${isa}})
  if(home AND NOT home IN_LIST TANDEM_ISAS)
    message(FATAL_ERROR "TANDEM_ISAS is \"${TANDEM_ISAS}\": ${isa} also needs ${home}, whose floating-point kernels it runs")
  endif()
endforeach()

# In the order above, whatever the order of the option: kernels/isa_list.hpp, which is found in this folder.
set(TANDEM_GENERATED_DIR ${PROJECT_BINARY_DIR}/generated)
set(isa_rows)
foreach(isa IN LISTS tandem_isas_${TANDEM_ARCHITECTURE})
  if(isa IN_LIST TANDEM_ISAS)
    string(APPEND isa_rows " X(${isa})")
  endif()
endforeach()
configure_file(${PROJECT_SOURCE_DIR}/kernels/isa_list.hpp.in ${TANDEM_GENERATED_DIR}/kernels/isa_list.hpp @ONLY)

# tandem_add_isa(name source...): compiles one ISA's files into the library.
#
# The reason for each flag beside the row's own: without optimisation an inline function becomes a weak symbol with this
# ISA's instructions, which the linker may keep for the whole program. So these files are optimised in a Debug build
# too, and never at link time, where -flto would let the linker move code between ISAs. Exceptions and RTTI bring more
# such symbols. The -f flags about errno and traps give up what no kernel uses, never accuracy.
function(tandem_add_isa name)
  set(target tandem_isa_${name})
  add_library(${target} OBJECT ${ARGN})
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/include ${TANDEM_GENERATED_DIR})
  # The headers of xsimd and nothing else: a parent's target may carry flags, such as -mavx2.
  target_include_directories(${target} SYSTEM PRIVATE $<TARGET_PROPERTY:xsimd,INTERFACE_INCLUDE_DIRECTORIES>)
  # Each file has the kernels of its types in one namespace, so two cannot be compiled as one.
  set_target_properties(${target} PROPERTIES CXX_STANDARD 20 CXX_STANDARD_REQUIRED ON INTERPROCEDURAL_OPTIMIZATION OFF
    UNITY_BUILD OFF)
  tandem_compile_options(${target})
  tandem_hide_symbols(${target})
  target_compile_options(${target} PRIVATE
    "SHELL:$<IF:$<CONFIG:Debug>,-O2,-O3> -finline -finline-functions -fno-lto" ${tandem_flags_${name}}
    "SHELL:-fno-exceptions -fno-rtti -fno-math-errno -fno-trapping-math"
    # g++ 12 warns of its own AVX-512 intrinsics, which write `__Y = __Y` for "anything" (GCC PR 105593).
    $<$<AND:$<CXX_COMPILER_ID:GNU>,$<VERSION_LESS:$<CXX_COMPILER_VERSION>,13>>:-Wno-uninitialized -Wno-maybe-uninitialized>)
  if(TANDEM_SANITIZE AND NOT TANDEM_SANITIZE_KERNELS STREQUAL "ON" AND NOT name IN_LIST TANDEM_SANITIZE_KERNELS)
    target_compile_options(${target} PRIVATE -fno-sanitize=all)
  elseif(TANDEM_SANITIZE)
    # Without RTTI there is no vptr check. The other four check each of ten thousand unrolled loads, as AddressSanitizer
    # does already. Without them, and without scopes to poison, g++ needs half a minute per file, not two.
    target_compile_options(${target} PRIVATE
      -fno-sanitize=vptr,null,alignment,object-size,pointer-overflow -fno-sanitize-address-use-after-scope)
  endif()
  target_sources(tandem PRIVATE $<TARGET_OBJECTS:${target}>)
  get_target_property(static_library tandem_internals ALIASED_TARGET)
  if(NOT static_library)
    target_sources(tandem_internals PRIVATE $<TARGET_OBJECTS:${target}>)
  endif()
endfunction()
