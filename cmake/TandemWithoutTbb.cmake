# tandem_without_tbb: the static library inside plug-ins, which run on the threads of their engine and must not depend on
# oneTBB. It consists of the objects of the library itself, kernels included. Only the file that chooses the executor is
# compiled again.
set(executor_objects "/run/(executor|executor_tbb|thread_limit)[.]cpp[.]o$")
add_library(tandem_without_tbb STATIC EXCLUDE_FROM_ALL
  ${PROJECT_SOURCE_DIR}/src/run/executor.cpp
  "$<FILTER:$<TARGET_OBJECTS:tandem>,EXCLUDE,${executor_objects}>")
foreach(isa IN LISTS TANDEM_ISAS)
  target_sources(tandem_without_tbb PRIVATE $<TARGET_OBJECTS:tandem_isa_${isa}>)
endforeach()
target_compile_definitions(tandem_without_tbb PRIVATE TANDEM_WITH_TBB=0)
target_include_directories(tandem_without_tbb
  PUBLIC ${PROJECT_SOURCE_DIR}/include
  PRIVATE ${PROJECT_SOURCE_DIR} ${TANDEM_GENERATED_DIR})
target_compile_features(tandem_without_tbb PUBLIC cxx_std_17)
set_target_properties(tandem_without_tbb PROPERTIES CXX_STANDARD 20 CXX_STANDARD_REQUIRED ON)
tandem_compile_options(tandem_without_tbb)
tandem_hide_symbols(tandem_without_tbb)
