// The most used passwords of 8 and more characters (P6), in lower case, one a line: the front of the frequency list of
// zxcvbn 4.4.2 (MIT, (c) 2012-2016 Dan Wheeler and Dropbox, Inc.) and a few more. Embedded at build time.
#pragma once

#include <string_view>

namespace mita::auth {

std::string_view common_passwords();

}  // namespace mita::auth
