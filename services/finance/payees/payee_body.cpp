#include "finance/payees/payee_body.hpp"

#include "finance/categories/category_fields.hpp"
#include "finance/payees/payee_word.hpp"
#include "finance/wire/fields.hpp"

#include <algorithm>
#include <string>

namespace mita::finance {

namespace {

constexpr std::size_t longest_name = 200;  // as a transaction's payee
constexpr std::size_t id_length = 36;

void read_own_name(json_object& in, payee& p) {
    const auto before = p.name;
    p.name = read_name(in, "name", longest_name, {&before, 1});
    if (!p.name.empty() && p.name != before && payee_word_of(p.name).empty())
        in.fail("name", "too_short", "Must not be blank.");
}

void read_own_category(json_object& in, payee& p, const category_book& book) {
    const auto* given = in.raw("category");
    const auto* text = given == nullptr ? nullptr : given->if_string();
    if (text != nullptr && p.category && *p.category == std::string_view(*text)) return;
    p.category = read_category(in, "category", book, false);
}

}  // namespace

payee read_new_payee(json_document& doc, const payee_rules& rules) {
    auto in = doc.object();
    payee p;
    const auto id = in.optional_id("id");
    if (id && !acceptable_client_id(*id))
        in.fail("id", "invalid_id", "Must be a UUID of version 7 whose clock is at most 24 hours off.");
    p.id = id ? *id : new_uuid();
    read_own_name(in, p);
    read_own_category(in, p, rules.book);
    p.created_at = p.updated_at = rules.now;
    finish_body(doc);
    return p;
}

payee read_payee_patch(std::string_view body, const payee& before, const payee_rules& rules) {
    json_document doc(body);
    auto in = doc.object();
    auto p = before;
    if (const auto* root = doc.value().if_object(); root != nullptr && root->empty())
        doc.fail("", "empty_patch", "Name at least one member to change.");
    if (in.has("name")) read_own_name(in, p);
    if (in.has("category")) read_own_category(in, p, rules.book);
    if (in.has("archived")) p.archived = in.boolean("archived");
    p.version = before.version + 1;
    p.updated_at = rules.now;
    finish_body(doc);
    return p;
}

payee_merge read_payee_merge(json_document& doc) {
    auto in = doc.object();
    payee_merge m;
    m.into = in.id("into");
    const auto from = in.strings("from", most_merged, id_length, true);
    if (const auto* list = in.raw("from"); list != nullptr && list->is_array() && list->get_array().empty())
        in.fail("from", "too_few", "Must name at least one payee.");
    for (std::size_t i = 0; i < from.size(); ++i) {
        const auto id = uuid::parse(from[i]);
        const auto at = in.pointer("from") + "/" + std::to_string(i);
        if (!id)
            doc.fail(at, "invalid_id", "Must be a UUID.");
        else if (*id == m.into || std::ranges::find(m.from, *id) != m.from.end())
            doc.fail(at, "duplicate_id", "Is there already.");
        else
            m.from.push_back(*id);
    }
    finish_body(doc);
    return m;
}

}  // namespace mita::finance
