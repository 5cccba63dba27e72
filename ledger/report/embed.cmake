# Generates the C++ source for assets.h from the style sheets and scripts, concatenated byte for byte:
#   cmake -D STYLE=FILE;... -D SCRIPT=FILE;... -D OUTPUT=FILE -P embed.cmake
function(characters_of files result)
  set(hex)
  foreach(file ${files})
    file(READ ${file} bytes HEX)
    string(APPEND hex ${bytes})
  endforeach()
  string(REGEX REPLACE "(..)" "'\\\\x\\1'," characters "${hex}")
  string(REGEX REPLACE "(('....',)('....',)('....',)('....',)('....',)('....',)('....',)('....',))" "\\1\n" characters
                       "${characters}")
  set(${result} "${characters}" PARENT_SCOPE)
endfunction()

characters_of("${STYLE}" style)
characters_of("${SCRIPT}" script)
file(WRITE ${OUTPUT} "// Made by ledger/report/embed.cmake.
#include \"ledger/report/assets.h\"

namespace envledger {
namespace {

constexpr char kStyle[] = {
${style}};
constexpr char kScript[] = {
${script}};

}  // namespace

const std::string_view kReportStyle(kStyle, sizeof kStyle);
const std::string_view kReportScript(kScript, sizeof kScript);

}  // namespace envledger
")
