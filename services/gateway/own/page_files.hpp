// The pages and what they need (services/gateway/pages), made at build and embedded, each with its compressed copy.
#pragma once

#include "http/message.hpp"

#include <cstddef>
#include <span>
#include <string_view>

namespace mita::gateway::own {

struct page_file {
    std::string_view name;  // a page's path without slash, or an asset's name below /assets/
    const char* type;       // Content-Type
    std::string_view tag;   // of the plain bytes
    std::string_view plain, gzip;
};

std::span<const page_file> page_files();

// That file as the client takes it, packed or plain, or 304.
http::response answer_file(const http::request& req, const page_file& file, std::string_view caching);

}  // namespace mita::gateway::own
