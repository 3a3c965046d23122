// GET /v1/changes: what changed since a cursor, of every kind, in the order of the writes. A client that applies each
// entry has what a full reading would give it; without a cursor it is given everything.
#include "core/error.hpp"
#include "finance/feed/feed_json.hpp"
#include "finance/handlers/handlers.hpp"
#include "http/query_reader.hpp"

#include <algorithm>
#include <optional>
#include <string>

namespace mita::finance {

namespace {

constexpr int usual_limit = 50;
constexpr std::size_t bytes_of_one = 480;

// What was removed since is not known any more, or the cursor is of writes that a restored database does not have.
void refuse_expired(const feed_cursor& from, const feed_page& page) {
    const bool begins = from.since < 0;
    if (begins || (from.since >= page.forgotten_to && from.at.sequence <= page.sequence)) return;
    throw api_error(410, "cursor_expired", "This cursor is too old: read anew, without a cursor.");
}

// Where the page ends. Whoever has read to the end knows the state of the last write.
feed_cursor next_of(const feed_cursor& from, const feed_page& page, bool more) {
    feed_cursor out;
    out.at = page.items.empty() ? from.at : page.items.back().at;
    out.since = more && from.since >= 0 ? from.since : page.sequence;
    return out;
}

}  // namespace

awaitable<http::response> changes(http::request& req, app& a) {
    http::query_reader query(req.query);
    const int limit = query.limit().value_or(usual_limit);
    const auto given = query.take("cursor");
    query.finish();
    const uuid user = req.who->user_id;
    const auto scope = http::cursor_scope(req.route, user);
    const auto from = given ? feed_cursor_from(a.all.cursors.open(*given, scope)) : feed_cursor();
    auto page = co_await a.feed.after(user, from.at, limit, req.until);
    if (!page) {
        co_await a.profiles.require(user, req.until);
        page = co_await a.feed.after(user, from.at, limit, req.until);
    }
    if (!page) throw api_error(404, "not_found", "This account does not exist any more.");
    refuse_expired(from, *page);
    const bool more = std::cmp_greater(page->items.size(), limit);
    if (more) page->items.pop_back();

    auth_user login;
    const bool profile =
        std::ranges::any_of(page->items, [](const auto& i) { return i.at.kind == feed_kind::profile; });
    if (profile) {
        login = co_await a.auth.find(user, req.until);
    }
    json_out out({}, 256 + page->items.size() * bytes_of_one);
    out.open('{').key("data").open('[');
    if (!given) {
        const category_book built_in;
        for (const auto& e : built_in.entries()) append_built_in(out, e);
    }
    for (const auto& item : page->items) append(out, item, user, login);
    out.close(']').field("next_cursor", a.all.cursors.seal(bytes_of(next_of(from, *page, more)), scope));
    out.field("has_more", more).close('}');
    co_return http::json(200, std::move(out.text));
}

}  // namespace mita::finance
