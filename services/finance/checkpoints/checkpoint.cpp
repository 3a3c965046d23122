#include "finance/checkpoints/checkpoint.hpp"

#include "http/page.hpp"

namespace mita::finance {

namespace {

void append_members(json_out& out, const checkpoint& c) {
    out.field("id", c.id.str()).field("account_id", c.account_id.str()).field("on", c.on);
    out.money("balance_money", c.balance, c.currency);
    if (c.reconciled_at)
        out.field("reconciled_at", wall::format(*c.reconciled_at));
    else
        out.null("reconciled_at");
    out.field("created_at", wall::format(c.created_at)).field("updated_at", wall::format(c.updated_at));
}

}  // namespace

std::string place_of(const checkpoint& c) {
    auto out = http::ascending_bytes(c.on.time_since_epoch().count());
    out.append(reinterpret_cast<const char*>(c.id.bytes.data()), c.id.bytes.size());
    return http::turned(std::move(out));
}

void append(json_out& out, const checkpoint& c) {
    out.open('{');
    append_members(out, c);
    out.close('}');
}

void append(json_out& out, const checked_balance& c) {
    const auto difference = wide{c.booked} - c.what.balance;
    out.open('{');
    append_members(out, c.what);
    out.field("state", c.holds() ? "ok" : "drift").money("booked_money", c.booked, c.what.currency);
    out.money("difference_money", static_cast<amount>(difference), c.what.currency);
    if (c.drifts_from)
        out.field("drifts_from", *c.drifts_from);
    else
        out.null("drifts_from");
    out.close('}');
}

std::string tag_of(const checkpoint& c) { return "k" + std::to_string(c.version); }

}  // namespace mita::finance
