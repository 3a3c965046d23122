// Where the checkout is, for tests that read its files.
#pragma once

#include <string>

namespace mita::test {
std::string source_dir();
}
