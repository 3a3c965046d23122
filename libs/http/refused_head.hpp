// What may still be told of a head that the guard refused: a field's value, for the answer's own header lines and
// nothing else. Used by the session.
#pragma once

#include <string_view>

namespace mita::http {

// The value of the first whole line `name: value` between the request line and the empty line, as far as `bytes` go;
// empty when there is none. Lines that are malformed are passed over.
std::string_view field_in_refused(std::string_view bytes, std::string_view name);

}  // namespace mita::http
