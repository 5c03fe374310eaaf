# For programs whose own code is never timed: it is optimised little, and large headers of others are compiled once.

# tandem_build_quickly(library header...): for a library and the programs that link it. A program takes the compiled
# headers by target_precompile_headers(<program> REUSE_FROM <library>), which is possible only if the library was compiled
# as programs are: as position independent code of an executable.
function(tandem_build_quickly library)
  target_compile_options(${library} PUBLIC $<$<CONFIG:Release>:-O1>)
  target_precompile_headers(${library} PRIVATE ${ARGN})
  set_target_properties(${library} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
  target_compile_options(${library} PRIVATE -fPIE)
endfunction()

# tandem_optimise(source...): files of such a library or program whose own loops count. A precompiled header serves one
# level of optimisation, so they do without.
function(tandem_optimise)
  set_source_files_properties(${ARGN} PROPERTIES COMPILE_OPTIONS $<$<CONFIG:Release>:-O3> SKIP_PRECOMPILE_HEADERS ON)
endfunction()
