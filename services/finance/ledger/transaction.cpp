#include "finance/ledger/transaction.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace mita::finance {

namespace {

void text_or_null(json_out& out, std::string_view name, const std::optional<std::string>& v) {
    if (v)
        out.field(name, *v);
    else
        out.null(name);
}

}  // namespace

std::optional<route> route_of(const transaction& t) {
    if (!t.transfer_id || !t.other_account) return std::nullopt;
    return t.value < 0 ? route{t.account_id, *t.other_account} : route{*t.other_account, t.account_id};
}

bool is_split(const transaction& t) { return t.lines.size() != 1 || t.lines.front().note.has_value(); }

void append_members(json_out& out, const transaction& t) {
    out.field("id", t.id.str()).field("account_id", t.account_id.str()).field("booked_on", t.booked_on);
    if (t.occurred_at)
        out.field("occurred_at", wall::format(*t.occurred_at));
    else
        out.null("occurred_at");
    out.money("money", t.value, t.currency);
    const bool split = is_split(t);
    if (split || t.lines.front().category.empty())
        out.null("category");
    else
        out.field("category", t.lines.front().category);
    out.key("splits").open('[');
    if (split) {
        for (const auto& line : t.lines) {
            out.open('{').field("category", line.category).money("money", line.value, t.currency);
            text_or_null(out, "note", line.note);
            out.close('}');
        }
    }
    out.close(']');
    text_or_null(out, "payee", t.payee);
    if (t.payee_id)
        out.field("payee_id", t.payee_id->str());
    else
        out.null("payee_id");
    text_or_null(out, "note", t.note);
    out.key("tags").open('[');
    for (const auto& tag : t.tags) out.value(std::string_view(tag));
    out.close(']');
    out.field("cleared", t.cleared);
    if (t.bill_unlinked)
        out.field("bill_id", "none");
    else if (t.bill_id.empty())
        out.null("bill_id");
    else
        out.field("bill_id", t.bill_id);
    if (t.transfer_id)
        out.field("transfer_id", t.transfer_id->str());
    else
        out.null("transfer_id");
    out.field("created_at", wall::format(t.created_at)).field("updated_at", wall::format(t.updated_at));
}

void append(json_out& out, const transaction& t) {
    out.open('{');
    append_members(out, t);
    out.close('}');
}

std::string tag_of(const transaction& t) { return "t" + std::to_string(t.version); }

}  // namespace mita::finance
