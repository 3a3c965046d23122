#include "finance/feed/feed_place.hpp"

#include "http/cursor.hpp"

#include <charconv>

namespace mita::finance {

std::string_view name(feed_kind k) {
    switch (k) {
        case feed_kind::account:
            return "account";
        case feed_kind::category:
            return "category";
        case feed_kind::plan:
            return "plan";
        case feed_kind::profile:
            return "profile";
        case feed_kind::checkpoint:
            return "checkpoint";
        case feed_kind::transfer:
            return "transfer";
        case feed_kind::payee:
            return "payee";
        case feed_kind::contribution:
            return "contribution";
        case feed_kind::budget:
            return "budget";
        case feed_kind::installment:
            return "installment";
        case feed_kind::recurring:
            return "recurring";
        case feed_kind::transaction:
            break;
    }
    return "transaction";
}

std::string bytes_of(const feed_cursor& c) {
    return std::to_string(c.since) + ' ' + std::to_string(c.at.sequence) + ' ' +
           static_cast<char>('0' + static_cast<int>(c.at.kind)) + c.at.key;
}

feed_cursor feed_cursor_from(std::string_view bytes) {
    feed_cursor out;
    const char* at = bytes.data();
    const char* const end = at + bytes.size();
    for (auto* number : {&out.since, &out.at.sequence}) {
        const auto [rest, wrong] = std::from_chars(at, end, *number);
        if (wrong != std::errc() || rest == end || *rest != ' ') throw http::wrong_cursor();
        at = rest + 1;
    }
    constexpr char last_kind = '0' + static_cast<char>(feed_kind::recurring);
    if (at == end || *at < '0' || *at > last_kind) throw http::wrong_cursor();
    out.at.kind = static_cast<feed_kind>(*at - '0');
    out.at.key.assign(at + 1, end);
    return out;
}

}  // namespace mita::finance
