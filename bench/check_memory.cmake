# Runs network_bench and checks the purpose of fusing: in a network of inverted residuals the workspace is at most a
# quarter of the tensors that it replaces, per thread, since each thread has its own strip. A larger L2 makes larger
# strips, so the plans are made for one fixed machine.
#   cmake -DBENCH=<network_bench> -DFILE=<its JSON> -P check_memory.cmake
execute_process(
  COMMAND ${BENCH} --zen3 --threads=1,2 --benchmark_filter=mobilenet_v2|lite0 --benchmark_min_time=0.01
    --benchmark_out=${FILE} --benchmark_out_format=json
  RESULT_VARIABLE code OUTPUT_VARIABLE output ERROR_VARIABLE output)
if(NOT code EQUAL 0)
  message(FATAL_ERROR "${output}")
endif()

file(READ ${FILE} json)
# counter(<variable> <index> <name>): the counter times 1000, since CMake has no fractions.
function(counter variable index name)
  string(JSON value GET "${json}" benchmarks ${index} ${name})
  if(NOT value MATCHES "^([0-9]+)(\\.([0-9]*))?(e([+-][0-9]+))?$")
    message(FATAL_ERROR "${name} is ${value}")
  endif()
  set(fraction "${CMAKE_MATCH_3}")
  set(exponent "${CMAKE_MATCH_5}")
  set(whole ${CMAKE_MATCH_1})
  if(exponent STREQUAL "")
    set(exponent 0)
  endif()
  math(EXPR shift "3 + ${exponent}")
  if(shift LESS 0)
    set(${variable} 0 PARENT_SCOPE)
    return()
  endif()
  string(SUBSTRING "${fraction}0000000000" 0 ${shift} fraction)
  string(REGEX REPLACE "^0+([0-9])" "\\1" digits "${whole}${fraction}")
  set(${variable} ${digits} PARENT_SCOPE)
endfunction()

string(JSON count LENGTH "${json}" benchmarks)
if(count LESS 4)
  message(FATAL_ERROR "${count} benchmarks ran:\n${output}")
endif()
math(EXPR last "${count} - 1")
foreach(i RANGE ${last})
  string(JSON name GET "${json}" benchmarks ${i} name)
  foreach(part weights activations workspace inner)
    counter(${part} ${i} ${part}_mb)
  endforeach()
  string(REGEX REPLACE ".*/threads:" "" threads "${name}")
  math(EXPR limit "${threads} * ${inner} / 4")
  message(STATUS "${name}: workspace ${workspace}, replacing ${inner}; weights ${weights}, activations ${activations} (MiB / 1000)")
  if(workspace EQUAL 0 OR workspace GREATER limit)
    message(FATAL_ERROR "${name}: the workspace is not between 0 and ${limit}")
  endif()
endforeach()
