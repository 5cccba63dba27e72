# The libraries for other programs: their rooms, their public headers, and one CMake package. Headers are named here one
# by one, so that a room's inner headers stay inside.
#
#   client  what backends link: envledger::client
#   audit   what auditors' programs link beside it: envledger::evidence, envledger::export, envledger::report
function(envledger_install_headers component)
  foreach(header ${ARGN})
    get_filename_component(room ${header} DIRECTORY)
    install(FILES ${header} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/envledger/ledger/${room} COMPONENT ${component})
  endforeach()
endfunction()

envledger_install_headers(client
    base/bytes.h base/log.h base/mutex.h base/status.h base/time.h base/verdict.h
    client/append_client.h client/appender.h client/audit_client.h client/remote_reader.h
    codec/entry.h codec/envelope.h codec/json.h codec/model.h codec/quantity.h codec/transition.h
    files/file.h
    protocol/ledger_reader.h protocol/message.h
    transport/frame.h transport/server.h transport/socket.h)
envledger_install_headers(audit
    base/siphash.h
    chain/fingerprint_table.h chain/followed.h chain/key_history.h chain/lifecycle.h chain/note.h chain/tlog_proof.h
    chain/tree.h chain/verifier.h
    crypto/ed25519.h
    evidence/answer_proof.h evidence/envelope_story.h evidence/link_book.h evidence/pages.h evidence/proof_checker.h
    evidence/proof_file.h evidence/proof_source.h evidence/served_keys.h evidence/signed_tree.h evidence/story.h
    evidence/timestamps.h
    export/csv_rows.h export/envelope_json.h export/event_mappings.h export/export_records.h
    json/writer.h
    protocol/envelope_pages.h protocol/filters.h protocol/match.h protocol/principal_name.h
    report/check.h report/data.h report/filters.h report/gather.h report/page.h
    text/csv.h)

target_compile_features(envledger_base PUBLIC cxx_std_20)  # told to those who build against the package

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/envledger)
function(envledger_install_libraries component export)
  list(TRANSFORM ARGN PREPEND envledger_ OUTPUT_VARIABLE targets)
  install(TARGETS ${targets} EXPORT ${export} ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT ${component})
  install(EXPORT ${export} NAMESPACE envledger:: DESTINATION ${package_dir} COMPONENT ${component})
endfunction()
envledger_install_libraries(client envledgerTargets base files json codec protocol transport client)
envledger_install_libraries(audit envledgerAuditTargets crypto text chain analysis evidence export report)

include(CMakePackageConfigHelpers)
configure_package_config_file(envledgerConfig.cmake.in ${CMAKE_CURRENT_BINARY_DIR}/envledgerConfig.cmake
                              INSTALL_DESTINATION ${package_dir})
# Before 1.0 a minor version may change the interface.
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/envledgerConfigVersion.cmake
                                 COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/envledgerConfig.cmake ${CMAKE_CURRENT_BINARY_DIR}/envledgerConfigVersion.cmake
        DESTINATION ${package_dir} COMPONENT client)
