#include "finance/handlers/feed_reading.hpp"

#include "core/error.hpp"
#include "http/cursor.hpp"

#include <algorithm>
#include <utility>

namespace mita::finance {

namespace {

// What was removed since is not known any more, or the cursor is of writes that a restored database does not have.
void refuse_expired(const feed_cursor& from, const feed_page& page) {
    const bool begins = from.since < 0;
    if (begins || (from.since >= page.forgotten_to && from.at.sequence <= page.sequence)) return;
    throw api_error(410, "cursor_expired", "This cursor is too old: read anew, without a cursor.");
}

}  // namespace

std::string feed_scope(const uuid& user) { return http::cursor_scope("/v1/changes", user); }

awaitable<feed_reading> read_feed(app& a, uuid user, feed_cursor from, int limit, deadline d) {
    auto page = co_await a.feed.after(user, from.at, limit, d);
    if (!page) {
        co_await a.profiles.require(user, d);
        page = co_await a.feed.after(user, from.at, limit, d);
    }
    if (!page) throw api_error(404, "not_found", "This account does not exist any more.");
    refuse_expired(from, *page);
    feed_reading out;
    out.page = std::move(*page);
    out.more = std::cmp_greater(out.page.items.size(), limit);
    if (out.more) out.page.items.pop_back();
    const bool profile =
        std::ranges::any_of(out.page.items, [](const auto& i) { return i.at.kind == feed_kind::profile; });
    if (profile) {
        out.login = co_await a.auth.find(user, d);
    }
    co_return out;
}

// Whoever has read to the end knows the state of the last write.
feed_cursor behind(const feed_cursor& from, const feed_reading& read, std::size_t taken) {
    const bool ends = !read.more && taken == read.page.items.size();
    feed_cursor out;
    out.at = taken == 0 ? from.at : read.page.items[taken - 1].at;
    out.since = !ends && from.since >= 0 ? from.since : read.page.sequence;
    return out;
}

}  // namespace mita::finance
