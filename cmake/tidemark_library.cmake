# tidemark_flags(TARGET): warnings as errors, optimisation and sanitizers of our own code.
function(tidemark_flags target)
  separate_arguments(optimize UNIX_COMMAND "${TIDEMARK_OPTIMIZE}")
  # Functions at cache lines: the hot loops run up to a tenth slower where they happen to lie across two.
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-missing-field-initializers -Werror
                         -ffp-contract=off -fno-omit-frame-pointer -falign-functions=64 ${optimize})
  if(TIDEMARK_SANITIZE)
    # GCC warns falsely of uninitialised members once the checks are woven in.
    target_compile_options(${target} PRIVATE -fsanitize=${TIDEMARK_SANITIZE} -fno-sanitize-recover=all
                           $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
    target_link_options(${target} PRIVATE -fsanitize=${TIDEMARK_SANITIZE})
  endif()
  target_include_directories(${target} PUBLIC ${CMAKE_SOURCE_DIR}/libs)
endfunction()

# tidemark_test(NAME n SOURCES ... DEPS ... [LABEL unit] [TIMEOUT 120]): one Catch2 executable, one ctest entry.
function(tidemark_test)
  cmake_parse_arguments(ARG "" "NAME;LABEL;TIMEOUT" "SOURCES;DEPS" ${ARGN})
  if(NOT TIDEMARK_TESTS)
    return()
  endif()
  if(NOT ARG_LABEL)
    set(ARG_LABEL unit)
  endif()
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  add_executable(${ARG_NAME} ${ARG_SOURCES})
  tidemark_flags(${ARG_NAME})
  target_link_libraries(${ARG_NAME} PRIVATE ${ARG_DEPS} Catch2::Catch2WithMain rapidcheck)
  add_test(NAME ${ARG_NAME} COMMAND ${ARG_NAME} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  set_tests_properties(${ARG_NAME} PROPERTIES LABELS ${ARG_LABEL} TIMEOUT ${ARG_TIMEOUT})
endfunction()

# tidemark_library(NAME n SOURCES ... [DEPS tidemark::x ...] [PRIVATE_DEPS ...] [TESTS ...] [TEST_DEPS ...]):
# one folder of libs/ is one library; its tests are one executable n_test.
function(tidemark_library)
  cmake_parse_arguments(ARG "" "NAME" "SOURCES;DEPS;PRIVATE_DEPS;TESTS;TEST_DEPS" ${ARGN})
  set(target tidemark_${ARG_NAME})
  if(ARG_SOURCES)
    add_library(${target} STATIC ${ARG_SOURCES})
    tidemark_flags(${target})
    target_link_libraries(${target} PUBLIC ${ARG_DEPS} PRIVATE ${ARG_PRIVATE_DEPS})
  else()
    add_library(${target} INTERFACE)
    target_include_directories(${target} INTERFACE ${CMAKE_SOURCE_DIR}/libs)
    target_link_libraries(${target} INTERFACE ${ARG_DEPS})
  endif()
  add_library(tidemark::${ARG_NAME} ALIAS ${target})
  if(ARG_TESTS)
    tidemark_test(NAME ${ARG_NAME}_test SOURCES ${ARG_TESTS} DEPS tidemark::${ARG_NAME} ${ARG_TEST_DEPS})
  endif()
endfunction()
