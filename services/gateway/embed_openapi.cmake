# Writes OUT: a translation unit that holds IN as bytes. Run by the build whenever the contract changes.
file(READ ${IN} hex HEX)
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
file(WRITE ${OUT} "#include \"gateway/openapi.hpp\"\n\nnamespace mita::gateway {\n\nnamespace {\nconstexpr unsigned char bytes[] = {${bytes}0};\n}\n\n"
  "std::string_view openapi_json() { return std::string_view(reinterpret_cast<const char*>(bytes), sizeof bytes - 1); }\n\n}  // namespace mita::gateway\n")
