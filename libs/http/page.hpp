// Pages of lists that are short and at hand as a whole. Keyset, not offset: a page begins after a place, given as bytes
// whose order is the list's, so what comes or goes between two pages neither repeats nor hides anything else. Used by
// the handlers of bounded lists; pages that the database cuts use cursor and next_link only.
#pragma once

#include "http/cursor.hpp"
#include "http/message.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace mita::http {

template <class T>
struct page {
    std::span<const T> items;
    std::optional<std::string> next;  // the cursor; none: nothing is left
};

// One request for such a list: `limit` (without it all that is left comes) and `cursor`, no other parameter.
class pager {
public:
    // user: nil for a list that is the same for everybody. Throws api_error: 400 malformed_query, unknown_parameter and
    // invalid_cursor; 422 invalid_parameter.
    pager(const request& req, const cursor_seal& seal, const uuid& user = {});

    // Is all of it asked for, from the beginning?
    bool whole() const { return !limit_ && !after_; }

    // all: in ascending order of place_of(item), distinct bytes. The page points into it.
    template <class T, class PlaceOf>
    page<T> cut(std::span<const T> all, PlaceOf place_of) const {
        auto from = all.begin();
        if (after_) from = std::ranges::upper_bound(all, *after_, std::ranges::less(), place_of);
        page<T> out;
        out.items = all.subspan(static_cast<std::size_t>(from - all.begin()));
        if (limit_ && std::cmp_less(*limit_, out.items.size())) {
            out.items = out.items.first(static_cast<std::size_t>(*limit_));
            out.next = seal_.seal(place_of(out.items.back()), scope_);
        }
        return out;
    }

    // 200 with the page as JSON and, where there is a next one, its Link.
    response answer(std::string json_text, const std::optional<std::string>& next) const;

private:
    const cursor_seal& seal_;
    std::string_view path_;
    std::string scope_;
    std::optional<int> limit_;
    std::optional<std::string> after_;
};

// The value of the Link header that leads on (RFC 8288). filter: as a query, percent-encoded, may be empty.
std::string next_link(std::string_view path, int limit, std::string_view filter, std::string_view cursor);

// Bytes of places: their order is that of the numbers; and the other way round, for the newest first. Places that are
// turned must be of one length.
std::string ascending_bytes(std::int64_t v);
std::string turned(std::string place);

}  // namespace mita::http
