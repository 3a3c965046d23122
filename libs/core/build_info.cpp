#include "core/build_info.hpp"

namespace mita {

std::string_view version() { return MITA_VERSION; }
std::string_view commit() { return MITA_COMMIT; }

}  // namespace mita
