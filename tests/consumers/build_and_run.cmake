# Configures, builds and runs a consumer from nothing.
#   cmake -DSOURCE= -DBINARY= -DGENERATOR= -DC_COMPILER= -DCXX_COMPILER= -DEXPECTED=<regex> [-DOPTIONS=<option list>] -P
file(REMOVE_RECURSE ${BINARY})
execute_process(
  COMMAND ${CMAKE_COMMAND} -S ${SOURCE} -B ${BINARY} -G ${GENERATOR} -DCMAKE_BUILD_TYPE=Release
    -DCMAKE_C_COMPILER=${C_COMPILER} -DCMAKE_CXX_COMPILER=${CXX_COMPILER} ${OPTIONS}
  COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${CMAKE_COMMAND} --build ${BINARY} COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${BINARY}/consumer OUTPUT_VARIABLE output COMMAND_ERROR_IS_FATAL ANY)
message("${output}")
if(NOT output MATCHES "${EXPECTED}")
  message(FATAL_ERROR "The program printed \"${output}\", which does not match \"${EXPECTED}\"")
endif()
