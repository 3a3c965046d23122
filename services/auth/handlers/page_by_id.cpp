#include "auth/handlers/page_by_id.hpp"

#include "core/json_reader.hpp"
#include "http/conditional.hpp"
#include "http/page.hpp"

#include <algorithm>

namespace mita::auth {

namespace {

constexpr int usual = 50;

std::string bytes_of(const uuid& id) { return {reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size()}; }

uuid place_from(const std::string& bytes) {
    uuid id;
    if (bytes.size() != id.bytes.size()) throw http::wrong_cursor();
    std::copy(bytes.begin(), bytes.end(), reinterpret_cast<char*>(id.bytes.data()));
    return id;
}

}  // namespace

page_by_id::page_by_id(const http::request& req, app& a, http::query_reader& in)
    : req_(req), a_(a), limit_(in.limit().value_or(usual)), cursor_(in.take("cursor")) {}

void page_by_id::go_on(std::string_view path, std::string filter) {
    path_ = path;
    filter_ = std::move(filter);
    scope_ = http::cursor_scope(path_, req_.who->user_id, filter_);
    if (cursor_) before = place_from(a_.all.cursors.open(*cursor_, scope_));
}

http::response page_by_id::ended(std::string out, std::optional<uuid> last) const {
    out += "],\"next_cursor\":";
    if (!last) return http::tagged_by_text(req_, http::json(200, out + "null}"));
    const auto next = a_.all.cursors.seal(bytes_of(*last), scope_);
    append_json_string(out, next);
    auto page = http::json(200, out + '}');
    http::with_header(page, "Link", http::next_link(path_, limit_, filter_, next));
    return http::tagged_by_text(req_, std::move(page));
}

}  // namespace mita::auth
