# initlab_document(PROGRAM SECTION TEMPLATE TABLES TARGET...): man page and bash completion in build/share/, installed.
# The first target is asked for its tables as it is if it is called *-tables, each other one with --tables.
function(initlab_document program section template)
  cmake_parse_arguments(PARSE_ARGV 3 doc "" "" TABLES)
  set(man ${CMAKE_BINARY_DIR}/share/man/man${section}/${program}.${section})
  set(completion ${CMAKE_BINARY_DIR}/share/bash-completion/completions/${program})
  set(tables)
  foreach(target ${doc_TABLES})
    if(target MATCHES "-tables$")
      list(APPEND tables $<TARGET_FILE:${target}> -)
    else()
      list(APPEND tables $<TARGET_FILE:${target}> --tables)
    endif()
  endforeach()
  get_filename_component(man_dir ${man} DIRECTORY)
  get_filename_component(completion_dir ${completion} DIRECTORY)
  file(MAKE_DIRECTORY ${man_dir} ${completion_dir})
  add_custom_command(OUTPUT ${man} ${completion}
    COMMAND ${CMAKE_SOURCE_DIR}/core/cli/doc ${program} ${PROJECT_VERSION} ${template} ${man} ${completion} ${tables}
    DEPENDS ${CMAKE_SOURCE_DIR}/core/cli/doc ${CMAKE_SOURCE_DIR}/core/cli/doc.awk ${template} ${doc_TABLES}
    VERBATIM)
  add_custom_target(${program}-doc ALL DEPENDS ${man} ${completion})
  install(FILES ${man} DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section})
  install(FILES ${completion} DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
endfunction()
