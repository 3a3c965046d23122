// /v1/categories: the built-in taxonomy with the person's own names, classes, aliases and additions.
#include "core/error.hpp"
#include "finance/categories/category_body.hpp"
#include "finance/handlers/change_settled.hpp"
#include "finance/handlers/handlers.hpp"
#include "finance/once/write_once.hpp"
#include "http/conditional.hpp"
#include "http/page.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace mita::finance {

namespace {

[[noreturn]] void no_such_category() { throw api_error(404, "not_found", "No such category."); }

const category_entry& entry_or_404(const category_book& book, std::string_view id) {
    const auto* e = book.find(id);
    if (e == nullptr) no_such_category();
    return *e;
}

std::string list_of(const http::page<category_entry>& page) {
    json_out out({}, 4096);
    out.open('{').key("data").open('[');
    for (const auto& e : page.items) append(out, e);
    return out.end_list(page.next);
}

std::string text_of(const category_entry& e) {
    json_out out;
    append(out, e);
    return std::move(out.text);
}

http::response created(const category_entry& e) {
    auto answer = http::json(201, text_of(e));
    http::with_etag(answer, tag_of(e));
    http::with_header(answer, "Location", "/v1/categories/" + e.id);
    return answer;
}

bool is_income(const category_entry& e) { return e.cls == category_class::income; }

// The book with its version; a person without a row gets one.
awaitable<category_store::versioned_book> book_of(app& a, const uuid& user, deadline d) {
    for (int attempt = 0; attempt < 3; ++attempt) {
        auto known = co_await a.categories.read_versioned(user, d);
        if (known) co_return std::move(*known);
        co_await a.profiles.require(user, d);
    }
    throw overloaded("the person is being erased");
}

awaitable<keyed_try> try_create(app& a, const uuid& user, json_document& body, const keyed_request* key, deadline d) {
    const auto known = co_await book_of(a, user, d);
    const auto e = read_new_category(body, known.book);
    keyed_try made;
    made.answer = created(e);
    const state_before from{std::nullopt, known.budget_version};
    const keyed_answer answer{key, made.answer, wall::now()};
    made.came = co_await a.categories.insert(user, e, from, answer, d);
    co_return made;
}

awaitable<std::optional<http::response>> try_patch(app& a, http::request& req) {
    const uuid user = req.who->user_id;
    const auto known = co_await book_of(a, user, req.until);
    const auto& before = entry_or_404(known.book, req.params[0]);
    http::require_if_match(req, tag_of(before));
    const auto e = read_category_patch(req.body, before, known.book);
    const bool changes_sides = is_income(e) != is_income(before);
    const auto came = co_await a.categories.put(user, e, known.budget_version, changes_sides, req.until);
    if (came == category_change::moved) co_return std::nullopt;
    if (came == category_change::in_use)
        throw api_error(409, "in_use", "Income and spending do not change places once the category is in use.");
    co_return http::json_with_etag(req, text_of(e), tag_of(e));
}

// What is built in or in use is archived.
awaitable<std::optional<http::response>> try_delete(app& a, http::request& req) {
    const uuid user = req.who->user_id;
    const auto known = co_await book_of(a, user, req.until);
    auto e = entry_or_404(known.book, req.params[0]);
    http::require_if_match(req, tag_of(e));
    auto came = category_change::in_use;
    if (!e.built_in) {
        came = co_await a.categories.remove(user, e.id, known.budget_version, req.until);
    }
    if (came == category_change::in_use) {
        e.archived = true;
        ++e.version;
        came = co_await a.categories.put(user, e, known.budget_version, false, req.until);
    }
    if (came == category_change::moved) co_return std::nullopt;
    co_return http::empty(204);
}

}  // namespace

awaitable<http::response> list_categories(http::request& req, app& a) {
    const http::pager pages(req, a.all.cursors, req.who->user_id);
    const auto found = co_await a.categories.read_versioned(req.who->user_id, req.until);
    const auto known = found.value_or(category_store::versioned_book());
    const auto tag = "c" + std::to_string(known.budget_version);
    auto same = http::not_modified(req, tag);
    if (same) co_return std::move(*same);
    const auto place = [](const category_entry& e) { return place_of(e); };
    const auto page = pages.cut(std::span(known.book.entries()), place);
    auto answer = pages.answer(list_of(page), page.next);
    http::with_etag(answer, tag);
    co_return answer;
}

awaitable<http::response> read_category_entry(http::request& req, app& a) {
    http::refuse_query(req);
    const auto book = co_await a.categories.read(req.who->user_id, req.until);
    const auto& e = entry_or_404(book, req.params[0]);
    co_return http::json_with_etag(req, text_of(e), tag_of(e));
}

awaitable<http::response> create_category(http::request& req, app& a) {
    http::refuse_query(req);
    const uuid user = req.who->user_id;
    const auto attempt = [&](json_document& body, const keyed_request* key, int) {
        return try_create(a, user, body, key, req.until);
    };
    keyed_form form;
    form.key_required = false;
    auto answer = co_await write_once(a.way(), req, form, attempt);
    a.all.forget(user);
    co_return answer;
}

awaitable<http::response> patch_category(http::request& req, app& a) {
    http::refuse_query(req);
    const auto attempt = [&](int) { return try_patch(a, req); };
    auto answer = co_await change_settled(req, a, attempt);
    co_return answer;
}

awaitable<http::response> delete_category(http::request& req, app& a) {
    http::refuse_query(req);
    const auto attempt = [&](int) { return try_delete(a, req); };
    auto answer = co_await change_settled(req, a, attempt);
    co_return answer;
}

}  // namespace mita::finance
