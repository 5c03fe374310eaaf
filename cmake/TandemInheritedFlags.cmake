# A project that carries Tandem's sources has compiler flags of its own, and CMake hands them down. Those that would change
# what the library computes, or which CPUs it runs on, are undone here: the options of a target come after all that it
# inherits, and the last one counts. CMake drops an option that is there already; SHELL: groups are longer than any of them.

# The same bits come out whatever the parent's floating-point model is. -ffp-contract=off: only a kernel decides where a
# multiply-add is fused, or two compilers would differ in bits.
string(JOIN " " tandem_floating_point SHELL:-fno-fast-math -fno-associative-math -fno-reciprocal-math
  -fno-finite-math-only -fsigned-zeros -ffp-contract=off)
list(APPEND tandem_floating_point
  "$<$<CXX_COMPILER_ID:GNU>:SHELL:-fno-unsafe-math-optimizations -fno-single-precision-constant>"
  "$<$<CXX_COMPILER_ID:Clang,AppleClang>:SHELL:-fhonor-nans -fhonor-infinities -fno-approx-func -fdenormal-fp-math=ieee>")

# The library's C++ uses exceptions, RTTI and safe statics. C programs expect enumerations of the size of an int.
set(tandem_language -fno-short-enums "$<$<COMPILE_LANGUAGE:CXX>:SHELL:-fexceptions -frtti -fthreadsafe-statics>")

# tandem_undo_inherited_flags(target): call it before the target's own options.
function(tandem_undo_inherited_flags target)
  target_compile_options(${target} PRIVATE ${tandem_floating_point} ${tandem_baseline_${TANDEM_ARCHITECTURE}} ${tandem_language})
  # By these flags the compiler also links code that makes denormals zero as soon as a program starts or loads a library.
  get_target_property(type ${target} TYPE)
  if(NOT type MATCHES "^(STATIC|OBJECT)_LIBRARY$")
    target_link_options(${target} PRIVATE "SHELL:-O2 -fno-fast-math -fno-unsafe-math-optimizations")
  endif()
endfunction()
