#include "finance/budgets/budget_move_body.hpp"

#include "finance/categories/category_fields.hpp"
#include "finance/wire/fields.hpp"

namespace mita::finance {

namespace {

constexpr std::size_t longest_move_note = 500;

std::string spending_category(json_object& in, std::string_view name, const category_book& book) {
    auto id = read_category(in, name, book).value_or("");
    const auto* entry = book.find(id);
    if (entry != nullptr && entry->cls == category_class::income)
        in.fail(name, "income_category", "An income category has no budget.");
    return id;
}

}  // namespace

budget_move read_new_budget_move(json_document& doc, const budget_move_rules& rules) {
    auto in = doc.object();
    budget_move m;
    const auto id = in.optional_id("id");
    if (id && !acceptable_client_id(*id))
        in.fail("id", "invalid_id", "Must be a UUID of version 7 whose clock is at most 24 hours off.");
    m.id = id ? *id : new_uuid();
    m.over = rules.over;
    m.on = rules.today;
    m.currency = rules.currency;
    m.created_at = rules.now;
    m.from = spending_category(in, "from", rules.book);
    m.to = spending_category(in, "to", rules.book);
    if (!m.from.empty() && m.from == m.to) in.fail("to", "same_category", "Between two categories.");
    m.value = read_money(in, "money", rules.currency, 1, max_amount).value_or(0);
    m.note = read_text(in, "note", longest_move_note, lines::several);
    if (rules.there >= most_budget_moves)
        doc.fail("", "too_many", "At most " + std::to_string(most_budget_moves) + " in a month.");
    if (!doc.failed()) {
        const auto most = rules.to_give(m.from);
        if (m.value > most)
            in.fail("money", "not_enough",
                    "Of this budget " + money::make(most, rules.currency)->str() + " can be moved from today on.");
    }
    finish_body(doc);
    return m;
}

}  // namespace mita::finance
