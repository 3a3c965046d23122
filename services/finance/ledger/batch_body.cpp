#include "finance/ledger/batch_body.hpp"

#include "finance/wire/fields.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace mita::finance {

namespace {

constexpr std::size_t most_findings = 100;

std::string pointer_of(std::size_t at) { return "/items/" + std::to_string(at); }

// Read as a document of its own: so its findings are its own, and one rule judges both ways of posting.
batch_item read_item(const boost::json::value& item, std::size_t at, const entry_rules& rules) {
    batch_item out;
    try {
        std::string text;
        append_json(text, item);
        json_document one(text, batch_limits);
        out.entry = read_new_transaction(one, rules);
    } catch (const api_error& e) {
        out.refused = of_item(e, at, "");
    }
    return out;
}

}  // namespace

batch_request read_batch(json_document& doc, const entry_rules& rules) {
    auto in = doc.object();
    batch_request out;
    const auto mode = in.string("mode", 1, 20);
    out.atomic = mode == "atomic";
    if (in.has("mode") && !mode.empty() && !out.atomic && mode != "independent")
        in.fail("mode", "invalid_value", "Must be atomic or independent.");
    const auto* items = in.raw("items");
    const auto* list = items == nullptr ? nullptr : items->if_array();
    if (!in.valid())
        finish_body(doc);
    else if (items == nullptr)
        in.fail("items", "required", "This member is required.");
    else if (list == nullptr)
        in.fail("items", "wrong_type", "Must be an array.");
    else if (list->empty())
        in.fail("items", "too_few", "Must have at least one element.");
    else if (list->size() > most_in_batch)
        in.fail("items", "too_many", "Must have at most " + std::to_string(most_in_batch) + " elements.");
    finish_body(doc);
    out.items.reserve(list->size());
    for (std::size_t at = 0; at < list->size(); ++at) out.items.push_back(read_item((*list)[at], at, rules));
    return out;
}

api_error of_item(api_error e, std::size_t at, const char* blamed) {
    for (auto& found : e.errors) found.pointer.insert(0, pointer_of(at));
    if (e.errors.empty()) e.errors.push_back({pointer_of(at) + blamed, e.code, e.what()});
    return e;
}

api_error refusal_of(const std::vector<batch_item>& items) {
    const auto is_refused = [](const batch_item& i) { return i.refused.has_value(); };
    const auto& first = *std::ranges::find_if(items, is_refused)->refused;
    bool same = true;
    std::vector<field_error> errors;
    for (const auto& item : items) {
        if (!item.refused) continue;
        same = same && item.refused->code == first.code;
        for (const auto& found : item.refused->errors)
            if (errors.size() < most_findings) errors.push_back(found);
    }
    if (same) return {first.status, first.code, first.what(), std::move(errors)};
    return {422, "validation_failed", "The request has invalid members.", std::move(errors)};
}

}  // namespace mita::finance
