#include "finance/ledger/bulk_body.hpp"

#include "finance/categories/category_fields.hpp"
#include "finance/wire/fields.hpp"
#include "finance/wire/json_out.hpp"
#include "http/percent.hpp"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

namespace mita::finance {

namespace {

std::vector<uuid> read_ids(json_document& doc, json_object& in) {
    std::vector<uuid> out;
    std::set<uuid> seen;
    const auto texts = in.strings("ids", most_in_bulk, 36);
    if (const auto* list = in.raw("ids"); list->is_array() && list->get_array().empty())
        in.fail("ids", "too_few", "Must have at least one element.");
    for (std::size_t at = 0; at < texts.size(); ++at) {
        const auto where = in.pointer("ids") + "/" + std::to_string(at);
        const auto id = uuid::parse(texts[at]);
        if (!id || !is_version_7(*id))
            doc.fail(where, "invalid_id", "Must be a UUID of version 7.");
        else if (!seen.insert(*id).second)
            doc.fail(where, "duplicate_id", "This id is in the list already.");
        else
            out.push_back(*id);
    }
    return out;
}

// The filters have one reader, which takes a query: so a member says here what it says there.
std::string query_of(const boost::json::key_value_pair& member) {
    std::string text;
    if (const auto* s = member.value().if_string())
        text.assign(s->data(), s->size());
    else
        append_json(text, member.value());
    return http::percent_encode(member.key()) + '=' + http::percent_encode(text);
}

transaction_filter filter_of(const std::string& query) {
    http::request list;
    list.query = query;
    return read_list_request(list).filter;
}

// A query's values are all texts; here an amount is a number, a flag is one, and the rest are texts.
void judge_type(json_document& doc, const std::string& at, const boost::json::key_value_pair& member) {
    const bool is_amount = member.key() == "amount_min" || member.key() == "amount_max";
    if (is_amount && !member.value().is_int64()) doc.fail(at, "not_an_integer", "Must be an integer.");
    const bool is_flag = member.key() == "cleared";
    if (is_flag && !member.value().is_bool()) doc.fail(at, "wrong_type", "Must be true or false.");
    if (!is_amount && !is_flag && !member.value().is_string()) doc.fail(at, "wrong_type", "Must be a string.");
}

// What is wrong with a filter, each for itself.
void judge_filter(json_document& doc, const std::string& where, const boost::json::key_value_pair& member) {
    auto at = where;
    append_pointer(at, member.key());
    bool is_none = member.key() == "limit" || member.key() == "cursor";
    std::vector<field_error> wrong;
    try {
        if (!is_none) filter_of(query_of(member));
    } catch (const api_error& e) {
        wrong = e.errors;
        is_none = wrong.empty();
    }
    for (const auto& found : wrong) doc.fail(where + found.pointer, found.code, found.detail);
    if (is_none) doc.fail(at, "unknown_field", "This filter is not known here.");
    if (!is_none && wrong.empty()) judge_type(doc, at, member);
}

transaction_filter read_filter_member(json_document& doc, json_object& in, const category_book& book) {
    const auto where = in.pointer("filter");
    const auto* members = in.raw("filter")->if_object();
    if (members == nullptr)
        in.fail("filter", "wrong_type", "Must be an object.");
    else if (members->empty())
        in.fail("filter", "required", "Name at least one filter.");
    if (members == nullptr || members->empty()) return {};
    std::string query;
    for (const auto& member : *members) {
        judge_filter(doc, where, member);
        query += (query.empty() ? "" : "&") + query_of(member);
    }
    if (doc.failed()) return {};
    auto out = filter_of(query);
    try {
        resolve(out, book);
    } catch (const api_error& e) {
        for (const auto& found : e.errors) doc.fail(where + found.pointer, found.code, found.detail);
    }
    return out;
}

void read_account(json_object& in, json_out& patch, const entry_rules& rules) {
    if (in.is_null("account_id")) {
        in.ignore("account_id");
        patch.null("account_id");
        return;
    }
    const auto id = read_reference(in, "account_id");
    if (!id || !is_version_7(*id)) return;
    if (rules.accounts.find(*id) == nullptr) in.fail("account_id", "unknown_account", "No such account.");
    patch.field("account_id", id->str());
}

bulk_change read_change(json_document& doc, json_object in, const entry_rules& rules) {
    bulk_change out;
    json_out patch;
    patch.open('{');
    const auto any = [&in](auto... names) { return (in.has(names) || ...); };
    if (in.valid() && !any("category", "payee", "account_id", "tags_add", "tags_remove"))
        in.fail("", "empty_patch", "Name at least one member to change.");
    if (in.has("category")) patch.field("category", read_category(in, "category", rules.book).value_or(""));
    if (in.has("account_id")) read_account(in, patch, rules);
    if (in.has("payee")) {
        const auto payee = read_text(in, "payee", longest_payee, lines::one);
        if (payee)
            patch.field("payee", *payee);
        else
            patch.null("payee");
    }
    out.tags_add = read_names(doc, in, "tags_add", most_tags, longest_tag);
    out.tags_remove = in.strings("tags_remove", 1000, longest_tag);
    out.patch = patch.text.substr(1);
    return out;
}

bool has(const std::vector<std::string>& list, const std::string& tag) {
    return std::ranges::find(list, tag) != list.end();
}

// Those it has, without the ones to go, with the ones to come.
std::vector<std::string> tags_of(const transaction& t, const bulk_change& change) {
    auto out = t.tags;
    std::erase_if(out, [&](const auto& tag) { return has(change.tags_remove, tag); });
    for (const auto& tag : change.tags_add)
        if (!has(out, tag)) out.push_back(tag);
    return out;
}

bool same_lines(const transaction& a, const transaction& b) {
    const auto same = [](const auto& x, const auto& y) {
        return x.category == y.category && x.value == y.value && x.note == y.note;
    };
    return std::ranges::equal(a.lines, b.lines, same);
}

}  // namespace

bulk_request read_bulk(json_document& doc, const entry_rules& rules) {
    auto in = doc.object();
    bulk_request out;
    const bool by_ids = in.has("ids"), by_filter = in.has("filter");
    if (in.valid() && !by_ids && !by_filter) in.fail("ids", "required", "Give ids or a filter.");
    if (by_ids && by_filter) in.fail("filter", "ambiguous", "Give ids or a filter, not both.");
    if (by_ids) out.ids = read_ids(doc, in);
    if (by_filter) out.filter = read_filter_member(doc, in, rules.book);
    out.change = read_change(doc, in.object("change"), rules);
    finish_body(doc);
    return out;
}

transaction changed(const transaction& t, const bulk_change& change, const entry_rules& rules) {
    json_out patch;
    patch.text = "{" + change.patch;
    patch.key("tags").open('[');
    for (const auto& tag : tags_of(t, change)) patch.value(std::string_view(tag));
    patch.close(']').close('}');
    json_document doc(patch.text);
    auto out = read_transaction_patch(doc, t, rules);
    const bool same =
        out.account_id == t.account_id && out.payee == t.payee && out.tags == t.tags && same_lines(out, t);
    return same ? t : out;
}

}  // namespace mita::finance
