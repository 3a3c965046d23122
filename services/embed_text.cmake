# mita_embed_text(service file name): the last part of `name` is a function of services/SERVICE/NAME.hpp that returns the bytes of `file`.
# As a script (-DIN -DOUT -DSERVICE -DNAME) it writes that translation unit; the build runs it whenever the file changes.
if(NOT CMAKE_SCRIPT_MODE_FILE)
  set(mita_embed_text_script ${CMAKE_CURRENT_LIST_FILE})
  function(mita_embed_text service file name)
    get_filename_component(function ${name} NAME)
    set(out ${CMAKE_CURRENT_BINARY_DIR}/${function}_text.cpp)
    add_custom_command(OUTPUT ${out} DEPENDS ${file} ${mita_embed_text_script}
      COMMAND ${CMAKE_COMMAND} -DIN=${file} -DOUT=${out} -DSERVICE=${service} -DNAME=${name} -P ${mita_embed_text_script})
    target_sources(mita_${service}_service PRIVATE ${out})
  endfunction()
  return()
endif()
get_filename_component(FUNCTION ${NAME} NAME)
file(READ ${IN} hex HEX)
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
file(WRITE ${OUT} "#include \"${SERVICE}/${NAME}.hpp\"\n\nnamespace mita::${SERVICE} {\n\nnamespace {\nconstexpr unsigned char bytes[] = {${bytes}0};\n}\n\n"
  "std::string_view ${FUNCTION}() { return std::string_view(reinterpret_cast<const char*>(bytes), sizeof bytes - 1); }\n\n}  // namespace mita::${SERVICE}\n")
