# tandem_install_program(target component): installs what a benchmark or a test needs to run on another machine.
# scripts/package_bench.sh calls `cmake --install <build> --component <component>`; a plain `cmake --install` leaves it
# out.
function(tandem_install_program target component)
  set_target_properties(${target} PROPERTIES INSTALL_RPATH "\$ORIGIN/../lib")
  install(TARGETS ${target} RUNTIME DESTINATION bin COMPONENT ${component} EXCLUDE_FROM_ALL)
endfunction()
