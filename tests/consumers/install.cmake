# Installs the package, checks that no file of it names a folder of this machine, and moves it: what works from where it
# was not installed is relocatable.
#   cmake -DBUILD=<build folder> -DSOURCE=<source folder> -DPREFIX=<final folder> -P install.cmake
file(REMOVE_RECURSE ${PREFIX} ${PREFIX}-before-the-move)
execute_process(
  COMMAND ${CMAKE_COMMAND} --install ${BUILD} --prefix ${PREFIX}-before-the-move
  OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)

file(GLOB_RECURSE files ${PREFIX}-before-the-move/*.cmake ${PREFIX}-before-the-move/*.pc
  ${PREFIX}-before-the-move/*.h ${PREFIX}-before-the-move/*.hpp)
list(LENGTH files count)
if(count LESS 10)
  message(FATAL_ERROR "Only ${count} text files were installed: ${files}")
endif()
foreach(file IN LISTS files)
  file(READ ${file} text)
  foreach(folder ${BUILD} ${SOURCE})
    string(FIND "${text}" "${folder}" position)
    if(NOT position EQUAL -1)
      message(FATAL_ERROR "${file} names ${folder}, so the package cannot be moved")
    endif()
  endforeach()
endforeach()

file(RENAME ${PREFIX}-before-the-move ${PREFIX})
message(STATUS "${count} text files, none of which names ${SOURCE}; moved to ${PREFIX}")
