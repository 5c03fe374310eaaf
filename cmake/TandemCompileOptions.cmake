# The options that every target of the project is compiled with: warnings, and a sanitizer if one is asked for. All are
# private, so that they never reach a user's code, except the sanitizer's run-time library: a program that links
# instrumented objects needs it.

# tandem_compile_options(target): call it for each target with sources.
function(tandem_compile_options target)
  target_compile_options(${target} PRIVATE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wdouble-promotion -Wformat=2
    -Wundef -Wimplicit-fallthrough
    $<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor -Woverloaded-virtual -Wold-style-cast -Wextra-semi>
    # g++ 12 reports a sign conversion in every array bound that is a template argument. For CPUs that are strict about
    # alignment it also warns of each cast from bytes, aligned or not. Clang finds the real cases of both.
    $<$<COMPILE_LANG_AND_ID:CXX,Clang,AppleClang>:-Wsign-conversion -Wcast-align>
    $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-Wduplicated-cond -Wduplicated-branches -Wlogical-op>
    # A parent's -Werror is for the parent's code.
    $<IF:$<BOOL:${TANDEM_WARNINGS_AS_ERRORS}>,-Werror,-Wno-error>)
  set_target_properties(${target} PROPERTIES COMPILE_WARNING_AS_ERROR OFF)
  tandem_undo_inherited_flags(${target})
  set_target_properties(${target} PROPERTIES CXX_EXTENSIONS OFF C_EXTENSIONS OFF POSITION_INDEPENDENT_CODE ON)
  if(TANDEM_SANITIZE)
    # A violation ends the program, because a test that only prints one would pass. In instrumented code g++ reports
    # much of the standard library as uninitialised; the builds without sanitizers keep that warning.
    target_compile_options(${target} PRIVATE
      -fsanitize=${TANDEM_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer
      $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-Wno-maybe-uninitialized>)
    get_target_property(type ${target} TYPE)
    if(type STREQUAL "STATIC_LIBRARY")
      target_link_options(${target} INTERFACE -fsanitize=${TANDEM_SANITIZE})
    else()
      target_link_options(${target} PRIVATE -fsanitize=${TANDEM_SANITIZE})
    endif()
  endif()
endfunction()

# tandem_hide_symbols(target): call it for each target whose code goes into the library. Other modules of a process see
# only the functions marked TANDEM_API, so that two Tandems in one process do not meet (include/tandem/api.h).
function(tandem_hide_symbols target)
  set_target_properties(${target} PROPERTIES CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
endfunction()
