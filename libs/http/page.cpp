#include "http/page.hpp"

#include "http/query_reader.hpp"

#include <utility>

namespace mita::http {

pager::pager(const request& req, const cursor_seal& seal, const uuid& user)
    : seal_(seal), path_(req.path), scope_(cursor_scope(req.path, user)) {
    query_reader query(req.query);
    limit_ = query.limit();
    const auto cursor = query.take("cursor");
    query.finish();
    if (cursor) after_ = seal_.open(*cursor, scope_);
}

response pager::answer(std::string json_text, const std::optional<std::string>& next) const {
    auto out = json(200, std::move(json_text));
    if (next) with_header(out, "Link", next_link(path_, *limit_, {}, *next));
    return out;
}

std::string next_link(std::string_view path, int limit, std::string_view filter, std::string_view cursor) {
    auto out = "<" + std::string(path) + "?limit=" + std::to_string(limit);
    if (!filter.empty()) out.append(1, '&').append(filter);
    return out.append("&cursor=").append(cursor).append(">; rel=\"next\"");
}

std::string ascending_bytes(std::int64_t v) {
    const auto bits = static_cast<std::uint64_t>(v) ^ std::uint64_t{1} << 63;
    std::string out;
    for (int shift = 56; shift >= 0; shift -= 8) out += static_cast<char>(static_cast<unsigned char>(bits >> shift));
    return out;
}

std::string turned(std::string place) {
    for (char& c : place) c = static_cast<char>(~static_cast<unsigned char>(c));
    return place;
}

}  // namespace mita::http
