#include "finance/transfers/transfer_body.hpp"

#include "finance/transfers/pairing.hpp"

#include <rapidcheck.h>
#include <catch2/catch.hpp>

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

using namespace mita;
using namespace mita::finance;

namespace {

const category_book default_taxonomy;

// Two on budget, one off it in the same currency, one in another.
constexpr std::array ids{"019d4a5c-7c00-7a01-8b02-000000000001", "019d4a5c-7c00-7a01-8b02-000000000002",
                         "019d4a5c-7c00-7a01-8b02-000000000003", "019d4a5c-7c00-7a01-8b02-000000000004"};

const account_book two_accounts = [] {
    std::vector<account> all;
    for (const auto* id : ids) {
        account a;
        a.id = uuid::parse(id).value();
        a.currency = id == ids[3] ? "USD" : "EUR";
        a.on_budget = id == ids[0] || id == ids[1];
        a.first = id == ids[0];
        all.push_back(a);
    }
    return account_book(std::move(all));
}();

entry_rules transfer_rules() {
    return {find_zone("Europe/Sofia").value(), wall::parse("2026-04-01T22:30:00Z").value(), default_taxonomy,
            two_accounts};
}

const account& side(int n) { return two_accounts.entries()[static_cast<std::size_t>(n)]; }

std::string body_of(int from, int to, amount left, amount arrived, bool planned) {
    const auto money = [](amount v, int in) {
        return R"({"amount": )" + std::to_string(v) + R"(, "currency": ")" + side(in).currency + "\"}";
    };
    const bool may = side(from).on_budget != side(to).on_budget;
    return R"({"from_account_id": ")" + side(from).id.str() + R"(", "to_account_id": ")" + side(to).id.str() +
           R"(", "money": )" + money(left, from) + R"(, "to_money": )" +
           money(side(from).currency == side(to).currency ? left : arrived, to) + R"(, "category": )" +
           (planned && may ? "\"groceries\"}" : "null}");
}

// L1, and what counts.
void judge(const transfer& t, bool planned) {
    RC_ASSERT(t.from.value < 0 && t.to.value > 0);
    if (t.from.currency == t.to.currency) RC_ASSERT(t.from.value + t.to.value == 0);
    RC_ASSERT(t.from.account_id != t.to.account_id);
    const auto& from = *two_accounts.find(t.from.account_id);
    const auto& to = *two_accounts.find(t.to.account_id);
    const bool counts = planned && from.on_budget != to.on_budget;
    RC_ASSERT(t.from.counts == (counts && from.on_budget));
    RC_ASSERT(t.to.counts == (counts && to.on_budget));
    for (const auto* leg : {&t.from, &t.to}) {
        RC_ASSERT(leg->transfer_id == t.id);
        amount sum = 0;
        for (const auto& line : leg->lines) {
            sum += line.value;
            RC_ASSERT(line.category.empty() == !leg->counts);
        }
        RC_ASSERT(sum == leg->value);
    }
}

struct drawn {
    int from, to;
    amount left, arrived;
    bool planned;
    std::string body() const { return body_of(from, to, left, arrived, planned); }
};

drawn draw() {
    drawn d{};
    d.from = *rc::gen::inRange(0, 4);
    d.to = (d.from + *rc::gen::inRange(1, 4)) % 4;
    d.left = *rc::gen::inRange<amount>(1, max_amount);
    d.arrived = *rc::gen::inRange<amount>(1, max_amount);
    d.planned = *rc::gen::arbitrary<bool>();
    return d;
}

transaction entry(int in, amount value, int lines) {
    transaction t;
    t.id = new_uuid();
    t.account_id = side(in).id;
    t.currency = side(in).currency;
    t.counts = side(in).on_budget;
    t.value = value;
    t.note = "as the bank has it";
    for (int n = 0; n < lines; ++n)
        t.lines.push_back({n % 2 == 0 ? "debt" : "other", n == 0 ? value - (lines - 1) : 1, std::to_string(n)});
    t.bill_unlinked = lines % 2 == 0;
    if (!t.bill_unlinked && t.counts) t.bill_id = "a:2026-04-15";
    return t;
}

}  // namespace

TEST_CASE("L1: the legs of a transfer sum to 0 in one currency, whatever it was and becomes, and at most one counts") {
    CHECK(rc::check("L1", [] {
        const auto first = draw();
        const auto text = first.body();
        json_document doc(text);
        auto t = read_new_transfer(doc, transfer_rules());
        judge(t, first.planned);
        for (int n = *rc::gen::inRange(0, 4); n > 0; --n) {
            const auto next = draw();
            const auto patch = next.body();
            json_document change(patch);
            const auto now = read_transfer_patch(change, t, transfer_rules());
            judge(now, next.planned);
            RC_ASSERT(now.version == t.version + 1 && now.from.id == t.from.id && now.to.id == t.to.id);
            t = now;
        }
    }));
}

TEST_CASE("L1: two entries that are paired sum to 0 in one currency, and unpaired they are what they were") {
    CHECK(rc::check("L1 pairs", [] {
        const auto d = draw();
        const bool same = side(d.from).currency == side(d.to).currency;
        const auto left = entry(d.from, -d.left, *rc::gen::inRange(1, 4));
        const auto arrived = entry(d.to, same ? d.left : d.arrived, *rc::gen::inRange(1, 4));
        const bool turned = *rc::gen::arbitrary<bool>();
        pairing what;
        what.of = {turned ? arrived.id : left.id, turned ? left.id : arrived.id};
        const auto t = paired(what, {turned ? &arrived : &left, turned ? &left : &arrived}, transfer_rules());
        RC_ASSERT(t.from.id == left.id && t.to.id == arrived.id);
        judge(t, true);
        for (const auto* leg : {&t.from, &t.to}) RC_ASSERT(leg->counts || leg->bill_id.empty());
        const auto back = unpaired(t, transfer_rules());
        const auto same_as = [](const transaction& now, const transaction& was) {
            const auto line = [](const auto& a, const auto& b) {
                return a.category == b.category && a.value == b.value && a.note == b.note;
            };
            return now.id == was.id && now.counts == was.counts && now.value == was.value && now.note == was.note &&
                   now.bill_id == was.bill_id && now.bill_unlinked == was.bill_unlinked && !now.transfer_id &&
                   now.booked_on == was.booked_on && std::ranges::equal(now.lines, was.lines, line);
        };
        RC_ASSERT(same_as(back.first, left) && same_as(back.second, arrived));
    }));
}
