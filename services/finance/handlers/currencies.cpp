// GET /v1/currencies: the same for everybody; the whole of it is made once.
#include "finance/domain/money.hpp"
#include "finance/handlers/handlers.hpp"
#include "finance/wire/json_out.hpp"
#include "http/page.hpp"

#include <string>

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

}  // namespace

awaitable<http::response> list_currencies(http::request& req, app& a) {
    const http::pager pages(req, a.all.cursors);
    const auto page = pages.cut(currencies(), code_of);
    if (!pages.whole()) co_return pages.answer(list_of(page), page.next);
    static const std::string whole = list_of(page);
    co_return http::json(200, whole);
}

}  // namespace mita::finance
