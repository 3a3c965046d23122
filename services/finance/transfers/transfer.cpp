#include "finance/transfers/transfer.hpp"

namespace mita::finance {

void move_on(transaction& leg, wall::time_point now) {
    ++leg.version;
    leg.updated_at = now;
}

void count_nowhere(transaction& leg) {
    leg.counts = false;
    leg.bill_id.clear();
    leg.bill_unlinked = false;
    leg.lines.assign(1, {"", leg.value, std::nullopt});
}

void append_members(json_out& out, const transfer& t) {
    out.field("id", t.id.str());
    out.field("from_account_id", t.from.account_id.str()).field("from_transaction_id", t.from.id.str());
    out.field("to_account_id", t.to.account_id.str()).field("to_transaction_id", t.to.id.str());
    out.field("booked_on", t.from.booked_on).field("arrives_on", t.to.booked_on);
    out.money("money", -t.from.value, t.from.currency).money("to_money", t.to.value, t.to.currency);
    const auto* counted = t.counted();
    if (counted == nullptr || is_split(*counted))
        out.null("category");
    else
        out.field("category", counted->lines.front().category);
    out.field("counts", counted != nullptr).field("paired", t.paired);
    out.field("created_at", wall::format(t.created_at)).field("updated_at", wall::format(t.updated_at));
}

void append(json_out& out, const transfer& t) {
    out.open('{');
    append_members(out, t);
    out.close('}');
}

std::string tag_of(const transfer& t) { return "x" + std::to_string(t.version); }

}  // namespace mita::finance
