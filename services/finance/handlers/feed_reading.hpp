// A page of the feed, read and judged alike by GET /v1/changes and GET /v1/events, whose cursors are the same.
#pragma once

#include "finance/app.hpp"
#include "finance/feed/feed_place.hpp"
#include "finance/feed/feed_store.hpp"
#include "finance/people/auth_client.hpp"

#include <cstddef>
#include <string>

namespace mita::finance {

struct feed_reading {
    feed_page page;
    bool more = false;  // behind the page's last item
    auth_user login;    // when a profile is on the page
};

std::string feed_scope(const uuid& user);
// Throws api_error 410 cursor_expired, 404 not_found; as feed_store and auth_client do.
awaitable<feed_reading> read_feed(app& a, uuid user, feed_cursor from, int limit, deadline d);
// Where somebody is who has taken that many items of the page.
feed_cursor behind(const feed_cursor& from, const feed_reading& read, std::size_t taken);

}  // namespace mita::finance
