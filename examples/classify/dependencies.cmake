# The libraries that `classify` needs beside Tandem. Sets classify_missing to those that this machine lacks. The example
# and its tests are then left out, so that Tandem alone builds without them.
set(classify_missing "")

find_package(nlohmann_json CONFIG QUIET)
if(NOT nlohmann_json_FOUND)
  list(APPEND classify_missing "nlohmann-json (Debian: nlohmann-json3-dev)")
endif()

find_package(CLI11 CONFIG QUIET)
if(NOT CLI11_FOUND)
  list(APPEND classify_missing "CLI11 (Debian: libcli11-dev)")
endif()

# Headers only, without a package file of their own.
find_path(CLASSIFY_STB_INCLUDE_DIR stb_image.h PATH_SUFFIXES stb NO_CMAKE_FIND_ROOT_PATH
  DOC "Folder that holds stb_image.h")
if(NOT CLASSIFY_STB_INCLUDE_DIR)
  list(APPEND classify_missing "stb (Debian: libstb-dev)")
endif()
