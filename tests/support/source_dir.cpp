#include "support/source_dir.hpp"

namespace mita::test {
std::string source_dir() { return MITA_SOURCE_DIR; }
}  // namespace mita::test
