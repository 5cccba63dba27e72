# Installs the libraries into an empty prefix, builds the example auditor and every installed header against them alone,
# checks that the auditor does not need RocksDB, and runs it.
function(run)
  execute_process(COMMAND ${ARGV} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "${ARGV}: ${result}\n${output}")
  endif()
  set(output "${output}" PARENT_SCOPE)
endfunction()

file(REMOVE_RECURSE ${WORK_DIR})
foreach(component client audit)
  run(${CMAKE_COMMAND} --install ${BUILD_DIR} --prefix ${WORK_DIR}/prefix --component ${component})
endforeach()

file(GLOB_RECURSE headers RELATIVE ${WORK_DIR}/prefix/include/envledger ${WORK_DIR}/prefix/include/envledger/*.h)
list(TRANSFORM headers REPLACE "(.+)" "#include \"\\1\"\n")
string(CONCAT all_headers ${headers})
file(WRITE ${WORK_DIR}/all_headers.cc "${all_headers}")

set(options -DALL_HEADERS=${WORK_DIR}/all_headers.cc -DCMAKE_PREFIX_PATH=${WORK_DIR}/prefix -DCMAKE_CXX_COMPILER=${CXX_COMPILER})
if(SANITIZE)  # the libraries were built with this sanitizer
  list(APPEND options -DCMAKE_CXX_FLAGS=-fsanitize=${SANITIZE})
endif()
run(${CMAKE_COMMAND} -G ${GENERATOR} -S ${SOURCE_DIR} -B ${WORK_DIR}/build ${options})
run(${CMAKE_COMMAND} --build ${WORK_DIR}/build)

run(ldd ${WORK_DIR}/build/example_auditor)
if(output MATCHES "rocksdb" OR NOT output MATCHES "libcrypto")
  message(FATAL_ERROR "the auditor needs:\n${output}")
endif()

execute_process(COMMAND ${WORK_DIR}/build/example_auditor ${WORK_DIR}/no-such.sock no-key env-1 RESULT_VARIABLE result
                ERROR_VARIABLE error)
if(NOT result EQUAL 2 OR NOT error MATCHES "no verifier key")
  message(FATAL_ERROR "the installed auditor said ${result}: ${error}")
endif()
