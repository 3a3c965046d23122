#include "finance/accounts/net_worth.hpp"

#include "finance/wire/json_out.hpp"
#include "finance/wire/refusals.hpp"

#include <map>
#include <utility>

namespace mita::finance {

std::vector<worth_part> net_worth_of(const std::vector<account_balance>& balances) {
    std::map<std::string, worth_part> parts;
    for (const auto& b : balances) {
        auto& part = parts[b.currency];
        part.currency = b.currency;
        if (!b.value) throw amount_overflow();
        auto& side = *b.value < 0 ? part.debts : part.assets;
        const auto sum = checked_add(side, *b.value);
        if (!sum) throw amount_overflow();
        side = *sum;
    }
    std::vector<worth_part> out;
    for (auto& [currency, part] : parts) out.push_back(std::move(part));
    return out;
}

std::string balances_json(civil_day on, const std::vector<account_balance>& balances) {
    const auto parts = net_worth_of(balances);
    json_out out({}, 256 + balances.size() * 112);
    out.open('{').field("on", on).key("balances").open('[');
    for (const auto& b : balances) {
        out.open('{').field("account_id", b.account_id.str()).money("balance_money", *b.value, b.currency).close('}');
    }
    out.close(']').key("net_worth").open('[');
    for (const auto& p : parts) {
        out.open('{').field("currency", p.currency).money("assets_money", p.assets, p.currency);
        out.money("debts_money", p.debts, p.currency).money("net_money", p.net(), p.currency).close('}');
    }
    out.close(']').close('}');
    return std::move(out.text);
}

}  // namespace mita::finance
