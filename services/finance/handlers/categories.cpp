// /v1/categories: the built-in taxonomy with the person's own names, classes, aliases and additions.
#include "core/error.hpp"
#include "finance/categories/category_body.hpp"
#include "finance/handlers/handlers.hpp"
#include "http/page.hpp"

#include <span>
#include <string>
#include <string_view>

namespace mita::finance {

namespace {

constexpr int most_tries = 4;  // against changes from elsewhere between reading and writing

[[noreturn]] void not_found() { throw api_error(404, "not_found", "No such category."); }

const category_entry& entry_or_404(const category_book& book, std::string_view id) {
    const auto* e = book.find(id);
    if (e == nullptr) not_found();
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
    http::with_header(answer, "ETag", "\"" + tag_of(e) + "\"");
    http::with_header(answer, "Location", "/v1/categories/" + e.id);
    return answer;
}

void forget(app& a, const uuid& user) {
    a.all.persons.invalidate(user);
    a.all.known_months.invalidate(user);
}

bool is_income(const category_entry& e) { return e.cls == category_class::income; }

// Writes `e` over what was read: a built-in category without a row gets one.
awaitable<bool> write(app& a, const uuid& user, const category_entry& e, deadline d) {
    if (e.version == 1) {
        co_await a.profiles.require(user, d);
        const bool made = co_await a.categories.insert(user, e, nullptr, kept_answer(), d);
        co_return made;
    }
    const bool changed = co_await a.categories.change(user, e, d);
    co_return changed;
}

}  // namespace

awaitable<http::response> list_categories(http::request& req, app& a) {
    const http::pager pages(req, a.all.cursors, req.who->user_id);
    const auto book = co_await a.categories.read(req.who->user_id, req.until);
    const auto page = pages.cut(std::span(book.entries()), place_of);
    co_return pages.answer(list_of(page), page.next);
}

awaitable<http::response> read_category_entry(http::request& req, app& a) {
    const http::query_params query(req.query);
    query.finish();
    const auto book = co_await a.categories.read(req.who->user_id, req.until);
    const auto& e = entry_or_404(book, req.params[0]);
    co_return http::json_with_etag(req, text_of(e), tag_of(e));
}

awaitable<http::response> create_category(http::request& req, app& a) {
    const http::query_params query(req.query);
    query.finish();
    const uuid user = req.who->user_id;
    auto given = read_key(req, false);
    const auto fingerprint = fingerprint_of_body(req.body);
    // Without a key every request is its own.
    const auto key = key_of(req, given ? *given : std::string(), fingerprint);
    const write_turns::claim mine(a.all.turns, user, key.scope, given ? key.key : new_uuid().str());
    if (!mine.first()) refuse_in_flight();
    if (given) {
        const auto kept = co_await a.kept_answers.find(user, key, req.until);
        if (kept) co_return replay(*kept, key);
    }
    co_await a.profiles.require(user, req.until);
    const auto turn = co_await a.all.turns.enter(user, a.on.get_executor(), req.until);
    const auto book = co_await a.categories.read(user, req.until);
    const auto e = read_new_category(req.body, book);
    auto answer = created(e);
    const auto kept = keep(key, answer);
    const auto* with = given ? &key : nullptr;
    const bool made = co_await a.categories.insert(user, e, with, kept, req.until);
    if (!made) throw api_error(409, "already_exists", "A category with this id exists.");
    forget(a, user);
    co_return answer;
}

awaitable<http::response> patch_category(http::request& req, app& a) {
    const http::query_params query(req.query);
    query.finish();
    const uuid user = req.who->user_id;
    for (int i = 0; i < most_tries; ++i) {
        const auto book = co_await a.categories.read(user, req.until);
        const auto& before = entry_or_404(book, req.params[0]);
        http::require_if_match(req, tag_of(before));
        const auto e = read_category_patch(req.body, before, book);
        if (is_income(e) != is_income(before)) {
            const bool used = co_await a.categories.in_use(user, e.id, req.until);
            if (used)
                throw api_error(409, "in_use", "Income and spending do not change places once the category is in use.");
        }
        const bool done = co_await write(a, user, e, req.until);
        if (!done) continue;
        forget(a, user);
        co_return http::json_with_etag(req, text_of(e), tag_of(e));
    }
    throw overloaded("a category is being changed again and again");
}

awaitable<http::response> delete_category(http::request& req, app& a) {
    const http::query_params query(req.query);
    query.finish();
    const uuid user = req.who->user_id;
    for (int i = 0; i < most_tries; ++i) {
        const auto book = co_await a.categories.read(user, req.until);
        auto e = entry_or_404(book, req.params[0]);
        http::require_if_match(req, tag_of(e));
        bool archive = e.built_in;
        if (!archive) {
            archive = co_await a.categories.in_use(user, e.id, req.until);
        }
        bool done = false;
        if (archive) {
            e.archived = true;
            ++e.version;
            done = co_await write(a, user, e, req.until);
        } else {
            done = co_await a.categories.remove(user, e.id, e.version, req.until);
        }
        if (!done) continue;
        forget(a, user);
        co_return http::empty(204);
    }
    throw overloaded("a category is being changed again and again");
}

}  // namespace mita::finance
