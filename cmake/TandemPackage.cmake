# cmake --install: a relocatable package for CMake (find_package(tandem)) and pkg-config.
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/tandem)

install(TARGETS tandem EXPORT tandem-targets
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
  RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR}
  FILE_SET HEADERS DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(EXPORT tandem-targets NAMESPACE tandem:: DESTINATION ${package_dir})

# The libraries that a C compiler must link beside a C++ archive: those that the C++ compiler adds by itself. A shared
# library names them itself.
get_target_property(type tandem TYPE)
set(TANDEM_CXX_RUNTIME)
if(type STREQUAL "STATIC_LIBRARY")
  set(TANDEM_CXX_RUNTIME ${CMAKE_CXX_IMPLICIT_LINK_LIBRARIES})
  list(REMOVE_ITEM TANDEM_CXX_RUNTIME ${CMAKE_C_IMPLICIT_LINK_LIBRARIES})
  list(REMOVE_DUPLICATES TANDEM_CXX_RUNTIME)
endif()

configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/tandem-config.cmake.in
  ${PROJECT_BINARY_DIR}/package/tandem-config.cmake
  INSTALL_DESTINATION ${package_dir}
  NO_SET_AND_CHECK_MACRO)
# The version that a project asks for is the oldest that it takes. What an interface before 1.0 has changed since then, the
# CHANGELOG says, and the compiler.
write_basic_package_version_file(${PROJECT_BINARY_DIR}/package/tandem-config-version.cmake
  COMPATIBILITY SameMajorVersion)
install(FILES
  ${PROJECT_BINARY_DIR}/package/tandem-config.cmake
  ${PROJECT_BINARY_DIR}/package/tandem-config-version.cmake
  DESTINATION ${package_dir})

list(TRANSFORM TANDEM_CXX_RUNTIME PREPEND "-l" OUTPUT_VARIABLE TANDEM_PC_LIBS_PRIVATE)
list(JOIN TANDEM_PC_LIBS_PRIVATE " " TANDEM_PC_LIBS_PRIVATE)
set(TANDEM_PC_REQUIRES)
set(TANDEM_PC_DEFINES)
if(type STREQUAL "SHARED_LIBRARY")
  set(TANDEM_PC_DEFINES " -DTANDEM_SHARED")
elseif(TANDEM_WITH_TBB)
  set(TANDEM_PC_REQUIRES tbb)
endif()

set(pc_dir ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
file(RELATIVE_PATH TANDEM_PC_PREFIX /prefix/${pc_dir} /prefix)
string(REGEX REPLACE "/$" "" TANDEM_PC_PREFIX ${TANDEM_PC_PREFIX})
configure_file(${PROJECT_SOURCE_DIR}/cmake/tandem.pc.in ${PROJECT_BINARY_DIR}/package/tandem.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/package/tandem.pc DESTINATION ${pc_dir})
