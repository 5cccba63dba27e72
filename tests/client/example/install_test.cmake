# Installs the client library into an empty prefix, builds the example against it alone, and runs the example without a
# daemon.
function(run)
  execute_process(COMMAND ${ARGV} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "${ARGV}: ${result}\n${output}")
  endif()
endfunction()

file(REMOVE_RECURSE ${WORK_DIR})
run(${CMAKE_COMMAND} --install ${BUILD_DIR} --prefix ${WORK_DIR}/prefix --component client)

set(options -DCMAKE_PREFIX_PATH=${WORK_DIR}/prefix -DCMAKE_CXX_COMPILER=${CXX_COMPILER})
if(SANITIZE)  # the library was built with this sanitizer
  list(APPEND options -DCMAKE_CXX_FLAGS=-fsanitize=${SANITIZE})
endif()
run(${CMAKE_COMMAND} -G ${GENERATOR} -S ${SOURCE_DIR} -B ${WORK_DIR}/build ${options})
run(${CMAKE_COMMAND} --build ${WORK_DIR}/build)

execute_process(COMMAND ${WORK_DIR}/build/example_backend ${WORK_DIR}/no-such.sock RESULT_VARIABLE result
                ERROR_VARIABLE error)
if(NOT result EQUAL 1 OR NOT error MATCHES "not recorded, so not done: unavailable")
  message(FATAL_ERROR "the installed example said ${result}: ${error}")
endif()
