#include "finance/transfers/pairing.hpp"

#include "core/error.hpp"
#include "finance/wire/fields.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace mita::finance {

pairing read_pairing(json_document& doc) {
    auto in = doc.object();
    pairing out;
    out.id = in.optional_id("id");
    if (out.id && !acceptable_client_id(*out.id))
        in.fail("id", "invalid_id", "Must be a UUID of version 7 whose clock is at most 24 hours off.");
    const auto named = in.strings("transaction_ids", 2, 64, true);
    if (in.has("transaction_ids") && named.size() < 2)
        in.fail("transaction_ids", "too_few", "Name the two transactions.");
    for (std::size_t n = 0; n < std::min<std::size_t>(named.size(), 2); ++n) {
        const auto id = uuid::parse(named[n]);
        if (!id || !is_version_7(*id))
            doc.fail("/transaction_ids/" + std::to_string(n), "invalid_id", "Must be a UUID of version 7.");
        else
            out.of[n] = *id;
    }
    finish_body(doc);
    return out;
}

namespace {

std::optional<put_aside> taken_from(transaction& leg, const uuid& transfer_id, bool counts, wall::time_point now) {
    std::optional<put_aside> out;
    leg.transfer_id = transfer_id;
    if (!counts) {
        out = put_aside{leg.id, leg.bill_id, leg.bill_unlinked, std::move(leg.lines)};
        count_nowhere(leg);
    }
    move_on(leg, now);
    return out;
}

std::vector<field_error> findings_of(const std::array<const transaction*, 2>& of) {
    std::vector<field_error> out;
    const auto fail = [&out](std::string pointer, const char* code, const char* detail) {
        out.push_back({"/transaction_ids" + pointer, code, detail});
    };
    for (std::size_t n = 0; n < 2; ++n) {
        const auto place = "/" + std::to_string(n);
        if (of[n] == nullptr || of[n]->deleted_at)
            fail(place, "unknown_transaction", "No such transaction.");
        else if (of[n]->transfer_id)
            fail(place, "transfer_leg", "It is of a transfer already.");
    }
    if (!out.empty()) return out;
    const auto &a = *of[0], &b = *of[1];
    if (a.account_id == b.account_id) fail("", "same_account", "A transfer is between two accounts.");
    if (a.value == 0 || b.value == 0 || (a.value < 0) == (b.value < 0))
        fail("", "same_sign", "One of them leaves an account, the other arrives in one.");
    else if (a.currency == b.currency && a.value != -b.value)
        fail("", "amounts_differ", "In one currency what arrives is what left.");
    return out;
}

}  // namespace

transfer paired(const pairing& what, const std::array<const transaction*, 2>& of, const entry_rules& rules) {
    auto found = findings_of(of);
    if (!found.empty()) throw api_error(422, "validation_failed", "These two are no transfer.", std::move(found));
    transfer t;
    t.id = what.id ? *what.id : new_uuid();
    t.paired = true;
    t.created_at = t.updated_at = rules.now;
    t.from = of[0]->value < 0 ? *of[0] : *of[1];
    t.to = of[0]->value < 0 ? *of[1] : *of[0];
    const bool one_counts = t.from.counts != t.to.counts;
    t.from.other_account = t.to.account_id;
    t.to.other_account = t.from.account_id;
    for (auto* leg : {&t.from, &t.to}) {
        auto aside = taken_from(*leg, t.id, one_counts && leg->counts, rules.now);
        if (aside) t.before.push_back(std::move(*aside));
    }
    return t;
}

std::pair<transaction, transaction> unpaired(const transfer& t, const entry_rules& rules) {
    std::pair out{t.from, t.to};
    for (auto* leg : {&out.first, &out.second}) {
        const auto* in = rules.accounts.find(leg->account_id);
        leg->transfer_id.reset();
        leg->other_account.reset();
        leg->counts = in != nullptr && in->on_budget;
        const auto aside = std::ranges::find(t.before, leg->id, &put_aside::id);
        if (aside != t.before.end()) {
            leg->bill_id = aside->bill_id;
            leg->bill_unlinked = aside->bill_unlinked;
            leg->lines = aside->lines;
        }
        move_on(*leg, rules.now);
    }
    return out;
}

}  // namespace mita::finance
