# tandem_add_refusal_test(program [argument...]): a ctest that runs the program with TANDEM_ISA=bogus. The program must
# do nothing but end with a non-zero code and one line that names the bad value and every valid one.
set(tandem_refusal_script ${CMAKE_CURRENT_LIST_DIR}/../tests/refuses_unknown_isa.cmake)

function(tandem_add_refusal_test program)
  if(TANDEM_BUILD_TESTS)
    add_test(NAME ${program}_refuses_unknown_isa
      COMMAND ${CMAKE_COMMAND} "-DISAS=${TANDEM_ISAS}" "-DEMULATOR=${CMAKE_CROSSCOMPILING_EMULATOR}"
        -P ${tandem_refusal_script} -- $<TARGET_FILE:${program}> ${ARGN})
    set_tests_properties(${program}_refuses_unknown_isa PROPERTIES LABELS programs)
  endif()
endfunction()
