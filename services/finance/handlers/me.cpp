// GET and PATCH /v1/me, and the erasure auth asks for when an account is deleted.
#include "core/error.hpp"
#include "core/json_reader.hpp"
#include "core/text.hpp"
#include "finance/domain/zone.hpp"
#include "finance/handlers/handlers.hpp"
#include "finance/once/retry.hpp"
#include "finance/wire/fields.hpp"
#include "finance/wire/refusals.hpp"
#include "http/conditional.hpp"

#include <algorithm>
#include <chrono>
#include <exception>
#include <optional>
#include <string>
#include <utility>

namespace mita::finance {

namespace {

bool is_alnum(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

// A BCP 47 tag in outline: "en", "pt-BR", "zh-Hans-CN".
bool is_locale(std::string_view text) {
    for (std::size_t part = 0; !text.empty(); ++part) {
        const auto cut = std::min(text.find('-'), text.size());
        const auto word = text.substr(0, cut);
        const bool sized = part == 0 ? word.size() >= 2 && word.size() <= 3 : word.size() >= 2 && word.size() <= 8;
        if (!sized || !std::ranges::all_of(word, is_alnum)) return false;
        if (cut == text.size()) return true;
        text.remove_prefix(cut + 1);
    }
    return false;
}

bool is_region(std::string_view text) {
    return text.size() == 2 && std::ranges::all_of(text, [](char c) { return c >= 'A' && c <= 'Z'; });
}

struct patch {
    profile_change own;
    std::optional<std::string> display_name;
};

// Only what can be absent may be null (RFC 7396: null removes); nullopt when the patch does not name it or it is wrong.
std::optional<std::string> text_of(json_object& in, std::string_view name, std::size_t min, std::size_t max) {
    if (in.is_null(name)) in.fail(name, "wrong_type", "Cannot be removed.");
    return in.optional_string(name, min, max);
}

patch read_patch(std::string_view body) {
    json_document doc(body);
    auto in = doc.object();
    patch p;
    p.own.timezone = text_of(in, "timezone", 1, 64);
    if (p.own.timezone && !find_zone(*p.own.timezone))
        in.fail("timezone", "unknown_timezone", "No IANA time zone has this name.");
    p.own.currency = text_of(in, "currency", 3, 3);
    if (p.own.currency && find_currency(*p.own.currency) == nullptr)
        in.fail("currency", "unknown_currency", "No ISO 4217 currency with a minor unit has this code.");
    p.own.locale = text_of(in, "locale", 2, 35);
    if (p.own.locale && !is_locale(*p.own.locale)) in.fail("locale", "invalid_locale", "Must be a tag like pt-BR.");
    if (in.is_null("region")) {
        in.ignore("region");
        p.own.region = "";
    } else {
        p.own.region = in.optional_string("region", 2, 2);
        if (p.own.region && !is_region(*p.own.region))
            in.fail("region", "invalid_region", "Must be two upper-case letters (ISO 3166), or null.");
    }
    p.display_name = text_of(in, "display_name", 0, 100);
    if (p.display_name && text::has_hidden(*p.display_name))
        in.fail("display_name", "invalid_characters",
                "Characters that show nothing or change the direction are not allowed.");
    if (in.has("settings")) {
        auto settings = in.object("settings");
        if (settings.has("cover")) p.own.cover = settings.boolean("cover");
    }
    const bool any = std::ranges::any_of(
        std::initializer_list<const char*>{"timezone", "currency", "locale", "region", "display_name", "settings"},
        [&in](const char* name) { return in.has(name); });
    if (in.valid() && !any) in.fail("", "empty_patch", "Name at least one member to change.");
    finish_body(doc);
    return p;
}

[[noreturn]] void refuse_currency() {
    refuse("/currency", "currency_mismatch",
           "The currency is fixed once transactions, other accounts of the plan, an opening balance or a plan exist.");
}

// Auth has the new name already, and finance could not write its half: both or none. What fails here as well leaves the
// new name, which whoever asks is shown; the caller's own fault is what the client hears of.
awaitable<void> name_as_before(app& a, const uuid& id, const std::string& name) {
    try {
        co_await a.auth.rename(id, name, deadline::after(std::chrono::seconds(2)));
    } catch (const std::exception& e) {
        a.all.log.warn("rename_not_undone").with("user_id", id.str()).with("error", e.what());
    }
    a.all.persons.invalidate(id);
}

// What the change itself will refuse, said before auth is asked.
awaitable<void> check_currency(app& a, const profile& own, const profile_change& what, deadline d) {
    if (!what.currency || *what.currency == own.currency) co_return;
    if (own.plan_version > 0) refuse_currency();
    const bool spent = co_await a.plans.has_money(own.id, d);
    if (spent) refuse_currency();
}

// False: the profile moved in the meantime. Both halves or none: auth's first, which is the likelier to fail, and no
// lock of ours is held while it is asked.
awaitable<bool> apply(app& a, const person& before, const patch& p, deadline d) {
    const uuid id = before.own.id;
    if (p.display_name) {
        co_await check_currency(a, before.own, p.own, d);
        co_await a.auth.rename(id, *p.display_name, d);
    }
    std::optional<civil_day> covers_from;
    if (p.own.cover && *p.own.cover != before.own.cover) {
        const auto zone = find_zone(p.own.timezone.value_or(before.own.timezone));
        covers_from = local_today(*zone, wall::now());
    }
    auto result = change_result::stale;
    std::exception_ptr failed;
    try {
        result = co_await a.profiles.change(id, before.own.version, p.own, covers_from, d);
    } catch (...) {
        failed = std::current_exception();
    }
    if (result != change_result::done && p.display_name) {
        co_await name_as_before(a, id, before.login.display_name);
    }
    if (failed) std::rethrow_exception(failed);
    if (result == change_result::currency_in_use) refuse_currency();
    co_return result == change_result::done;
}

awaitable<std::optional<http::response>> try_patch(app& a, http::request& req) {
    const uuid id = req.who->user_id;
    auto own = co_await a.profiles.require(id, req.until);
    auto login = co_await a.auth.find(id, req.until);
    const auto before = make_person(std::move(own), std::move(login));
    http::require_if_match(req, before->tag);
    const auto wanted = read_patch(req.body);
    if (wanted.own.cover) {
        co_await a.months.load(id, {}, req.until);  // months that have come open under the switch they came under
    }
    const bool done = co_await apply(a, *before, wanted, req.until);
    if (!done) co_return std::nullopt;
    a.all.forget(id);
    if (wanted.own.timezone) {
        co_await a.months.load(id, {}, req.until);  // the day it is there has a plan, looked at or not
    }
    const auto p = co_await a.find_person(id, req.until);
    auto out = http::json(200, p->body);
    http::with_etag(out, p->tag);
    co_return out;
}

}  // namespace

awaitable<http::response> me(http::request& req, app& a) {
    http::refuse_query(req);
    const auto p = co_await a.find_person(req.who->user_id, req.until);
    co_return http::json_with_etag(req, p->body, p->tag);
}

awaitable<http::response> patch_me(http::request& req, app& a) {
    http::refuse_query(req);
    const auto attempt = [&](int) { return try_patch(a, req); };
    auto answer = co_await until_settled(a.on.get_executor(), attempt);
    co_return answer;
}

awaitable<http::response> erase_user(http::request& req, app& a) {
    const auto id = uuid::parse(req.params[0]);
    if (!id) throw api_error(422, "invalid_id", "Not an id.");
    const bool done = co_await a.profiles.erase(*id, req.until);
    a.all.forget(*id);
    if (!done) throw overloaded("the person's data is being erased step by step; call again");
    co_return http::empty(204);
}

}  // namespace mita::finance
