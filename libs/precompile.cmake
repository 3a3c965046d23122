# What nearly every source reads (std, Asio; in tests Catch2, too) is compiled once a preset: a third of a build's time.
# CMake's own target_precompile_headers names the header by its absolute path, so that another checkout finds nothing in ccache:
# here it is named relative to the build tree, and ccache knows it by a .sum of what it is made of (system headers and flags only).
set(precompiled_headers algorithm array atomic charconv chrono cstdint deque exception functional map memory mutex optional set span string
  string_view utility variant vector boost/json/value.hpp fmt/format.h boost/asio/awaitable.hpp boost/asio/basic_waitable_timer.hpp boost/asio/co_spawn.hpp
  boost/asio/io_context.hpp boost/asio/ip/tcp.hpp boost/asio/redirect_error.hpp boost/asio/use_awaitable.hpp)

# mita_precompile(name flag headers...): build/<preset>/precompiled/<name>.pch, of position-independent code as `flag` says.
function(mita_precompile name flag)
  set(folder ${PROJECT_BINARY_DIR}/precompiled)
  list(TRANSFORM ARGN REPLACE "(.+)" "#include <\\1>\n" OUTPUT_VARIABLE lines)
  string(CONCAT text ${lines})
  file(CONFIGURE OUTPUT ${folder}/${name}.hpp CONTENT "${text}" @ONLY)
  get_directory_property(options COMPILE_OPTIONS)
  get_directory_property(definitions COMPILE_DEFINITIONS)
  list(TRANSFORM definitions PREPEND -D)
  string(TOUPPER "${CMAKE_BUILD_TYPE}" type)
  separate_arguments(more NATIVE_COMMAND "${CMAKE_CXX_FLAGS} ${CMAKE_CXX_FLAGS_${type}}")
  # What its templates need is instantiated once, there: a build is a seventh cheaper.
  set(flags ${more} ${definitions} ${options} -std=c++20 ${flag} -Xclang -fpch-instantiate-templates)
  string(SHA256 sum "${CMAKE_CXX_COMPILER_VERSION} ${Boost_VERSION} ${flags} ${ARGN}")
  file(CONFIGURE OUTPUT ${folder}/${name}.pch.sum CONTENT "${sum}" @ONLY)
  add_custom_command(OUTPUT ${folder}/${name}.pch
    COMMAND ${CMAKE_CXX_COMPILER} ${flags} -x c++-header -Xclang -fno-pch-timestamp -o ${folder}/${name}.pch ${folder}/${name}.hpp
    DEPENDS ${folder}/${name}.hpp VERBATIM COMMENT "Precompiling ${name}")
  add_custom_target(precompiled_${name} DEPENDS ${folder}/${name}.pch)
endfunction()

# use_precompiled(target name). Not with another compiler. It holds no code: link-time optimization does not mind.
function(use_precompiled target name)
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    return()
  endif()
  add_dependencies(${target} precompiled_${name})
  target_compile_options(${target} PRIVATE "SHELL:-include-pch precompiled/${name}.pch")
endfunction()

# few_units(target): its sources are compiled about eight at a time, at a third of the cost. Which unit a source is of depends on its name alone, so that
# a new one moves no other. Helpers of one name may meet in a unit (each *_store has its insert_sql): then the compiler says so, and one gets another name.
# MITA_FEW_UNITS=OFF, as in the debug preset, compiles a file as a file: for who edits. CMake's own UNITY_BUILD names sources by their absolute paths,
# so that another checkout finds nothing in ccache: here they are named from where the unit is.
function(few_units target)
  if(NOT MITA_FEW_UNITS)
    return()
  endif()
  get_target_property(sources ${target} SOURCES)
  list(FILTER sources INCLUDE REGEX "\\.cpp$")
  list(LENGTH sources count)
  math(EXPR units "(${count} + 31) / 32 * 4")  # all move only when 32 more are there
  set(folder ${CMAKE_CURRENT_BINARY_DIR}/units/${target})
  foreach(source IN LISTS sources)
    get_source_file_property(own ${source} COMPILE_DEFINITIONS)
    if(own)
      continue()  # compiled as no other is
    endif()
    get_filename_component(file ${source} NAME)
    string(MD5 sum ${file})
    string(SUBSTRING ${sum} 0 6 sum)
    math(EXPR unit "0x${sum} % ${units}")
    get_filename_component(path ${source} ABSOLUTE)
    file(RELATIVE_PATH path ${folder} ${path})
    string(APPEND unit_${unit} "#include \"${path}\"\n")
    set_source_files_properties(${source} PROPERTIES HEADER_FILE_ONLY ON)
  endforeach()
  math(EXPR last "${units} - 1")
  foreach(unit RANGE ${last})
    if(DEFINED unit_${unit})
      file(CONFIGURE OUTPUT ${folder}/unit_${unit}.cpp CONTENT "${unit_${unit}}" @ONLY)
      target_sources(${target} PRIVATE ${folder}/unit_${unit}.cpp)
    endif()
  endforeach()
  target_compile_options(${target} PRIVATE -Wno-shadow)
endfunction()
mita_precompile(library -fPIC ${precompiled_headers})
