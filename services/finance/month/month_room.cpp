#include "finance/month/month_room.hpp"

#include "core/error.hpp"
#include "finance/month/month_view.hpp"

#include <algorithm>

namespace mita::finance {

month_room::month_room(const loaded_month& got) : over_(got.over) {
    auto revisions = got.facts.revisions_of(got.over.start);
    try {
        const auto v = view_month(got.facts, got.over.start, got.today);
        if (v.preview) revisions.push_back(v.budget);
    } catch (const api_error& e) {
        if (e.code != "amount_overflow") throw;
        full_ = true;
    }
    load_ = headroom_of(got.facts, over_, revisions);
}

headroom month_room::with(const transaction* before, const transaction* after, const category_book& book) const {
    auto out = load_;
    const auto add = [&](const transaction* t, int sign) {
        if (t == nullptr || !t->counts || !over_.contains(t->booked_on)) return;
        for (const auto& line : t->lines) {
            const wide received = std::max<amount>(0, line.value);
            out.out += sign * (received - line.value);
            out.in += sign * received;
            const auto* entry = book.find(line.category);
            if (entry == nullptr || entry->cls != category_class::income) out.back += sign * received;
        }
    };
    add(before, -1);
    add(after, 1);
    return out;
}

}  // namespace mita::finance
