// The most used passwords of 8 and more characters (P6), ASCII in lower case, sorted, each between two line ends: some
// 11,600. Made at build time (common_passwords.sh) of python3-zxcvbn's "passwords" (MIT, (c) 2012-2013 Dropbox, Inc.).
#pragma once

#include <string_view>

namespace mita::auth {

std::string_view common_passwords();

}  // namespace mita::auth
