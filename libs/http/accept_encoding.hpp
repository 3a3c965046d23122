// Which content coding a client wants (RFC 9110 12.5.3). The gateway's answers and its pages ask here.
#pragma once

#include "http/message.hpp"

#include <string_view>

namespace mita::http {

// Is gzip what the client would rather have than the plain bytes? By the weights of all Accept-Encoding lines together;
// of equal weights gzip wins. What is not named has the weight of "*"; without that, gzip is not taken and plain is.
// False without the header. A client that takes neither gets it plain: better read than refused.
bool prefers_gzip(const header_list& headers);

// A packed answer's tag is another one than the plain one's, as its bytes are: "v7-gzip". Services never hear of it:
// the gateway takes it off what they are asked.
inline constexpr std::string_view packed_mark = "-gzip";

}  // namespace mita::http
