# cmake --install: a relocatable package for CMake (find_package(tandem)) and pkg-config.
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/tandem)

install(TARGETS tandem EXPORT tandem-targets
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
  FILE_SET HEADERS DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(EXPORT tandem-targets NAMESPACE tandem:: DESTINATION ${package_dir})

configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/tandem-config.cmake.in
  ${PROJECT_BINARY_DIR}/package/tandem-config.cmake
  INSTALL_DESTINATION ${package_dir}
  NO_SET_AND_CHECK_MACRO)
# Before 1.0 a minor version may change the interface.
write_basic_package_version_file(${PROJECT_BINARY_DIR}/package/tandem-config-version.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES
  ${PROJECT_BINARY_DIR}/package/tandem-config.cmake
  ${PROJECT_BINARY_DIR}/package/tandem-config-version.cmake
  DESTINATION ${package_dir})

# The libraries that a C compiler must link beside a C++ archive: those that the C++ compiler adds by itself.
set(cxx_runtime ${CMAKE_CXX_IMPLICIT_LINK_LIBRARIES})
list(REMOVE_ITEM cxx_runtime ${CMAKE_C_IMPLICIT_LINK_LIBRARIES})
list(REMOVE_DUPLICATES cxx_runtime)
list(TRANSFORM cxx_runtime PREPEND "-l")
list(JOIN cxx_runtime " " TANDEM_PC_LIBS_PRIVATE)
set(TANDEM_PC_REQUIRES $<$<BOOL:${TANDEM_WITH_TBB}>:tbb>)

set(pc_dir ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
file(RELATIVE_PATH TANDEM_PC_PREFIX /prefix/${pc_dir} /prefix)
string(REGEX REPLACE "/$" "" TANDEM_PC_PREFIX ${TANDEM_PC_PREFIX})
configure_file(${PROJECT_SOURCE_DIR}/cmake/tandem.pc.in ${PROJECT_BINARY_DIR}/package/tandem.pc.in @ONLY)
file(GENERATE OUTPUT ${PROJECT_BINARY_DIR}/package/tandem.pc INPUT ${PROJECT_BINARY_DIR}/package/tandem.pc.in)
install(FILES ${PROJECT_BINARY_DIR}/package/tandem.pc DESTINATION ${pc_dir})
