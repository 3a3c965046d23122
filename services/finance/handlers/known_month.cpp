#include "finance/handlers/known_month.hpp"

#include <chrono>
#include <utility>

namespace mita::finance {

std::shared_ptr<const loaded_month> remembered(app& a, const uuid& user) {
    const auto found = a.all.known_months.peek(user);
    if (found && found->value) {
        const auto& l = *found->value;
        const auto today = today_of(l.facts.who);
        if (l.over.contains(today) && today + std::chrono::days(1) <= l.last) return found->value;
    }
    was_right(a, user, false);
    return nullptr;
}

void was_right(app& a, const uuid& user, bool right) { a.all.known_months.judge(user, right); }

void remember(app& a, const uuid& user, std::shared_ptr<loaded_month> written) {
    auto now = once_written(std::move(written));
    if (now)
        a.all.known_months.insert(user, std::move(now));
    else
        a.all.known_months.invalidate(user);
}

}  // namespace mita::finance
