// GET /v1/transactions: a page, newest first. A page this process has shown is shown again while the ledger's version,
// asked for in one point query, is the same.
#include "finance/handlers/handlers.hpp"
#include "finance/ledger/transaction_filter.hpp"
#include "finance/ledger/transaction_page_store.hpp"
#include "http/conditional.hpp"
#include "http/page.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace mita::finance {

namespace {

constexpr std::size_t bytes_of_one = 420;  // an entry with a payee and a tag

std::string page_json(const transaction_page& page, const std::optional<std::string>& cursor) {
    json_out out({}, 64 + page.entries.size() * bytes_of_one);
    out.open('{').key("data").open('[');
    for (const auto& t : page.entries) append(out, t);
    return out.end_list(cursor);
}

std::string name_of(const uuid& user, const list_request& asked, const std::string& filter) {
    std::string out(reinterpret_cast<const char*>(user.bytes.data()), user.bytes.size());
    out += std::to_string(asked.limit) + ' ' + asked.cursor.value_or("") + ' ' + filter;
    return out;
}

// Of a page: what its transactions are of, and which category was meant by its name.
std::string tag_of_page(std::int64_t ledger_version, const transaction_filter& filter) {
    auto out = "l" + std::to_string(ledger_version);
    if (filter.category) out += "." + *filter.category;
    return out;
}

http::response answer_with(const kept_page& page, const transaction_filter& filter) {
    auto answer = http::json(200, page.body);
    http::with_etag(answer, tag_of_page(page.ledger_version, filter));
    if (!page.link.empty()) http::with_header(answer, "Link", page.link);
    return answer;
}

}  // namespace

awaitable<http::response> list_transactions(http::request& req, app& a) {
    auto asked = read_list_request(req);
    const uuid user = req.who->user_id;
    if (asked.filter.category) {
        const auto book = co_await a.categories.read(user, req.until);
        resolve(asked.filter, book);
    }
    const auto filter = asked.filter.query();
    const auto scope = http::cursor_scope(req.route, user, filter);
    std::optional<transaction_place> from;
    if (asked.cursor) from = place_from(a.all.cursors.open(*asked.cursor, scope));

    const auto name = name_of(user, asked, filter);
    const auto known = a.all.pages.peek(name);
    const bool has_known = known && known->value;
    if (has_known || req.headers.find("If-None-Match") != nullptr) {
        const auto version = co_await a.ledger.version(user, req.until);
        const bool right = has_known && version == known->value->ledger_version;
        auto same = http::not_modified(req, tag_of_page(version.value_or(0), asked.filter));
        if (same || right) a.all.pages.judge(name, right);
        if (same) co_return std::move(*same);
        if (right) co_return answer_with(*known->value, asked.filter);
    }
    a.all.pages.judge(name, false);
    const auto page = co_await read_page(a.db, user, asked.filter, from, asked.limit, req.until);
    std::optional<std::string> cursor;
    if (page.next) cursor = a.all.cursors.seal(bytes_of(*page.next), scope);
    auto made = std::make_shared<kept_page>();
    made->ledger_version = page.ledger_version;
    made->body = page_json(page, cursor);
    if (cursor) made->link = http::next_link(req.route, asked.limit, filter, *cursor);
    auto answer = answer_with(*made, asked.filter);
    a.all.pages.insert(name, std::move(made));
    co_return answer;
}

}  // namespace mita::finance
