// Invitations, as administrators make them. The token is shown once; how it gets to whom is theirs to see to.
#include "auth/invitations/invitation_store.hpp"

#include "auth/handlers/admin.hpp"
#include "auth/handlers/handlers.hpp"
#include "auth/people/address.hpp"
#include "auth/people/user_json.hpp"
#include "core/clock.hpp"
#include "core/error.hpp"
#include "core/json_reader.hpp"
#include "http/conditional.hpp"
#include "http/page.hpp"

#include <chrono>
#include <span>
#include <string>

namespace mita::auth {

namespace {

constexpr std::int64_t usual_days = 7, most_days = 365;

std::string to_json(const invitation& i) {
    std::string out = "{";
    member(out, "id", i.id.str(), true);
    if (i.address_key) member(out, "email", *i.address_key);
    if (i.invited_by) member(out, "invited_by", i.invited_by->str());
    member(out, "created_at", wall::format(i.created_at));
    member(out, "expires_at", wall::format(i.expires_at));
    return out;
}

std::string place_of_invitation(const invitation& i) {
    return http::turned({reinterpret_cast<const char*>(i.id.bytes.data()), i.id.bytes.size()});
}

}  // namespace

awaitable<http::response> admin_invite(http::request& req, app& a) {
    require_admin(req);
    http::refuse_query(req);
    json_document doc(req.body);
    auto in = doc.object();
    const auto email = in.optional_string("email", 3, 254);
    const auto days = in.optional_integer("expires_in_days", 1, most_days).value_or(usual_days);
    invitation i;
    if (email) i.address_key = canonical_address(*email);
    if (email && !email->empty() && !i.address_key) in.fail("email", "invalid_email", "This is not an e-mail address.");
    doc.finish();
    i.id = new_uuid();
    i.invited_by = req.who->user_id;
    i.created_at = wall::now();
    const auto lives = std::chrono::hours(24 * days);
    i.expires_at = i.created_at + lives;
    const auto token = new_invitation_token();
    invitation_store invitations(a.db);
    co_await invitations.add(i, hash_of_invitation(token.view()).value_or(""), lives, req.until);
    a.note(req, "invite", "ok", req.who->user_id);
    auto out = to_json(i);
    member(out, "token", token.view());
    if (!a.all.set.mail.public_url.empty())
        member(out, "link", a.all.set.mail.public_url + "/register#token=" + std::string(token.view()));
    co_return http::json(201, out + '}');
}

awaitable<http::response> admin_invitations(http::request& req, app& a) {
    require_admin(req);
    const http::pager pages(req, a.all.cursors, req.who->user_id);
    invitation_store invitations(a.db);
    const auto all = co_await invitations.list(req.until);
    const auto page = pages.cut(std::span<const invitation>(all), place_of_invitation);
    std::string out = "{\"data\":[";
    for (const auto& i : page.items) {
        if (&i != &page.items.front()) out += ',';
        out += to_json(i) + '}';
    }
    out += "],\"next_cursor\":";
    if (page.next)
        append_json_string(out, *page.next);
    else
        out += "null";
    co_return http::tagged_by_text(req, pages.answer(out + '}', page.next));
}

awaitable<http::response> admin_uninvite(http::request& req, app& a) {
    require_admin(req);
    http::refuse_query(req);
    const auto id = uuid::parse(req.params[0]);
    if (!id) throw api_error(404, "not_found", "There is no such invitation.");
    invitation_store invitations(a.db);
    const bool done = co_await invitations.revoke(*id, req.until);
    if (!done) throw api_error(404, "not_found", "There is no such invitation.");
    co_return http::empty();
}

}  // namespace mita::auth
