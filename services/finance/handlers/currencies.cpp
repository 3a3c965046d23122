// GET /v1/currencies: the same for everybody; the whole of it is made once.
#include "finance/domain/money.hpp"
#include "finance/handlers/handlers.hpp"
#include "finance/wire/json_out.hpp"
#include "http/conditional.hpp"
#include "http/page.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace mita::finance {

namespace {

std::string list_of(const http::page<currency>& page) {
    json_out out({}, 64 + page.items.size() * 64);
    out.open('{').key("data").open('[');
    for (const auto& c : page.items)
        out.open('{').field("code", c.code).field("exponent", c.exponent).field("name", c.name).close('}');
    return out.end_list(page.next);
}

std::string code_of(const currency& c) { return std::string(c.code); }

std::string whole_list() {
    http::page<currency> all;
    all.items = currencies();
    return list_of(all);
}

}  // namespace

awaitable<http::response> list_currencies(http::request& req, app& a) {
    static const std::string whole = whole_list();
    static const std::string tag = http::tag_of_text(whole);
    const http::pager pages(req, a.all.cursors);
    const auto page = pages.cut(currencies(), code_of);
    auto same = http::not_modified(req, tag);
    if (same) co_return std::move(*same);
    auto answer = pages.whole() ? http::json(200, whole) : pages.answer(list_of(page), page.next);
    http::with_etag(answer, tag);
    co_return answer;
}

}  // namespace mita::finance
