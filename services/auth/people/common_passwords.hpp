// The most used passwords (P6), in lower case, sorted, each between two line ends: some 13,000. Made at build time
// (common_passwords.sh) of python3-zxcvbn's "passwords" (MIT, (c) 2012-2013 Dropbox, Inc.) and of common_words.txt.
// Used by bent_password.
#pragma once

#include <string_view>

namespace mita::auth {

std::string_view common_passwords();

}  // namespace mita::auth
