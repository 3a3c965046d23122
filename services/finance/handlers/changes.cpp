// GET /v1/changes: what changed since a cursor, of every kind, in the order of the writes. A client that applies each
// entry has what a full reading would give it; without a cursor it is given everything.
#include "finance/feed/feed_json.hpp"
#include "finance/handlers/feed_reading.hpp"
#include "finance/handlers/handlers.hpp"
#include "http/query_reader.hpp"

#include <string>
#include <utility>

namespace mita::finance {

namespace {

constexpr int usual_limit = 50;
constexpr std::size_t bytes_of_a_change = 480;

}  // namespace

awaitable<http::response> changes(http::request& req, app& a) {
    http::query_reader query(req.query);
    const int limit = query.limit().value_or(usual_limit);
    const auto given = query.take("cursor");
    query.finish();
    const uuid user = req.who->user_id;
    const auto scope = feed_scope(user);
    const auto from = given ? feed_cursor_from(a.all.cursors.open(*given, scope)) : feed_cursor();
    const auto read = co_await read_feed(a, user, from, limit, req.until);
    const auto& items = read.page.items;
    json_out out({}, 256 + items.size() * bytes_of_a_change);
    out.open('{').key("data").open('[');
    if (!given) {
        const category_book built_in;
        for (const auto& e : built_in.entries()) append_built_in(out, e);
    }
    for (const auto& item : items) append(out, item, user, read.login);
    out.close(']').field("next_cursor", a.all.cursors.seal(bytes_of(behind(from, read, items.size())), scope));
    out.field("has_more", read.more).close('}');
    co_return http::json(200, std::move(out.text));
}

}  // namespace mita::finance
