# cmake -DOUT=file.c -DJS=page.js -DCSS=page.css -P embed.cmake: both files as byte arrays.
set(text "#include \"report/assets.h\"\n")
foreach(kind JS CSS)
    string(TOLOWER ${kind} lower)
    file(READ ${${kind}} hex HEX)
    string(LENGTH "${hex}" digits)
    math(EXPR bytes "${digits} / 2")
    string(REGEX REPLACE "(................................)" "\\1\n" hex "${hex}")
    # Octets above 127 do not fit a signed char without a cast: as escapes in strings they do.
    string(REGEX REPLACE "([0-9a-f][0-9a-f])" "\\\\x\\1" hex "${hex}")
    string(REGEX REPLACE "([^\n]+)" "\"\\1\"" hex "${hex}")
    string(APPEND text "const char report_page_${lower}[] =\n${hex};\nconst size_t report_page_${lower}_bytes = ${bytes};\n")
endforeach()
file(WRITE ${OUT} "${text}")
