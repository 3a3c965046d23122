// Percent-encoding of text for queries and for URIs (RFC 3986 2.3: what is unreserved stays). The other way round is
// percent_decode of message.hpp, which is done beside it (query.cpp).
#pragma once

#include <string>
#include <string_view>

namespace mita::http {

std::string percent_encode(std::string_view text);

}  // namespace mita::http
