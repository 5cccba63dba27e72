# The client library for backends: its rooms, their public headers, and a CMake package. Headers are named here one by
# one, so that a room's inner headers stay inside.
set(public_headers
    base/bytes.h base/file.h base/log.h base/mutex.h base/status.h base/time.h
    client/append_client.h client/audit_client.h client/remote_reader.h
    codec/entry.h codec/envelope.h codec/json.h codec/model.h codec/quantity.h codec/transition.h
    protocol/ledger_reader.h protocol/message.h
    transport/frame.h transport/server.h transport/socket.h)
foreach(header ${public_headers})
  get_filename_component(room ${header} DIRECTORY)
  install(FILES ${header} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/envledger/ledger/${room} COMPONENT client)
endforeach()

target_compile_features(envledger_base PUBLIC cxx_std_20)  # told to those who build against the package

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/envledger)
install(TARGETS envledger_base envledger_json envledger_codec envledger_protocol envledger_transport envledger_client
        EXPORT envledgerTargets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT client)
install(EXPORT envledgerTargets NAMESPACE envledger:: DESTINATION ${package_dir} COMPONENT client)

include(CMakePackageConfigHelpers)
configure_package_config_file(client/envledgerConfig.cmake.in ${CMAKE_CURRENT_BINARY_DIR}/envledgerConfig.cmake
                              INSTALL_DESTINATION ${package_dir})
# Before 1.0 a minor version may change the interface.
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/envledgerConfigVersion.cmake
                                 COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/envledgerConfig.cmake ${CMAKE_CURRENT_BINARY_DIR}/envledgerConfigVersion.cmake
        DESTINATION ${package_dir} COMPONENT client)
